"""Checks of what is going to be said."""
