"""What people call the phrases of the script, whose keys are for files and programs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

#: By key, in the order of a call; every key of the presets is here.
NAMES: Final[Mapping[str, Promise]] = {
    "greet": _("Greeting message"),
    "cut_off": _("After a cut: first words"),
    "closed": _("Outside opening hours"),
    "take_message": _("Offer to take a message"),
    "message_taken": _("Message taken"),
    "busy": _("All lines are busy"),
    "closed_on_call": _("Closed: hand over to whoever is on call"),
    "recording_notice": _("Announce the recording"),
    "recording_refused": _("Recording refused"),
    "welcome": _("Welcome a new caller"),
    "greet_known": _("Welcome a known caller"),
    "greet_another": _("Greet somebody else on a known number"),
    "cut_off_before": _("After a cut: is it the same caller?"),
    "go_on": _("After a cut: go on"),
    "returning_client": _("The caller has called before"),
    "returning_client_pending_internet": _("Open ticket: internet"),
    "returning_client_pending_mobile": _("Open ticket: mobile"),
    "returning_client_pending_landline": _("Open ticket: landline"),
    "returning_client_pending_other": _("Open ticket: another problem"),
    "returning_client_pending_yes": _("Open ticket: go on with it"),
    "returning_client_pending_no": _("Open ticket: it is about something else"),
    "ask_phone": _("Ask for the telephone number"),
    "ask_firstname": _("Ask for the first name"),
    "ask_spelling": _("Have the last name spelled"),
    "ask_company": _("Ask for the company"),
    "ask_email": _("Ask for the e-mail address"),
    "confirm_first_name": _("Confirm the first name"),
    "confirm_name": _("Confirm the full name"),
    "confirm_company": _("Confirm the company"),
    "retry_phone": _("Ask for the telephone number again"),
    "retry_firstname": _("Ask for the first name again"),
    "retry_spelling": _("Have the last name spelled again"),
    "retry_company": _("Ask for the company again"),
    "retry_email": _("Ask for the e-mail address again"),
    "skip_item": _("Go on without an answer"),
    "ask_problem": _("Ask for the problem"),
    "retry_problem": _("Ask for the problem again"),
    "clarify_problem": _("Offer problems to choose from"),
    "problem_understood": _("Problem understood"),
    "remedy_intro": _("Offer a remedy"),
    "ask_line": _("Ask whether it is a landline"),
    "ask_transfer_or_callback": _("Technician now, or a call back?"),
    "take_your_time": _("Take your time"),
    "check_back": _("Ask how it is going"),
    "still_waiting": _("The bot goes on waiting"),
    "cannot_try": _("The caller cannot try it"),
    "ask_fixed": _("Ask whether everything works"),
    "retry_yes_no": _("Ask for a yes or a no again"),
    "fixed": _("Problem solved"),
    "not_fixed": _("Problem not solved"),
    "transfer": _("Hand over to a technician"),
    "nobody_free": _("All technicians are busy"),
    "transfer_failed": _("No technician answers"),
    "ask_callback_phone": _("Ask where to call back"),
    "callback": _("Promise a call back"),
    "callback_without_number": _("No call back without a number"),
    "calm": _("Calm an angry caller"),
    "still_there": _("Is the caller still there?"),
    "filler": _("While the bot thinks"),
    "off_topic": _("Off topic"),
    "faq_back": _("After an answer: back to the request"),
    "machine": _("Say that it is a machine"),
    "ask_end": _("Ask whether to end the call"),
    "use_keys_yes_no": _("Yes or no by keys"),
    "use_keys_phone": _("Telephone number by keys"),
    "too_long_warning": _("The call will soon be too long"),
    "too_long": _("The call is too long"),
    "vendor_down": _("The bot no longer hears"),
    "dtmf_choice": _("Technician or call back, by keys"),
    "goodbye": _("Goodbye"),
    "goodbye_silence": _("Goodbye after silence"),
    "error": _("Technical difficulty"),
}

_STEP: Final = re.compile(r"(.+)_step_(\d+)")


def name_of(key: str) -> str:
    """Of a phrase of the script, a step of a remedy or an answer, in the language of whoever reads."""
    if key in NAMES:
        return str(NAMES[key])
    if found := _STEP.fullmatch(key):
        return gettext("Remedy for %(problem)s, step %(number)s") % {"problem": found[1], "number": found[2]}
    return gettext("Answer to a question") if key.startswith("faq_") else key
