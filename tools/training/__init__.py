"""Trains the intent model from the corpus: `python -m tools.training`."""
