"""The chain, its kinds and what it proves."""
