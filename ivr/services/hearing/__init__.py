"""Feeds what is heard to the ear."""
