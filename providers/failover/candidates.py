"""Whom to ask, and for how long."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from providers.protocols import Failure, ProviderError
from providers.registry import Vendor

logger = logging.getLogger(__name__)

# Over at once, and perhaps by accident: a warm connection that the vendor had closed, say. Or it has another voice.
RETRIED: Final = {Failure.CUT, Failure.UNREACHABLE, Failure.SERVER, Failure.UNKNOWN_VOICE}


class Candidates:
    """The vendors that one request may go to: each that is not left alone, in order, once or twice."""

    def __init__(self, vendors: Sequence[Vendor]) -> None:
        self._left = deque(vendors)
        self._retried: set[int] = set()
        self._error: ProviderError | None = None

    def __iter__(self) -> Iterator[Vendor]:
        while self._left:
            vendor = self._left.popleft()
            if vendor.breaker.allows():
                yield vendor

    @property
    def are_exhausted(self) -> bool:
        """Whether nobody is left to be asked next."""
        return all(vendor.breaker.is_open for vendor in self._left)

    def failed(self, vendor: Vendor, error: ProviderError, *, again: bool = True) -> None:
        """Ask the same one `again`, where that is worth it."""
        self._error = error
        if again and error.failure in RETRIED and id(vendor) not in self._retried:
            self._retried.add(id(vendor))
            self._left.appendleft(vendor)

    def error(self, kind: str) -> ProviderError:
        """The last failure, or that there was nobody to ask. Not kept: raised, it would hold who keeps it, for ever."""
        error, self._error = self._error, None
        return error or ProviderError(kind, Failure.UNREACHABLE, "every vendor is left alone after failures")


@asynccontextmanager
async def asking(vendor: Vendor, seconds: float) -> AsyncIterator[None]:
    """Bound a wait for a vendor, and tell its breaker of a failure. Raises ProviderError.

    Success is for the block to tell: what was waited for may be only a part of it.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise _failed(vendor, Failure.TIMEOUT, f"nothing within {seconds:.1f} s") from None
    except ProviderError as error:
        vendor.breaker.failed(error)
        raise
    except Exception as bug:  # of its SDK, or ours: the next vendor is asked all the same
        logger.exception("%s failed in an unforeseen way", vendor.choice.provider)
        raise _failed(vendor, Failure.GARBAGE, type(bug).__name__) from None
    except BaseException:
        vendor.breaker.abandoned()
        raise


def _failed(vendor: Vendor, failure: Failure, detail: str) -> ProviderError:
    error = ProviderError(vendor.choice.provider, failure, detail)
    vendor.breaker.failed(error)
    return error
