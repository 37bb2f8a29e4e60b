"""An identity is its issuer and its subject, and no other pair makes the same key."""

from __future__ import annotations

import hashlib

from ivr.domain.account.linked_identity import identity_key

KEY = bytes(range(32))


def test_the_same_subject_at_another_issuer_is_another_identity() -> None:
    one = identity_key(KEY, "https://login.test", "sub-1")
    assert one == identity_key(KEY, "https://login.test", "sub-1")
    assert one not in (
        identity_key(KEY, "https://login.test/", "sub-1"),
        identity_key(KEY, "https://login.test", "sub-2"),
    )
    assert identity_key(KEY, "https://login.test/a", "b") != identity_key(KEY, "https://login.test", "/ab")
    assert len(one) == 64


def test_whoever_guesses_a_subject_does_not_find_it_without_the_houses_key() -> None:
    pair = ("https://login.test", "sub-1")
    plain = hashlib.sha256("\n".join(pair).encode()).hexdigest()
    assert len({plain, identity_key(KEY, *pair), identity_key(bytes(32), *pair)}) == 3
