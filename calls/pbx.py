"""What a call asks of its Asterisk over AMI; an Asterisk without AMI is asked nothing."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from calls.case import Ending
from calls.models import Call
from companies.phone import international
from telephony.ami import Ami, AmiError, CallerId
from tenants.models import AsteriskServer

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0  # for all of one question; the caller waits for it

# One connection per server and event loop, kept for the next call.
_connections: dict[tuple[asyncio.AbstractEventLoop, str, int, str, str], Ami] = {}
