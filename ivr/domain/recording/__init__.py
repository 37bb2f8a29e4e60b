"""A recording, its states, what is released and what is silenced."""
