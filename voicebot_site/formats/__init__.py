"""Dates that fit into a column, and that nobody reads the other way round: the day, the month in letters, 24 hours."""
