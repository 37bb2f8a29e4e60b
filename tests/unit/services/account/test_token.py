"""What a browser holds, and what the database keeps of it."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest

from ivr.services.account.token import is_token, key_of, new_token


def test_a_token_is_256_bits_that_may_stand_in_a_url_and_its_key_does_not_give_it_away() -> None:
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return b"\xfb\xff" * (count // 2)

    token = new_token(random)
    assert asked == [32]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert key_of(token) == sha256(token.encode()).hexdigest()
    assert is_token(token)


@pytest.mark.parametrize(
    "text", ["", "a" * 42, "a" * 44, "a" * 42 + "€", "a" * 43 + "\n", "a" * 42 + "é", "a" * 42 + ";"]
)
def test_whatever_else_comes_from_an_address_is_none(text: str) -> None:
    assert not is_token(text)
