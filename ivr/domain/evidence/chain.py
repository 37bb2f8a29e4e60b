"""The audit chain: what one event may say, how it is digested, and how a chain is judged whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from ivr.errors import ComplianceError

#: What the first event of a chain names as its predecessor.
GENESIS = "0" * 64

_CONTENT = frozenset(
    {
        "text",
        "texts",
        "word",
        "words",
        "digit",
        "digits",
        "dtmf",
        "transcript",
        "transcripts",
        "transcription",
        "utterance",
        "utterances",
        "sentence",
        "sentences",
        "hypothesis",
        "pcm",
        "samples",
        "speech",
        "said",
        "nir",
        "iban",
        "cvv",
        "otp",
        "password",
        "secret",
    }
)
_LONGEST_VALUE = 300


@dataclass(frozen=True)
class Link:
    """What a verifier needs of one event, whatever it is stored in; `body` is the text as it was stored."""

    node_id: str
    seq: int
    at: datetime
    kind: str
    call_id: str
    recording_id: str
    body: str
    previous: str
    digest: str


@dataclass(frozen=True)
class Head:
    """The last event of a node's chain as its head row says; seq counts from 1, 0 means none."""

    node_id: str
    seq: int
    digest: str


# The same few names come with every event.
@lru_cache(maxsize=4096)
def is_content(key: str) -> bool:
    """Say whether a field of this name would hold what was said or keyed."""
    return bool(set(key.lower().replace("-", "_").split("_")) & _CONTENT) or key.lower() in _CONTENT


def check_body(body: Mapping[str, object]) -> None:
    """Raise ComplianceError when a body could hold content: words, digits, audio, keys (promise 5)."""
    for key, value in body.items():
        if is_content(str(key)):
            raise ComplianceError(
                f"an audit event may not carry '{key}'",
                rules=("RET-005",),
                remedy="evidence holds ids, times, scores and hashes, never what was said or keyed",
            )
        _check_value(str(key), value)


def _check_value(key: str, value: object) -> None:
    if isinstance(value, Mapping):
        check_body(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_value(key, item)
    elif isinstance(value, str):
        if len(value) > _LONGEST_VALUE:
            raise ComplianceError(
                f"audit value '{key}' is longer than {_LONGEST_VALUE} characters",
                rules=("RET-005",),
                remedy="name the thing by its id or hash",
            )
    elif value is not None and not isinstance(value, (bool, int, float)):
        raise ComplianceError(
            f"audit value '{key}' is a {type(value).__name__}",
            rules=("RET-005",),
            remedy="use text, numbers, booleans, lists and mappings of these",
        )


def canonical(body: Mapping[str, object]) -> str:
    """The one spelling of a body: JSON, keys sorted, no blanks, UTF-8, no NaN."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def stamp(at: datetime) -> str:
    """The one spelling of a time: UTC, microseconds, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest_of(
    previous: str, *, node_id: str, seq: int, at: datetime, kind: str, call_id: str, recording_id: str, body: str
) -> str:
    """SHA-256 (hex) over the previous digest and every field; `body` is the canonical text."""
    fields = [previous, node_id, seq, stamp(at), kind, call_id, recording_id, body]
    return hashlib.sha256(json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def broken_links(links: Iterable[Link], heads: Sequence[Head]) -> list[str]:
    """Return one line per fault, naming node and sequence number; empty when every chain is whole.

    `links` come in order of node and sequence number. Finds a changed event, a missing one, one out of place or
    inserted, and a tail that was cut (the head row knows more than the chain).
    """
    faults: list[str] = []
    last: dict[str, tuple[int, str]] = {}
    for link in links:
        seq, digest = last.get(link.node_id, (0, GENESIS))
        where = f"node {link.node_id}, event {link.seq}"
        if link.seq > seq + 1:
            missing = f"{seq + 1}" if link.seq == seq + 2 else f"{seq + 1} to {link.seq - 1}"
            faults.append(f"{where}: event {missing} before it is missing")
        elif link.seq <= seq:
            faults.append(f"{where}: sequence number used twice")
        elif link.previous != digest:
            faults.append(f"{where}: does not follow event {seq} (changed, inserted or out of order)")
        actual = digest_of(
            link.previous,
            node_id=link.node_id,
            seq=link.seq,
            at=link.at,
            kind=link.kind,
            call_id=link.call_id,
            recording_id=link.recording_id,
            body=link.body,
        )
        if actual != link.digest:
            faults.append(f"{where}: its content was changed after it was written")
        last[link.node_id] = (link.seq, link.digest)
    for head in heads:
        seq, digest = last.pop(head.node_id, (0, GENESIS))
        if seq < head.seq:
            faults.append(f"node {head.node_id}, event {seq + 1}: the chain ends at {seq}, its head says {head.seq}")
        elif seq > head.seq:
            faults.append(f"node {head.node_id}, event {head.seq + 1}: added behind the head of the chain")
        elif digest != head.digest:
            faults.append(f"node {head.node_id}, event {seq}: is not the event that the head of the chain names")
    faults.extend(f"node {node_id}, event {seq}: the chain has no head row" for node_id, (seq, _) in last.items())
    return faults
