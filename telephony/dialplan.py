"""The dialplan that a tenant's telephony engineer pastes into extensions.conf.

docs/asterisk.md explains it line by line. Asterisk facts that shaped it (seen on 22.10):
a refused AudioSocket connection can freeze the PBX, so the call is gated by HTTP first;
`CURLOPT(failurecodes)` is spoilt by the first CURL() and must be set again;
`CURLOPT(httpheader)` only ever adds, so a call that comes twice must not set it twice;
a worker that dies looks like one that hangs up, so only a mark means the bot was done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from string import Template

from tenants.models import AsteriskServer, TransferTarget

# What HTTP answers instead of a result; without this list Asterisk takes an error page for one.
FAILURES = "301,302,307,308,400,401,403,404,405,409,410,429,500,502,503,504"


@dataclass(frozen=True, slots=True)
class Contexts:
    """What the contexts of a server's dialplan are called."""

    bot: str
    transfer: str


def contexts(server: AsteriskServer) -> Contexts:
    """Of their own for each company on a shared Asterisk, where contexts of one name would be one."""
    end = f"-{server.tenant.slug}" if server.is_shared else ""
    return Contexts(f"voicebot{end}", f"transfer{end}")


class _Template(Template):
    delimiter = "@"  # Asterisk's own is the dollar


DIALPLAN = _Template("""\
; The voicebot of @server. Send calls here: exten => 0123456789,1,Goto(@bot,s,1)
; This text holds a token: whoever has it can announce calls.
[@bot]
; A call that nobody took comes back here: the bot says so, and leaves a call-back ticket.
exten => returned,1,Set(BOT_RETURNED=${BOT_UUID})
 same => n,Set(BOT_CUT=)
 same => n,Goto(s,begin)
; A call whose worker died comes here, once: another one goes on where the caller was.
exten => cut,1,Set(BOT_CUT=${BOT_UUID})
 same => n,Goto(s,begin)
exten => s,1,Set(BOT_RETURNED=)
 same => n,Set(BOT_CUT=)
 same => n(begin),ExecIf($["${BOT_UUID}" = ""]?Set(CURLOPT(httpheader)=Authorization: Bearer @token))
 same => n,Set(BOT_UUID=${UUID()})
 same => n,Set(BOT_NEXT=)
 same => n,Set(BOT_DONE=)
 same => n,Set(CURLOPT(conntimeout)=2)
 same => n,Set(CURLOPT(httptimeout)=3)
; Announce the call; the answer is where to connect, or nothing: then a person takes it.
 same => n,Set(CURLOPT(failurecodes)=@failures)
 same => n,Set(BOT_CALLER=number=${URIENCODE(${CALLERID(num):0:40})}&name=${URIENCODE(${CALLERID(name):0:100})})
 same => n,Set(BOT_CALLER=${BOT_CALLER}&returned_from=${BOT_RETURNED}&resumes=${BOT_CUT})
 same => n,Set(BOT_AT=${FILTER(0-9A-Za-z.:\\-,${CURL(@api/announce,uuid=${BOT_UUID}&${BOT_CALLER})})})
 same => n,GotoIf(${REGEX("^[0-9A-Za-z.-]+:[0-9]+$" ${BOT_AT})}?:person)
 same => n,Answer()
 same => n,TryExec(AudioSocket(${BOT_UUID},${BOT_AT}))
@ami; Ask how it ended. No answer means that nobody finished the call: a person takes it.
 same => n,Set(CURLOPT(failurecodes)=@failures)
 same => n,Set(BOT_RESULT=${FILTER(0-9a-z:,${CURL(@api/${BOT_UUID}/result)})})
 same => n,GotoIf($["${BOT_RESULT}" = "done"]?done)
 same => n,GotoIf($["${BOT_RESULT}${BOT_CUT}" = "again"]?cut,1)
 same => n,Set(BOT_NEXT=${IF($["${CUT(BOT_RESULT,:,1)}" = "transfer"]?${CUT(BOT_RESULT,:,2)}:)})
 same => n(transfer),Set(BOT_NEXT=${FILTER(0-9a-z,${BOT_NEXT})})
 same => n,GotoIf($["${BOT_NEXT}" = ""]?person)
 same => n,GotoIf(${DIALPLAN_EXISTS(@transfer,${BOT_NEXT},1)}?@transfer,${BOT_NEXT},1)
 same => n(person),GotoIf($["${BOT_RETURNED}" != ""]?sorry)
 same => n,GotoIf(${DIALPLAN_EXISTS(@transfer,@fallback,1)}?@transfer,@fallback,1)
; Nobody is in [@transfer]: who was to be handed over gets a call-back ticket instead.
 same => n,GotoIf($["${BOT_NEXT}" != ""]?returned,1)
; Neither the bot nor a person can take the call; any sound will do.
 same => n(sorry),Playback(sorry&please-try-call-later)
 same => n(done),Hangup()

; Whom a call may be handed to; the voicebot reaches nothing outside this context.
; Complete these lines and remove the semicolons. The first takes calls when the bot cannot.
;[@transfer]
@targets\
;exten => h,1,GotoIf($["${DIALSTATUS}" = "CANCEL"]?:taken)  ; hung up while it rang?
; same => n,Set(BOT_RESULT=${CURL(@api/${BOT_UUID}/result,status=CANCEL)})  ; call back
; same => n(taken),NoOp()
""")

AMI = """\
; The worker has set one of these over AMI, unless it died or AMI was away.
 same => n,GotoIf(${LEN(${BOT_NEXT})}?transfer)
 same => n,GotoIf($["${BOT_DONE}" = "1"]?done)
"""


def dialplan(server: AsteriskServer, targets: Iterable[TransferTarget], *, site_url: str) -> str:
    """The context of the bot and, as a proposal in comments, that of the people.

    `targets` in order, at least one: the first takes the call when the bot is refused,
    unreachable or dead. `site_url` is where this Asterisk reaches our HTTP, no slash at
    its end. Raises ValueError, naming the value, where one could not stand in a dialplan.
    """
    targets = list(targets)
    if not targets:
        raise ValueError("targets: add a transfer target; a person must take the call when the bot cannot")
    for target in targets:
        _check("the extension of a transfer target", target.extension, r"[0-9a-z]+")
    called = contexts(server)
    _check("the short name of the company", called.bot, r"[\w-]+")
    _check("the server's token", server.token, r"[\w-]+")
    _check("SITE_URL", site_url, r"https?://[\w.:\[\]/~-]+")
    return DIALPLAN.substitute(
        bot=called.bot,
        transfer=called.transfer,
        server=_comment(server.name),
        token=server.token,
        failures=FAILURES,
        api=f"{site_url}/api/v1/calls",
        ami=AMI if server.ami_host else "",
        fallback=targets[0].extension,
        targets="".join(
            f";exten => {target.extension},1,Dial(PJSIP/{target.extension},30,r)  ; {_comment(target.name)}\n"
            f"; same => n,Goto({called.bot},returned,1)  ; nobody took it\n"
            for target in targets
        ),
    )


def _check(name: str, value: str, pattern: str) -> None:
    if not re.fullmatch(pattern, value, re.ASCII):
        raise ValueError(f"{name} cannot stand in a dialplan: it must look like {pattern}")  # it may be a secret


def _comment(text: str) -> str:
    """One line, whatever somebody typed into a name."""
    return " ".join(text.split())
