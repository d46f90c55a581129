"""What takes a conversation out of its script, whichever wait it happens in."""


class CallEnds(Exception):
    """What takes the conversation out of its script."""


class CallerGone(CallEnds):
    """The line is gone; the text is why, as in the hang-up event."""


class Dismissed(CallerGone):
    """A colleague hung up: at once, like a caller who does."""


class CallerSilent(CallEnds):
    """Nothing was heard twice in a row."""


class CallerAngry(CallEnds):
    """The text is what the caller said."""


class CallerWantsHuman(CallEnds):
    """The text is what the caller said; empty for a key."""


class CallerWantsCallback(CallEnds):
    """The text is what the caller said."""


class CallerLeaves(CallEnds):
    """The caller needs no help, or none any more; the text is what he said."""


class TakenOver(CallEnds):
    """A colleague sends the caller to a person; the text is the extension."""


class CallTooLong(CallEnds):
    pass


class ServiceStops(CallEnds):
    """The worker stops soon; a person takes over."""


class CannotHear(CallEnds):
    """Speech-to-text is gone and did not come back."""


class CannotSpeak(CallEnds):
    """A phrase is not cached, and text-to-speech does not answer."""
