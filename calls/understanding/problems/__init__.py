"""Keywords of problems, and what is said beside them."""
