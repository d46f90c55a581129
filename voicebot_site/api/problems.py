"""Every error is a problem document (RFC 9457), with the fields that are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from voicebot_site.characters import legible

MEDIA_TYPE = "application/problem+json"


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = _("Something else changed at the same time: read it again, then try again.")
    default_code = "conflict"


class Exists(Conflict):
    """Another row, `id`, has the unique values of `fields` already."""

    default_code = "exists"

    def __init__(self, text: str, *, fields: Sequence[str], row: int) -> None:
        super().__init__(text)
        self.members = {"errors": [{"field": field, "detail": text} for field in fields], "id": row}


class InProgress(Conflict):
    """As a Conflict, but nothing is to be read: the same request, again, gets the answer."""

    default_detail = _("The first request with this Idempotency-Key is still being worked on: send it again.")
    default_code = "in_progress"
    wait = 2  # seconds; answered as Retry-After


class Busy(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Something else is being written for a long time: try again.")
    default_code = "busy"
    wait = 2


class Gone(exceptions.APIException):
    status_code = status.HTTP_410_GONE
    default_detail = _("What is asked for is not kept any more.")
    default_code = "gone"


class PreconditionFailed(exceptions.APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = _("The row has changed since you read it: read it again.")
    default_code = "precondition_failed"


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body is too large: send less at once.")
    default_code = "too_large"


class Unprocessable(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "unprocessable"


class PreconditionRequired(exceptions.APIException):
    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = _("Send If-Match with the row's ETag, so that nobody's change is lost.")
    default_code = "precondition_required"


def problem(code: int, *, kind: str = "", detail: object = "", errors: list[dict[str, str]] | None = None) -> Any:
    """The document of a status; `errors` holds {"field", "detail"}, field is a dotted path or ""."""
    title = HTTPStatus(code).phrase
    document: dict[str, Any] = {
        "type": f"urn:voicebot:problem:{(kind or title).lower().replace(' ', '-').replace('_', '-')}",
        "title": title,
        "status": code,
        "detail": str(detail) or title,
    }
    return document if errors is None else {**document, "errors": errors}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST_FRAMEWORK's EXCEPTION_HANDLER."""
    if isinstance(error, ModelValidationError):
        error = exceptions.ValidationError(by_field(error))
    elif isinstance(error, IntegrityError):
        error = Conflict()
    elif isinstance(error, RecursionError):
        error = exceptions.ParseError(_("The JSON is nested too deeply."))
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        errors = list(_flat(error.detail))
        response.data = problem(response.status_code, kind="invalid", detail=_summary(errors), errors=errors)
    else:
        kind = getattr(error, "default_code", "")
        detail = getattr(error, "detail", "") or ""
        response.data = problem(response.status_code, kind=kind, detail=detail) | getattr(error, "members", {})
    return response


def by_field(error: ModelValidationError) -> dict[str, list[str]]:
    """A model's complaints, by field; "" for the row as a whole."""
    if not hasattr(error, "error_dict"):
        return {"": error.messages}
    return {"" if field == NON_FIELD_ERRORS else field: texts for field, texts in error.message_dict.items()}


def _flat(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _flat(value, ".".join(filter(None, (path, name))))
    elif isinstance(detail, list):
        for number, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from _flat(value, ".".join(filter(None, (path, str(number)))) if nested else path)
    else:
        yield {"field": legible(path), "detail": legible(str(detail))}


def _summary(errors: list[dict[str, str]]) -> str:
    return " ".join(f"{error['field']}: {error['detail']}".removeprefix(": ") for error in errors[:3])


# --- Errors that no view of the API met: Django's handler400, 404 and 500 ------------------


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _answer(code: int) -> HttpResponse:
    return JsonResponse(problem(code), status=code, content_type=MEDIA_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(400) if _is_api(request) else defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(404) if _is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(500) if _is_api(request) else defaults.server_error(request)
