"""A write that is sent twice is done once: the second time gets the first answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.models import IdempotentAnswer
from tenants.scope import acting_for_nobody
from voicebot_site.api.problems import Conflict, Unprocessable
from voicebot_site.api.throttling import who

HEADER: Final = "Idempotency-Key"
KEPT_HEADERS: Final = ("ETag", "Location")

Handler = Callable[..., Response]


def wrap(view: Any, request: Request) -> None:
    """Have the view's handler of this request run once for its Idempotency-Key."""
    key, name = request.headers.get(HEADER), str(request.method).lower()
    if key is None or request.method in SAFE_METHODS or acting_for_nobody() or not hasattr(view, name):
        return
    if not re.fullmatch(r"[\x21-\x7e]{1,100}", key):
        raise ValidationError({HEADER: _("Use 1 to 100 characters of ASCII, such as a UUID.")})
    setattr(view, name, partial(_once, getattr(view, name), key))


def _once(handler: Handler, key: str, request: Request, *args: Any, **kwargs: Any) -> Response:
    """The answer is stored in the transaction that writes: both are there, or neither."""
    person, print_ = who(request), _fingerprint(request)
    with transaction.atomic():
        IdempotentAnswer.objects.filter(
            who=person, key=key, created_at__lt=timezone.now() - IdempotentAnswer.KEPT
        ).delete()
        try:
            # Whoever sends the same at the same time waits here for the first to be done.
            with transaction.atomic():
                stored = IdempotentAnswer.objects.create(who=person, key=key, fingerprint=print_)
        except IntegrityError:
            return _replayed(IdempotentAnswer.objects.get(who=person, key=key), print_)
        except OperationalError:
            raise Conflict(_("The first request with this Idempotency-Key is still being worked on.")) from None
        response = handler(request, *args, **kwargs)
        stored.status = response.status_code
        stored.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        stored.body = json.loads(JSONRenderer().render(response.data) or "null")
        stored.save()
        return response


def _fingerprint(request: Request) -> str:
    of = f"{request.method} {request.get_full_path()}\n{request.headers.get('If-Match', '')}\n"
    return hashlib.sha256(of.encode() + request._request.body).hexdigest()


def _replayed(stored: IdempotentAnswer, fingerprint: str) -> Response:
    if stored.fingerprint != fingerprint:
        raise Unprocessable(_("This Idempotency-Key was used for another request: use a new one."))
    return Response(stored.body, stored.status, headers={**stored.headers, "Idempotency-Replayed": "true"})
