"""Counts of what happened, in which no single person shows."""
