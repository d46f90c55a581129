"""The screens of this room: the queue and one ticket with its call beside it; what the bot earned."""

from tickets.admin import roi, tickets  # noqa: F401  they register the screens
from tickets.admin.looks import STATUS_COLOURS

__all__ = ["STATUS_COLOURS"]
