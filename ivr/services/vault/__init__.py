"""Recordings from their first byte to their destruction."""
