"""Signed statements about the evidence: a checkpoint of a chain's head, a certificate of destruction. Pure.

What is signed is text, the same for everyone who checks it; `tools/verify_audit.py` builds it again without us.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.chain import GENESIS, Head, Link, broken_links, canonical, stamp

#: What signing adds to a certificate's body; the signature is over the rest.
_SIGNED_BY = ("key_id", "signature")


@dataclass(frozen=True)
class Checkpoint:
    """At `at`, event `seq` of the node's chain had `digest`; `signature` (hex) is by the key `key_id`."""

    node_id: str
    seq: int
    digest: str
    at: datetime
    key_id: str
    signature: str


def checkpoint_text(node_id: str, seq: int, digest: str, at: datetime, key_id: str) -> bytes:
    """Return what a checkpoint's signature is over."""
    fields = {"node_id": node_id, "seq": seq, "digest": digest, "at": stamp(at), "key_id": key_id}
    return canonical({"type": "ivr checkpoint 1", **fields}).encode()


def certificate_text(node_id: str, recording_id: str, body: Mapping[str, object]) -> bytes:
    """Return what the signature in a destruction certificate is over: the body without it, and whose it is."""
    signed = {key: value for key, value in body.items() if key not in _SIGNED_BY}
    fields = {"node_id": node_id, "recording_id": recording_id, "body": signed}
    return canonical({"type": "ivr destruction certificate 1", **fields}).encode()


def chain_faults(links: Iterable[Link], heads: Sequence[Head], checkpoints: Sequence[Checkpoint]) -> list[str]:
    """Return what `broken_links` finds, and every checkpoint that the chain does not bear out.

    A chain that was cut together with its head, or recomputed from some event on, is whole in itself; the checkpoint
    that was signed before knows better. Signatures are for the caller to check.
    """
    wanted: dict[tuple[str, int], str | None] = {(c.node_id, c.seq): None for c in checkpoints}
    last: dict[str, int] = {}

    def noting() -> Iterable[Link]:
        for link in links:
            if (link.node_id, link.seq) in wanted:
                wanted[link.node_id, link.seq] = link.digest
            last[link.node_id] = max(link.seq, last.get(link.node_id, 0))
            yield link

    faults = broken_links(noting(), heads)
    for checkpoint in sorted(checkpoints, key=lambda c: (c.node_id, c.seq)):
        found = wanted[checkpoint.node_id, checkpoint.seq]
        if checkpoint.seq == 0:
            found = GENESIS
        where = f"node {checkpoint.node_id}, event {checkpoint.seq}"
        if found is None and last.get(checkpoint.node_id, 0) < checkpoint.seq:
            end = last.get(checkpoint.node_id, 0)
            faults.append(
                f"node {checkpoint.node_id}, event {end + 1}: the chain ends at {end}, a signed checkpoint of "
                f"{stamp(checkpoint.at)} knows event {checkpoint.seq}"
            )
        elif found is None:
            faults.append(f"{where}: is missing, a signed checkpoint of {stamp(checkpoint.at)} knows it")
        elif found != checkpoint.digest:
            faults.append(f"{where}: is not the one of the checkpoint signed at {stamp(checkpoint.at)}")
    return faults
