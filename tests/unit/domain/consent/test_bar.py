"""How the number of whoever refused was known, and which bar may be undone."""

from __future__ import annotations

import pytest

from ivr.domain.consent.bar import KnownBy, known_by, strongest


def test_only_what_a_caller_says_of_itself_is_no_proof_and_may_be_undone() -> None:
    assert {one for one in KnownBy if one.verified} == {KnownBy.ASSERTED, KnownBy.IDENTIFIED, KnownBy.DIALLED}
    assert {one for one in KnownBy if one.liftable} == {KnownBy.CLAIMED}


def test_better_knowledge_replaces_weaker_and_never_the_other_way() -> None:
    assert KnownBy.UNKNOWN.below == frozenset()
    assert KnownBy.DIALLED.below == set(KnownBy) - {KnownBy.DIALLED}
    assert strongest([KnownBy.CLAIMED, KnownBy.IDENTIFIED, KnownBy.ASSERTED]) is KnownBy.IDENTIFIED
    assert strongest([]) is KnownBy.UNKNOWN


@pytest.mark.parametrize(
    ("name", "known"), [("claimed", KnownBy.CLAIMED), ("guessed", KnownBy.UNKNOWN), (None, KnownBy.UNKNOWN)]
)
def test_what_no_version_wrote_is_unknown(name: object, known: KnownBy) -> None:
    assert known_by(name) is known
