from calls.flow.support import support

__all__ = ["support"]
