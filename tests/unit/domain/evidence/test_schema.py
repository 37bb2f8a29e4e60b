"""The schemas and the page are those of the classes, and the evidence of each release is as they say."""

from __future__ import annotations

import ast
import json
import runpy
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.domain.evidence.chain import canonical
from ivr.domain.evidence.events.base import ABSENT, Unread, kinds, read_event
from ivr.domain.evidence.events.call import Deaf
from ivr.domain.evidence.events.objection import Objection
from tests.evidence_schema import faults, found

ROOT = Path(__file__).resolve().parents[4]
MAKE = runpy.run_path(str(ROOT / "docs" / "make_evidence_schema.py"), run_name="make_evidence_schema")
#: Signed exports of every kind, in every shape, as each release wrote them; never to be made again.
CHAINS = sorted((ROOT / "tests" / "vectors" / "evidence").iterdir())
EVENTS = {
    chain.name: [json.loads(line) for line in (chain / "events.jsonl").read_text("utf-8").splitlines()]
    for chain in CHAINS
}
WRITTEN = [
    pytest.param(event, id=f"{release}-{event['seq']}-{event['kind']}")
    for release, events in EVENTS.items()
    for event in events
]


REPORT = {"program": "", "disposition": "", "sip_status": 200, "ended_by": ""}


@pytest.mark.parametrize(("file", "made"), [("events.schema.json", "schema"), ("README.md", "page")])
def test_what_is_told_of_the_events_is_up_to_date(file: str, made: str) -> None:
    there = (MAKE["FOLDER"] / file).read_text("utf-8")
    now = MAKE[made]()
    assert (there if file.endswith("md") else json.loads(there)) == now, "run: python docs/make_evidence_schema.py"


@pytest.mark.parametrize("event", WRITTEN)
def test_what_a_release_wrote_is_read_as_it_stands_and_keeps_to_the_schema(event: dict[str, str]) -> None:
    body = json.loads(event["body"])
    read = read_event(event["kind"], body)
    assert not isinstance(read, Unread)
    assert faults(event["kind"], body) == []
    # An event of an earlier version would be written with the number of today, and otherwise as it is.
    assert canonical({**read.body(), "v": body.get("v", 1)}) == canonical({"v": 1, **body})
    assert canonical(body) == event["body"]


def test_an_objection_of_the_first_version_is_read_with_all_it_told_and_nothing_that_came_later() -> None:
    first, second = (json.loads(one["body"]) for one in EVENTS["v0.1"] if one["kind"] == "objection")
    assert read_event("objection", first) == Objection(
        party="caller",
        label="objection_recording",
        basis="DTMF",
        offset_ms=9200,
        score=1.0,
        band="act",
        rules=("REC-004",),
        discards=False,
        acted_at=datetime(2026, 11, 29, 8, 59, 59, 250_000, UTC),
        rule_id=ABSENT,
        evidence=ABSENT,
    )
    assert read_event("objection", second) == Objection(
        party="caller",
        label="objection_recording",
        basis="IMPLIED",
        offset_ms=10_720,
        score=0.0,
        band="doubt",
        rules=("REC-004", "REC-005"),
        discards=True,
    )
    early = {**{name: value for name, value in first.items() if name != "rules"}, "rule_id": "REC-004"}
    assert getattr(read_event("objection", early), "rule_id", None) == "REC-004"


@pytest.mark.parametrize(
    ("later", "fault"),
    [
        ({"evidence": "answer"}, "evidence is not known"),
        ({"v": 2}, ""),
        ({"v": 2, "evidence": "answer"}, ""),
        ({"v": 1}, "v is not known"),
        ({"v": 3}, "v is not known"),
    ],
)
def test_each_version_of_an_objection_keeps_to_its_own_fields(later: dict[str, object], fault: str) -> None:
    body = json.loads(next(one["body"] for one in EVENTS["v0.1"] if one["kind"] == "objection"))
    told = faults("objection", {**body, **later})
    assert [fault in one for one in told] == [True] * bool(fault)


def test_a_version_is_not_raised_without_keeping_the_schema_of_the_one_before() -> None:
    class Third(Objection):
        version = 3

    with pytest.raises(ValueError, match=r"objection is at version 3, and earlier\.json has 1 before it"):
        MAKE["versions_of"](Third)


def test_every_kind_that_a_release_wrote_is_still_one() -> None:
    """Kinds that came later stand in no old export."""
    for events in EVENTS.values():
        assert {event["kind"] for event in events} <= kinds().keys()


def test_a_later_version_of_a_kind_has_its_number_in_the_schema() -> None:
    class Later(Deaf):
        version = 2

    made = MAKE["object_of"](Later)
    assert list(found("hearing.deaf", made, {"mark_ms": 1, "v": 2})) == []
    assert list(found("hearing.deaf", made, {"mark_ms": 1})) == ["hearing.deaf: v is missing"]
    assert list(found("hearing.deaf", made, {"mark_ms": 1, "v": 1})) == ["hearing.deaf.v: 1 is not 2"]
    assert list(found("hearing.deaf", MAKE["object_of"](Deaf), {"mark_ms": 1})) == []


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_the_verifier_of_today_finds_the_chain_of_each_release_whole(chain: Path) -> None:
    verifier, key = ROOT / "tools" / "verify_audit.py", chain / "public-key.pem"
    command = [sys.executable, str(verifier), str(chain), "--key", str(key)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"whole: {len(EVENTS[chain.name])} events\n")


@pytest.mark.parametrize(
    ("kind", "body", "fault"),
    [
        ("hearing.deaf", {}, "mark_ms is missing"),
        ("hearing.deaf", {"mark_ms": True}, "no integer"),
        ("hearing.deaf", {"mark_ms": 1, "why": ""}, "why is not known"),
        ("dial.refused", {"entry": "", "rules": [1]}, "no string"),
        ("retention.rescheduled", {"clocks": {"a": "2026-11-21T09:00:00"}}, "no zone"),
        ("recording.recovered", {"from_state": "HELD", "state": "SEALED", "how": "", "deadline": 3}, "no string"),
        ("recording.recovered", {"from_state": "HOLDING", "state": "SEALED", "how": ""}, "'HOLDING' is none of"),
        ("call.reported", {**REPORT, "recording_state": "ACTIVE"}, "'ACTIVE' is none of"),
    ],
)
def test_the_schema_refuses_what_no_class_writes(kind: str, body: dict[str, object], fault: str) -> None:
    (told,) = faults(kind, body)
    assert fault in told


def test_no_kind_is_written_out_beside_its_class() -> None:
    """A kind of one word is an ordinary word too: types keep those from being written."""
    dotted = {kind for kind in kinds() if "." in kind}
    for path in (*(ROOT / "ivr").rglob("*.py"), *(ROOT / "ivr_demo").rglob("*.py")):
        if {"events", "versions", "offline"} & {path.parent.name}:
            # Migrations are as they were; the verifier knows nothing of us.
            continue
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        texts = [one for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        assert not [(path, one.lineno, one.value) for one in texts if one.value in dotted]
