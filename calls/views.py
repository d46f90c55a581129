"""The recording of a call, for whoever may listen to it."""

from __future__ import annotations

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from calls.models import Call
from tenants.roles import may
from voicebot_site.files import send_file


@require_safe
def recording(request: HttpRequest, uuid: uuid.UUID) -> HttpResponseBase:
    """The stereo WAV of a call, the caller left and the bot right; `?download` saves it.

    404 for a call that is not there, of another tenant, or without a recording.
    """
    if not may(request, "listen", Call):
        raise PermissionDenied
    call = Call.objects.filter(uuid=uuid).exclude(recording="").first()
    if call is None:
        raise Http404
    return send_file(
        request,
        call.recording.storage,
        str(call.recording.name),
        content_type="audio/wav",
        filename=f"call-{call.uuid}.wav",
        as_attachment="download" in request.GET,
    )
