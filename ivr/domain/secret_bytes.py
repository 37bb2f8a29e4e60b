"""Secrets in memory."""

from __future__ import annotations


def clear(data_key: bytearray) -> None:
    """Overwrite the key. Copies inside C libraries are theirs to clear; core dumps are off (ivr.bootstrap.runtime)."""
    data_key[:] = bytes(len(data_key))
