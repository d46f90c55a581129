"""The parts of dictated telephone numbers, and how they may be read."""
