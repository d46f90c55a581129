"""First names: how one is told, and what is said beside it."""
