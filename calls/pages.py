"""Pages of the admin that are no screen of a model: the calls that go on now, and the test call."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from calls.models import Call
from calls.monitor import LONGEST_LINE
from calls.services import LONGEST_TEST_SECONDS
from calls.templatetags.calls import SCENES
from calls.testcall import LONGEST_TEXT
from companies.models import Customer
from tenants import presets
from tenants.models import Phrase
from tenants.roles import may
from tenants.scope import current_tenant

#: What the page says in answer to a word of calls.monitor.Refused, or when nothing answers.
REFUSALS = {
    "role": _("Your role does not include this."),
    "over": _("This call is over."),
    "layer": _("The calls cannot be reached at the moment: they go on, and you can try again."),
    "target": _("Nobody is free there at the moment."),
    "length": _("Write between 1 and 300 characters."),
    "busy": _("The call does not take this now: too much waits already."),
    "silent": _("The call did not answer."),
}
TEXTS = {
    "connecting": _("Connecting …"),
    "connected": _("Connected"),
    "lost": _("Connection lost. Trying again …"),
    "away": _("Live updates are away: the list is read anew every few seconds. The calls go on."),
    "closed": _("You are signed out, or may not see this page any more. Load it again."),
    "withheld": _("number withheld"),
    "caller": _("Caller"),
    "bot": _("Bot"),
    "agent": _("Colleague"),
    "interrupted": _("interrupted"),
    "sure": _("Hang up for good?"),
    "dismissed": _("Hung up."),
    "handed": _("The caller is being handed over."),
    "queued": _("The bot says it as soon as nobody speaks."),
    "unsaid": _("No voice could say this line: “%s”."),
    "busy": _("%s (not free)"),
    "ended": _("The call is over."),
    "angry": _("angry"),
    "person": _("wants a person"),
    "happy": _("satisfied"),
    "calm": _("calm"),
}


TEST_TEXTS = {
    "caller": _("You"),
    "bot": _("Bot"),
    "agent": _("Colleague"),
    "interrupted": _("interrupted"),
    "calling": _("Calling …"),
    "talking": _("The bot is on the line."),
    "over": _("The call is over."),
    "lost": _("The connection was lost, and the call with it. Try again."),
    "closed": _("You are signed out, or may not see this page any more. Load it again."),
    "full": _("Other test calls are going on at the moment. Try again in a few minutes."),
    "limit": _("A spend limit is reached, and calls are refused: raise it in the settings, or wait."),
    "database": _("The call could not begin. Try again in a minute."),
    "deaf": _("The browser gives no microphone: allow it for this page, or type instead."),
    "heard": _("heard with %s certainty"),
    "answered": _("answered after %s s"),
    "spoken": _("voice after %s s"),
    "understood": _("Understood as an answer to “%s”:"),
    "missed": _("No answer to “%s” was understood: it is asked again."),
    "yes": _("yes"),
    "no": _("no"),
    "refused": _("kept to oneself"),
    "model": _("The language model decided (%s s):"),
    "unknown": _("it does not know"),
    "why": _("What was not found in it"),
}
KNOWN_CALLERS = 50


@require_safe
def test_call(request: HttpRequest) -> HttpResponse:
    """Talk to the bot of the tenant acted for; the call itself goes over a WebSocket."""
    if not may(request, "try", Call):
        raise PermissionDenied
    callers = Customer.objects.exclude(phone_number="").order_by("-pk")[:KNOWN_CALLERS]
    return TemplateResponse(
        request,
        "admin/calls/try.html",
        {
            **admin.site.each_context(request),
            "title": _("Try your bot"),
            "callers": callers,
            "minutes": int(LONGEST_TEST_SECONDS // 60),
            "longest_line": LONGEST_TEXT,
            "keys": "123456789*0#",
            "page": {
                "scenes": {key: str(name) for key, name in SCENES.items()},
                "texts": {key: str(text) for key, text in TEST_TEXTS.items()},
                "questions": questions(),
            },
        },
    )


def questions() -> dict[str, str]:
    """What the bot asks, by the phrase's key, as the tenant wrote it."""
    tenant = current_tenant()
    if tenant is None:
        return {}
    own = dict(Phrase.objects.filter(language=tenant.language).values_list("key", "text"))
    return {key: own.get(key) or phrase.text for key, phrase in presets.phrases(tenant.language).items()}


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The calls of the tenant acted for that go on now; the rest comes over a WebSocket."""
    if not may(request, "view", Call):
        raise PermissionDenied
    return TemplateResponse(
        request,
        "admin/calls/live.html",
        {
            **admin.site.each_context(request),
            "title": _("Live"),
            "may_listen": may(request, "listen", Call),
            "may_steer": may(request, "steer", Call),
            "longest_line": LONGEST_LINE,
            "page": {
                "call_url": reverse("admin:calls_call_change", args=["0"]),
                "scenes": {key: str(name) for key, name in SCENES.items()},
                "texts": {key: str(text) for key, text in TEXTS.items()},
                "refusals": {key: str(text) for key, text in REFUSALS.items()},
            },
        },
    )
