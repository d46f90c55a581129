"""The self-test of an Asterisk server, in words: what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenants.models import ConnectionTest

#: Each step's name, in the order of calls.selftest.STEPS.
NAMES: Final = {
    "settings": _("Settings on our side"),
    "ami": _("AMI answers"),
    "rights": _("AMI rights for calls"),
    "version": _("Version of Asterisk"),
    "modules": _("Modules of Asterisk"),
    "dialplan": _("Dialplan"),
    "site": _("The Asterisk reaches our site"),
    "call": _("Test call"),
    "announcement": _("Calls are announced"),
    "address": _("Address of the Asterisk"),
}
STATES: Final = {
    "good": ("good", "check_circle", _("in order")),
    "fair": ("fair", "warning", _("to be looked at")),
    "poor": ("poor", "error", _("to be mended")),
    "skipped": ("", "remove_circle", _("left out")),
    "running": ("", "progress_activity", _("in progress")),
}

_PRIVILEGES = _(
    "Add what is missing to “write” of this user in manager.conf (write = call,command,originate), then type "
    "“manager reload” in Asterisk's console. “command” and “originate” are needed for the self-test only."
)
_CALL_RIGHT = _(
    "Add “call” to “write” of this user in manager.conf (write = call,command,originate), then type “manager reload” "
    "in Asterisk's console. Calls need it."
)
_RELOAD = _("Paste the dialplan of this page into extensions.conf, then type “dialplan reload” in Asterisk's console.")
_FIREWALL = _("Add the firewall lines of this page, on the Asterisk and on every firewall in between.")

#: Of tests from before contexts had names of their own.
_PLAIN: Final = {"bot": "voicebot", "transfer": "transfer"}

Words = tuple[str | Promise, str | Promise]
#: What was found, and the remedy (empty: none is needed), by step and code.
WORDS: Final[dict[tuple[str, str], Words]] = {
    ("settings", "complete"): (_("The server is active, and a person takes calls when the bot cannot."), ""),
    ("settings", "tenant_off"): (
        _("The company account is switched off: all its calls are refused."),
        _("Ask the platform to switch it on."),
    ),
    ("settings", "server_off"): (
        _("This server is switched off: its calls are refused."),
        _("Tick “active” on the server's page and save."),
    ),
    ("settings", "no_target"): (
        _("There is no transfer target: nobody takes a call when the bot cannot."),
        _("Add a transfer target, then copy the dialplan again."),
    ),
    ("settings", "limit"): (
        _("What vendors may cost is used up, and calls are refused."),
        _("Raise the limit in the settings, or wait until it begins anew."),
    ),
    ("ami", "signed_in"): (_("Signed in as %(user)s at %(host)s:%(port)s."), ""),
    ("ami", "none"): (
        _("AMI is not set up. Calls work without it, but the Asterisk cannot be asked, and no test call be placed."),
        _("Enter host, user and secret of AMI on the server's page, and add the lines of manager.conf."),
    ),
    ("ami", "no_user"): (
        _("The user or the secret of AMI is missing."),
        _("Enter both on the server's page, as they stand in manager.conf."),
    ),
    ("ami", "refused"): (
        _("%(host)s refuses connections to port %(port)s."),
        _(
            "In manager.conf, [general] needs “enabled = yes” and a “bindaddr” that we reach (not 127.0.0.1). Then "
            "type “manager reload”, and compare the port."
        ),
    ),
    ("ami", "silent"): (_("Nothing answers at %(host)s, port %(port)s."), _FIREWALL),
    ("ami", "unknown"): (
        _("No host is called %(host)s."),
        _("Compare the name with your DNS, or enter the address of the Asterisk instead."),
    ),
    ("ami", "unroutable"): (
        _("There is no way to %(host)s."),
        _("Compare the address. If the Asterisk is in a private network, the VPN to us must be up."),
    ),
    ("ami", "not_ami"): (
        _("What answers at %(host)s, port %(port)s, is no Asterisk manager, or speaks TLS. It did not get the secret."),
        _(
            "Enter the port of AMI without TLS (5038 unless manager.conf says otherwise): TLS is not supported, so "
            "carry it over a private network."
        ),
    ),
    ("ami", "denied"): (
        _("Asterisk lets %(user)s not in."),
        _(
            "User and secret must be as in manager.conf, and its “permit” lines must have our address. Then type "
            "“manager reload”."
        ),
    ),
    ("rights", "given"): (_("The AMI user may find calls, and tell the dialplan how they ended."), ""),
    ("rights", "forbidden"): (
        _(
            "The AMI user may not tell the dialplan how a call ended: each hand-over is asked for over HTTP, "
            "and is slower."
        ),
        _CALL_RIGHT,
    ),
    ("version", "known"): (_("Asterisk %(version)s."), ""),
    ("version", "old"): (
        _("Asterisk %(version)s has faults that callers notice: they are on the page of the server."),
        _("Update Asterisk to the newest release of its branch."),
    ),
    ("version", "too_old"): (
        _("Asterisk %(version)s is too old for AudioSocket."),
        _("Update Asterisk: version 18 is the oldest, 22 is a good choice."),
    ),
    ("version", "unknown"): (_("Asterisk does not say its version."), _("Enter it on the server's page.")),
    ("modules", "loaded"): (_("All modules that the dialplan needs are loaded."), ""),
    ("modules", "missing"): (
        _("Not loaded: %(modules)s."),
        _(
            "Install what is missing (package asterisk-modules, or “make menuselect”), see that modules.conf does not "
            "exclude it, and type “module load” with each name."
        ),
    ),
    ("dialplan", "complete"): (_("The contexts %(bot)s and %(transfer)s are there, with this server's token."), ""),
    ("dialplan", "no_context"): (_("There is no context %(bot)s."), _RELOAD),
    ("dialplan", "other_token"): (
        _("The dialplan has another token than this server: its calls are not accepted."),
        _RELOAD,
    ),
    ("dialplan", "other_site"): (_("The dialplan does not ask %(site)s."), _RELOAD),
    ("dialplan", "no_transfer"): (
        _("There is no context %(transfer)s: callers who want a person get a call-back ticket."),
        _(
            "Complete the lines of [%(transfer)s] at the end of the dialplan, remove the semicolons before them, and "
            "type “dialplan reload”."
        ),
    ),
    ("dialplan", "no_target"): (
        _("In the context %(transfer)s are missing: %(targets)s."),
        _("Add a line for each, as the dialplan of this page proposes, and type “dialplan reload”."),
    ),
    ("site", "answers"): (
        _("The Asterisk reaches %(site)s: its DNS, its firewall and its certificates are right."),
        "",
    ),
    ("site", "forbidden"): (_("The AMI user may not ask for this."), _CALL_RIGHT),
    ("site", "silent"): (
        _("The Asterisk gets no answer from %(site)s, so no call comes to the bot."),
        _(
            "On the Asterisk, “curl -v” with this address says why: a name that DNS does not know, a firewall, or a "
            "certificate that it does not trust (package ca-certificates)."
        ),
    ),
    ("site", "other"): (
        _("Something else than our site answers the Asterisk at %(site)s."),
        _("Look for a proxy or a captive page between the Asterisk and the internet."),
    ),
    ("call", "whole"): (
        _("A call of %(seconds)s seconds went through: announced, connected, answered by the bot."),
        "",
    ),
    ("call", "not_announced"): (
        _("The call was placed, and its dialplan did not announce it."),
        _(
            "Mend the steps above first. If all are green, follow the call in Asterisk's console with “core set "
            "verbose 5”: the answer to CURL is what to look at."
        ),
    ),
    ("call", "not_connected"): (
        _("The call was announced, and never came to %(host)s:%(port)s."),
        _(
            "Either a firewall is in the way, or the Asterisk comes from another address than %(network)s: compare "
            "“network” on the server's page with the address below."
        ),
    ),
    ("call", "endless"): (
        _("The call was connected, and does not end."),
        _("Look at it under Live. If it stays there, tell the platform."),
    ),
    ("call", "busy"): (
        _("The call arrived when all lines were busy."),
        _("Test again later, or ask the platform for more calls at once."),
    ),
    ("call", "failed"): (
        _("The call was connected, and broke off."),
        _("Its page says why. Test again; if it stays so, tell the platform."),
    ),
    ("call", "mute"): (
        _("The call was connected, and the bot said nothing."),
        _("Try your bot in the browser: if it is silent there too, the voice is at fault."),
    ),
    ("call", "no_dialplan"): (_("Without the dialplan no call can be placed."), ""),
    ("announcement", "recent"): (_("The last call was announced on %(at)s, from %(address)s."), ""),
    ("announcement", "long_ago"): (
        _("The last call was announced on %(at)s, which is long ago."),
        _("Dial the number that leads to the bot, and test again."),
    ),
    ("announcement", "never"): (
        _("No call was ever announced by this server."),
        _("Paste the dialplan into extensions.conf, dial the number that leads to the bot, and test again."),
    ),
    ("address", "allowed"): (_("Calls may come from %(network)s, and do."), ""),
    ("address", "unknown"): (
        _("Calls may come from %(network)s. From where they do come shows with the first one."),
        _("Dial the number that leads to the bot, and test again."),
    ),
    ("address", "other"): (
        _("Calls may come from %(network)s, and the Asterisk announces them from %(address)s."),
        _(
            "If the Asterisk has this address towards us, enter it as “network” on the server's page. With a VPN or "
            "several lines both may be right: then the test call decides."
        ),
    ),
    ("address", "refused"): (
        _("Within the hour, calls were announced from %(address)s and never came (%(count)s). Allowed is %(network)s."),
        _(
            "If the Asterisk has another address towards us, enter it as “network” on the server's page. Otherwise a "
            "firewall keeps the AudioSocket port from it."
        ),
    ),
}
GENERAL: Final[dict[str, Words]] = {
    "no_ami": (_("This needs AMI."), ""),
    "forbidden": (_("The AMI user may not ask for this."), _PRIVILEGES),
    "not_done": (_("Asterisk did not do what it was asked for."), _("Look at its log (“core set verbose 5”).")),
    "no_answer": (
        _("Asterisk did not answer in time."),
        _("Test again. If it stays so, see whether the Asterisk is overloaded, or needs a restart."),
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A step as the page shows it."""

    name: str
    colour: str
    icon: str
    state: str
    finding: str
    remedy: str
    link: str  # to the test call


def lines(test: ConnectionTest) -> list[Line]:
    """The steps that have been made, or are being made."""
    return [_line(step, is_running=test.is_running) for step in test.steps if step["key"] in NAMES]


def as_text(test: ConnectionTest, found: list[Line]) -> str:
    """What a company forwards to its telephony engineer."""
    head = gettext("Self-test of %(server)s, %(at)s") % {
        "server": test.server,
        "at": date_format(localtime(test.started_at), "SHORT_DATETIME_FORMAT"),
    }
    parts = [f"[{line.state}] {line.name}: {line.finding} {line.remedy}".strip() for line in found]
    return "\n\n".join([head, *parts])


def _line(step: dict[str, Any], *, is_running: bool) -> Line:
    state = step["state"]
    if state == "running" and not is_running:
        state = "poor"
        finding: str | Promise = _("The test broke off here.")
        remedy: str | Promise = _("Test again.")
    elif state == "running":
        finding, remedy = _("This takes up to a minute.") if step["key"] == "call" else "…", ""
    else:
        finding, remedy = WORDS.get((step["key"], step["code"])) or GENERAL.get(step["code"], ("–", _("Test again.")))
    values = {**_PLAIN, **step["values"]}
    if at := parse_datetime(values.get("at", "")):
        values["at"] = date_format(localtime(at), "SHORT_DATETIME_FORMAT")
    colour, icon, label = STATES[state]
    call = values.get("call")
    link = reverse("admin:calls_call_change", args=[call]) if call else ""
    return Line(str(NAMES[step["key"]]), colour, icon, str(label), str(finding) % values, str(remedy) % values, link)
