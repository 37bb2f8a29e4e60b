"""What was said and heard, in time."""
