"""What is signed of a chain, and what a checkpoint knows of one that was cut or rewritten."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ivr.domain.evidence.chain import GENESIS, Head, Link, canonical, digest_of
from ivr.domain.evidence.checkpoint import Checkpoint, certificate_text, chain_faults, checkpoint_text

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


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


def test_a_chain_of_which_nothing_is_left_is_known_by_its_first_checkpoint() -> None:
    (only,) = chain(1)
    (fault,) = chain_faults([], [], [signed(only)])
    assert fault.startswith("node node-1, event 1: the chain ends at 0, a signed checkpoint of ")
    assert fault.endswith(" knows event 1")
