"""What an audit event may carry, and what it may never carry (promise 5)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ivr.domain.evidence.chain import GENESIS, Head, Link, canonical, check_body, digest_of, is_content
from ivr.domain.evidence.checkpoint import Checkpoint, certificate_text, chain_faults, checkpoint_text
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


# ---------------------------------------------------------------- a chain and its checkpoints


def chain(length: int, node_id: str = "node-1", first: str = "call.reported") -> list[Link]:
    links, previous = [], GENESIS
    for seq in range(1, length + 1):
        fields = {"kind": first if seq == 1 else "x", "call_id": "", "recording_id": "", "body": canonical({})}
        digest = digest_of(previous, node_id=node_id, seq=seq, at=AT, **fields)
        links.append(Link(node_id=node_id, seq=seq, at=AT, previous=previous, digest=digest, **fields))
        previous = digest
    return links


def head(links: list[Link]) -> Head:
    return Head(links[-1].node_id, links[-1].seq, links[-1].digest) if links else Head("node-1", 0, GENESIS)


def signed(link: Link) -> Checkpoint:
    return Checkpoint(link.node_id, link.seq, link.digest, AT, "key", "00")


def test_a_signature_is_over_all_that_is_told_and_over_nothing_that_signs_it() -> None:
    """Whoever verifies offline, in whatever language, must build the same bytes."""
    text = checkpoint_text("node-1", 256, "ab" * 32, AT, "key-1").decode()
    assert json.loads(text) == {
        "type": "ivr checkpoint 1",
        "node_id": "node-1",
        "seq": 256,
        "digest": "ab" * 32,
        "at": "2026-11-21T09:00:00.000000Z",
        "key_id": "key-1",
    }
    body = {"rule_id": "REC-007", "signature": "00", "key_id": "key-1"}
    told = certificate_text("node-1", "rec-1", body).decode()
    assert json.loads(told) == {
        "type": "ivr destruction certificate 1",
        "node_id": "node-1",
        "recording_id": "rec-1",
        "body": {"rule_id": "REC-007"},
    }
    for one in (text, told):
        assert one == json.dumps(json.loads(one), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_a_whole_chain_bears_out_every_checkpoint() -> None:
    one, other = chain(5), chain(3, "node-2")
    start = Checkpoint("node-3", 0, GENESIS, AT, "key", "00")
    heads, points = [head(one), head(other)], [signed(one[1]), signed(one[4]), signed(other[2]), start]
    assert chain_faults([*one, *other], heads, points) == []


def test_a_chain_cut_with_its_head_is_known_by_the_checkpoint_behind_its_end() -> None:
    whole = chain(5)
    for kept in (2, 4):
        (fault,) = chain_faults(whole[:kept], [head(whole[:kept])], [signed(whole[1]), signed(whole[4])])
        assert fault.startswith(f"node node-1, event {kept + 1}: the chain ends at {kept}")
        assert "knows event 5" in fault
    (fault,) = chain_faults([], [head([])], [signed(whole[4])])
    assert "the chain ends at 0" in fault
    (fault,) = chain_faults([], [head([])], [signed(whole[0])])
    assert fault.startswith("node node-1, event 1: the chain ends at 0")


def test_a_missing_event_and_one_that_was_put_in_its_place_are_named() -> None:
    whole, other = chain(5), chain(5, first="forged")
    faults = chain_faults([*whole[:2], *whole[3:]], [head(whole)], [signed(whole[2])])
    assert "node node-1, event 3: is missing, a signed checkpoint" in faults[-1]
    (fault,) = chain_faults(other, [head(other)], [signed(whole[2])])
    assert fault.startswith("node node-1, event 3: is not the one of the checkpoint signed at")
