"""A secret that is not needed any more."""

from __future__ import annotations

from ivr.domain.secret_bytes import clear


def test_every_byte_is_overwritten_in_place() -> None:
    data_key = bytearray(range(1, 33))
    same = data_key
    clear(data_key)
    assert same == bytes(32)
