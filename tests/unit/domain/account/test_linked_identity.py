"""An identity is its issuer and its subject, and no other pair makes the same key."""

from __future__ import annotations

from ivr.domain.account.linked_identity import identity_key


def test_the_same_subject_at_another_issuer_is_another_identity() -> None:
    one = identity_key("https://login.test", "sub-1")
    assert one == identity_key("https://login.test", "sub-1")
    assert one not in (identity_key("https://login.test/", "sub-1"), identity_key("https://login.test", "sub-2"))
    assert identity_key("https://login.test/a", "b") != identity_key("https://login.test", "/ab")
    assert len(one) == 64
