"""What an audit event may carry, and what it may never carry (promise 5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ivr.domain.evidence.chain import check_body, is_content
from ivr.errors import ComplianceError

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SAID = (
    "text", "texts", "word", "words", "digit", "digits", "dtmf", "transcript", "transcripts", "transcription",
    "utterance", "utterances", "sentence", "sentences", "hypothesis", "pcm", "samples", "speech", "said", "nir", "iban",
    "cvv", "otp", "password", "secret",
)  # fmt: skip


@pytest.mark.parametrize("word", SAID)
def test_a_field_named_after_what_was_said_or_typed_is_refused_in_any_spelling(word: str) -> None:
    for name in (word, word.upper(), f"the_{word}", f"{word}-2"):
        assert is_content(name)
        with pytest.raises(ComplianceError, match=name) as refused:
            check_body({name: 1})
        assert refused.value.rules == ("RET-005",)
    with pytest.raises(ComplianceError, match=word):
        check_body({"a": [{"b": {word: ""}}]})


@pytest.mark.parametrize("name", ["party", "context", "textile", "keyword_count", "score", "sha256", "reason"])
def test_other_fields_are_not(name: str) -> None:
    assert not is_content(name)
    check_body({name: ["x" * 300, 1, 2.5, True, None, {"a": ("b",)}]})


@pytest.mark.parametrize("value", ["x" * 301, b"x", AT, {1}, ["x" * 301], {"a": b"x"}])
def test_a_value_that_could_hide_content_is_refused(value: object) -> None:
    with pytest.raises(ComplianceError, match=r"'note'|'a'"):
        check_body({"note": value})
