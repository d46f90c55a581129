"""Pages about oneself, and for people who are not signed in yet."""
