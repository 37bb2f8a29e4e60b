"""Calls of a line in the queues of its house."""
