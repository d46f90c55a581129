"""The recording of a call and what it looks like, for whoever may listen to it."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from calls.models import Call
from telephony.wav import peaks
from tenants import audit
from tenants.roles import may
from voicebot_site.files import send_file

WAVEFORM_BUCKETS: Final = 1000
WAVEFORM_KEPT_SECONDS: Final = 30 * 86_400


@require_safe
def recording(request: HttpRequest, uuid: uuid.UUID) -> HttpResponseBase:
    """The stereo WAV of a call, the caller left and the bot right; `?download` saves it.

    404 for a call that is not there, of another tenant, or without a recording.
    """
    call = _recorded(request, uuid)
    response = send_file(
        request,
        call.recording.storage,
        str(call.recording.name),
        content_type="audio/wav",
        filename=f"call-{call.uuid}.wav",
        as_attachment="download" in request.GET,
    )
    if request.method == "GET" and response.status_code < 400:
        action = audit.Action.DOWNLOAD if "download" in request.GET else audit.Action.LISTEN
        audit.record(action=action, row=call, request=request)
    return response


@require_safe
def waveform(request: HttpRequest, uuid: uuid.UUID) -> JsonResponse:
    """{"seconds", "caller", "bot"}: the peaks of both sides, 0 to 100; 404 as for `recording`.

    Read from the recording once, 29 MB of a quarter of an hour in about 0.1 s, then kept.
    """
    call = _recorded(request, uuid)
    key = f"waveform:{call.uuid}"
    shape: dict[str, Any] | None = cache.get(key)
    if shape is None:
        try:
            with call.recording.storage.open(str(call.recording.name), "rb") as file:
                seconds, caller, bot = peaks(file, WAVEFORM_BUCKETS)
        except OSError:
            raise Http404 from None
        shape = {"seconds": round(seconds, 3), "caller": caller, "bot": bot}
        cache.set(key, shape, WAVEFORM_KEPT_SECONDS)
    return JsonResponse(shape, headers={"Cache-Control": "private, no-store"})


def _recorded(request: HttpRequest, uuid: uuid.UUID) -> Call:
    """The call, which has a recording that the person may hear. Raises PermissionDenied, Http404."""
    if not may(request, "listen", Call):
        raise PermissionDenied
    call = Call.objects.filter(uuid=uuid).exclude(recording="").first()
    if call is None:
        raise Http404
    return call
