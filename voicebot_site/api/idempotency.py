"""A write that is sent twice is done once: the second time gets the first answer.

The answer is stored in the transaction that writes: both are there, or neither. A request
of many rows is done in pieces, each of which is such a write.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
from voicebot_site.api.problems import InProgress, Unprocessable
from voicebot_site.api.throttling import who

HEADER: Final = "Idempotency-Key"
KEPT_HEADERS: Final = ("ETag", "Location")
REPLAYED: Final = {"Idempotency-Replayed": "true"}

Handler = Callable[..., Response]


def in_pieces(handler: Handler) -> Handler:
    """A handler that does its work by `once`, piece by piece."""
    handler.is_in_pieces = True  # type: ignore[attr-defined]
    return handler


def wrap(view: Any, request: Request) -> None:
    """Have the view's handler of this request run once for its Idempotency-Key."""
    key, name = request.headers.get(HEADER), str(request.method).lower()
    if key is None or request.method in SAFE_METHODS or acting_for_nobody() or not hasattr(view, name):
        return
    if not re.fullmatch(r"[\x21-\x7e]{1,100}", key):
        raise ValidationError({HEADER: _("Use 1 to 100 characters of ASCII, such as a UUID.")})
    handler = getattr(view, name)
    if not hasattr(handler, "is_in_pieces"):
        setattr(view, name, partial(_once, handler, key))


def _once(handler: Handler, key: str, request: Request, *args: Any, **kwargs: Any) -> Response:
    with _stored(request, key) as stored:
        if stored.status is not None:
            return Response(stored.body, stored.status, headers={**stored.headers, **REPLAYED})
        response = handler(request, *args, **kwargs)
        stored.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        _store(stored, response.status_code, response.data)
        return response


def once(request: Request, number: int, work: Callable[[], Any]) -> tuple[Any, bool]:
    """What `work`, the piece of that number, returns, and whether that was stored: then nothing was done."""
    if (key := request.headers.get(HEADER)) is None:
        return work(), False
    # As long as a key may be, whatever the length of the request's own.
    with _stored(request, hashlib.sha256(f"{number} {key}".encode()).hexdigest()) as stored:
        if stored.status is not None:
            return stored.body, True
        _store(stored, 200, work())
        return stored.body, False


@contextmanager
def _stored(request: Request, key: str) -> Iterator[IdempotentAnswer]:
    """The answer to an earlier request with that key; without `status`: there was none, and nobody else does it.

    Inside one transaction. Raises Unprocessable for another request's key, InProgress when
    waiting for the earlier one took too long.
    """
    person, print_ = who(request), _fingerprint(request)
    with ExitStack() as stack:
        try:
            # Whoever sends the same at the same time waits for the first to be done: with SQLite, which
            # has one writer, before the transaction begins, else where the row is made.
            stack.enter_context(transaction.atomic())
            IdempotentAnswer.objects.filter(
                who=person, key=key, created_at__lt=timezone.now() - IdempotentAnswer.KEPT
            ).delete()
            with transaction.atomic():
                stored = IdempotentAnswer.objects.create(who=person, key=key, fingerprint=print_)
        except IntegrityError:
            stored = IdempotentAnswer.objects.get(who=person, key=key)
        except OperationalError:
            raise InProgress from None
        if stored.fingerprint != print_:
            raise Unprocessable(_("This Idempotency-Key was used for another request: use a new one."))
        yield stored


def _store(stored: IdempotentAnswer, status: int, body: Any) -> None:
    stored.status, stored.body = status, json.loads(JSONRenderer().render(body) or "null")
    stored.save()


def _fingerprint(request: Request) -> str:
    of = f"{request.method} {request.get_full_path()}\n{request.headers.get('If-Match', '')}\n"
    return hashlib.sha256(of.encode() + request._request.body).hexdigest()
