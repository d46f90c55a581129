"""Errors to Sentry, without secrets, numbers and what callers said. Off unless SENTRY_DSN is set."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings

from monitoring import logs

#: What a request brought with it, and whoever made it: nobody needs these to mend an error.
_LEFT_OUT: Final = ("user", "request", "server_name", "modules")


def start() -> None:
    """Report errors from now on, if that is wanted. Raises ImproperlyConfigured without the extra `sentry`."""
    if not settings.SENTRY_DSN:
        return
    from django.core.exceptions import ImproperlyConfigured

    try:
        import sentry_sdk
        from sentry_sdk.integrations.logging import ignore_logger
    except ImportError as error:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, but Sentry's client is not installed: install voicebot[sentry]."
        ) from error
    ignore_logger(logs.conversation.name)
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        include_local_variables=False,  # a frame's variables are what callers say
        include_source_context=True,
        max_request_body_size="never",
        auto_session_tracking=False,
        shutdown_timeout=2,
        before_send=scrubbed,
    )


def scrubbed(event: Any, _hint: Any) -> Any:
    """The event as it may leave: every text in it is masked as in the logs."""
    about = {name: value for name, value in event.items() if name not in _LEFT_OUT}
    if method := event.get("request", {}).get("method"):
        about["request"] = {"method": method}
    about.setdefault("tags", {}).update(call=logs.current_call.get(), tenant=logs.tenant())
    return _masked(about)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return logs.neutral(logs.masked(value))
    if isinstance(value, dict):
        return {key: _masked(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    return value
