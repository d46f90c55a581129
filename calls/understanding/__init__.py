"""What did the caller say? Pure functions of the text, below a millisecond but for the oddest e-mail addresses."""

from calls.understanding.anger import Certainty, angry_words, how_angry, is_angry, wants_human, wish_for_human
from calls.understanding.another_caller import Other, another_caller, introduced
from calls.understanding.attempts import (
    Attempt,
    asks_about_step,
    attempt,
    declines,
    goes_on,
    means_another,
    means_nothing_of_it,
    only_denies,
    tells_done,
    tells_relapse,
)
from calls.understanding.backchannel import is_backchannel, is_noise, strip_hallucinations
from calls.understanding.callback import (
    prefers_call,
    tells_hour,
    tells_when,
    wants_callback,
    wants_neither,
    wants_technician_now,
)
from calls.understanding.censor import censor
from calls.understanding.choice import asks_for_options, chosen, knows_none, left
from calls.understanding.company import company
from calls.understanding.email import email
from calls.understanding.faq import FaqIndex
from calls.understanding.farewell import Farewell, Reason, farewell, leaves_no_message
from calls.understanding.fault import is_complaint, names_thing, tells_fault
from calls.understanding.first_name import first_name
from calls.understanding.fixed import fixed
from calls.understanding.free_company import free_company, tells_employer, tells_home, tells_role
from calls.understanding.grounding import is_grounded
from calls.understanding.half import is_half_dictated, tells_address
from calls.understanding.line import is_on_landline, without_own_phone
from calls.understanding.matter import is_same_matter
from calls.understanding.name_again import agrees_to_name, last_name_again, last_name_corrected, name_instead
from calls.understanding.names import refuses
from calls.understanding.outcome import asks_for_visit, cannot_tell, is_to_come, tells_another
from calls.understanding.phone import phone
from calls.understanding.preamble import is_preamble, only_leads_up
from calls.understanding.problem import Mention, mentions, problem
from calls.understanding.problems.business import is_business
from calls.understanding.problems.index import ProblemIndex
from calls.understanding.problems.several import faults, goes_on_telling
from calls.understanding.requests import (
    asks_back,
    asks_if_machine,
    asks_to_repeat,
    asks_to_wait,
    asks_who,
    is_acknowledgement,
    is_question,
    only_asks_to_wait,
    only_is_present,
    refuses_recording,
    times,
)
from calls.understanding.restart import only_restarts, tells_restart
from calls.understanding.spelling import is_unfinished, spelling, told_instead
from calls.understanding.trading_names import trading_name
from calls.understanding.visit import wants_visit
from calls.understanding.yes_no import Answer, only_answers, yes_no

__all__ = [
    "Answer",
    "Attempt",
    "Certainty",
    "FaqIndex",
    "Farewell",
    "Mention",
    "Other",
    "ProblemIndex",
    "Reason",
    "agrees_to_name",
    "angry_words",
    "another_caller",
    "asks_about_step",
    "asks_back",
    "asks_for_options",
    "asks_for_visit",
    "asks_if_machine",
    "asks_to_repeat",
    "asks_to_wait",
    "asks_who",
    "attempt",
    "cannot_tell",
    "censor",
    "chosen",
    "company",
    "declines",
    "email",
    "farewell",
    "faults",
    "first_name",
    "fixed",
    "free_company",
    "goes_on",
    "goes_on_telling",
    "how_angry",
    "introduced",
    "is_acknowledgement",
    "is_angry",
    "is_backchannel",
    "is_business",
    "is_complaint",
    "is_grounded",
    "is_half_dictated",
    "is_noise",
    "is_on_landline",
    "is_preamble",
    "is_question",
    "is_same_matter",
    "is_to_come",
    "is_unfinished",
    "knows_none",
    "last_name_again",
    "last_name_corrected",
    "leaves_no_message",
    "left",
    "means_another",
    "means_nothing_of_it",
    "mentions",
    "name_instead",
    "names_thing",
    "only_answers",
    "only_asks_to_wait",
    "only_denies",
    "only_is_present",
    "only_leads_up",
    "only_restarts",
    "phone",
    "prefers_call",
    "problem",
    "refuses",
    "refuses_recording",
    "spelling",
    "strip_hallucinations",
    "tells_address",
    "tells_another",
    "tells_done",
    "tells_employer",
    "tells_fault",
    "tells_home",
    "tells_hour",
    "tells_relapse",
    "tells_restart",
    "tells_role",
    "tells_when",
    "times",
    "told_instead",
    "trading_name",
    "wants_callback",
    "wants_human",
    "wants_neither",
    "wants_technician_now",
    "wants_visit",
    "wish_for_human",
    "without_own_phone",
    "yes_no",
]
