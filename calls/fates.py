"""What takes a conversation out of its script, whichever wait it happens in."""


class CallEnds(Exception):
    """What takes the conversation out of its script."""


class CallerGone(CallEnds):
    """The caller hung up."""


class CallerSilent(CallEnds):
    """Nothing was heard twice in a row."""


class CallerAngry(CallEnds):
    """The text is what the caller said."""


class CallerWantsHuman(CallEnds):
    """The text is what the caller said; empty for a key."""


class CallTooLong(CallEnds):
    pass


class CannotHear(CallEnds):
    """Speech-to-text is gone and did not come back."""


class CannotSpeak(CallEnds):
    """A phrase is not cached, and text-to-speech does not answer."""
