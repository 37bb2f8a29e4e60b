"""What every Catalogue keeps to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ivr.domain.recording.state import RECORDING, RecordingEvent, RecordingState
from ivr.errors import ArchiveError, TransitionError
from ivr.services.ports.vault import Catalogue, SealedFile
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.database import Database
from tests.fakes.vault import START, FakeCatalogue, a_tag

SEALED = SealedFile("ab" * 32, 1234, 5678)


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def catalogue(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Catalogue:
    return FakeCatalogue() if request.param == "fake" else SqlCatalogue(open_database(request.param))


def describe(catalogue: Catalogue, recording_id: str, sealed: SealedFile | None = SEALED) -> None:
    catalogue.describe(
        recording_id,
        sealed=sealed,
        deadline=START + timedelta(days=180),
        closed_at=START + timedelta(minutes=5),
        consent={"caller": {"state": "NOTIFIED", "offset_ms": 8120}},
        gaps=[{"start_ms": 0, "end_ms": 900, "cause": "unheard"}],
        masks=[{"channel": "caller", "start_ms": 10, "end_ms": 20, "kind": "card"}],
    )


def test_a_recording_is_found_as_it_was_added(catalogue: Catalogue) -> None:
    tag = a_tag("rec-é".replace("é", "e"), activities=("quality", "training"), channels=("caller", "agent"))
    catalogue.add(tag, b"wrapped", "kek-1", deadline=START + timedelta(days=1))
    row = catalogue.get(tag.recording_id)
    assert row.tag == tag
    assert row.state is RecordingState.CAPTURING
    assert row.deadline == START + timedelta(days=1)
    assert row.has_key
    assert row.sealed is None
    assert catalogue.wrapped_key(tag.recording_id) == b"wrapped"


def test_an_id_is_used_once_and_the_first_row_stays(catalogue: Catalogue) -> None:
    catalogue.add(a_tag(), b"first", "kek-1")
    with pytest.raises(ArchiveError, match="rec-1"):
        catalogue.add(a_tag(program="other"), b"second", "kek-1")
    assert catalogue.wrapped_key("rec-1") == b"first"
    assert catalogue.get("rec-1").tag.program == "hotline-quality"


def test_an_unknown_id_is_named(catalogue: Catalogue) -> None:
    for act in (
        lambda: catalogue.get("nobody"),
        lambda: catalogue.wrapped_key("nobody"),
        lambda: catalogue.move("nobody", RecordingEvent.CLOSE),
        lambda: describe(catalogue, "nobody"),
    ):
        with pytest.raises(ArchiveError, match="nobody"):
            act()


@pytest.mark.parametrize("path", [(), ("pause",), ("close",), ("close", "seal"), ("fail",), ("discard",)])
def test_states_move_by_the_table_only(catalogue: Catalogue, path: tuple[str, ...]) -> None:
    for event in RecordingEvent:
        name = f"rec-{event.value}"
        catalogue.add(a_tag(name), b"wrapped", "kek-1")
        state = RecordingState.CAPTURING
        for step in path:
            state = catalogue.move(name, RecordingEvent(step), at=START)
        if RECORDING.allows(state, event):
            assert catalogue.move(name, event, reason="because") is RECORDING.after(state, event)
            assert catalogue.get(name).reason == "because"
        else:
            with pytest.raises(TransitionError, match=name):
                catalogue.move(name, event)
            assert catalogue.get(name).state is state


def test_what_was_described_is_kept_with_its_times_and_lists(catalogue: Catalogue) -> None:
    catalogue.add(a_tag(), b"wrapped", "kek-1")
    describe(catalogue, "rec-1", None)
    assert catalogue.get("rec-1").sealed is None
    describe(catalogue, "rec-1")
    row = catalogue.get("rec-1")
    assert row.sealed == SEALED
    assert row.deadline == START + timedelta(days=180)
    assert row.closed_at == START + timedelta(minutes=5)
    assert row.closed_at is not None
    assert row.closed_at.utcoffset() == timedelta(0)
    assert row.consent == {"caller": {"state": "NOTIFIED", "offset_ms": 8120}}
    assert list(row.gaps) == [{"start_ms": 0, "end_ms": 900, "cause": "unheard"}]
    assert list(row.masks) == [{"channel": "caller", "start_ms": 10, "end_ms": 20, "kind": "card"}]


def test_a_destroyed_key_is_gone_and_destroying_again_is_harmless(catalogue: Catalogue) -> None:
    catalogue.add(a_tag(), b"wrapped", "kek-1")
    catalogue.destroy_keys(["rec-1"])
    catalogue.destroy_keys(["rec-1"])
    catalogue.destroy_keys(["nobody"])
    assert not catalogue.get("rec-1").has_key
    with pytest.raises(ArchiveError, match="destroyed"):
        catalogue.wrapped_key("rec-1")


def test_rows_are_found_newest_first_and_narrowed_by_each_argument(catalogue: Catalogue) -> None:
    for number in range(4):
        catalogue.add(
            a_tag(
                f"rec-{number}",
                call_id=f"call-{number % 2}",
                node_id=f"node-{number // 2}",
                opened_at=START + timedelta(seconds=number),
            ),
            b"wrapped",
            "kek-1",
        )
    catalogue.move("rec-3", RecordingEvent.CLOSE)
    catalogue.destroy_keys(["rec-0"])

    def ids(**query: object) -> list[str]:
        return [row.tag.recording_id for row in catalogue.find(**query)]  # type: ignore[arg-type]

    assert ids() == ["rec-3", "rec-2", "rec-1", "rec-0"]
    assert ids(limit=2) == ["rec-3", "rec-2"]
    assert ids(call_id="call-0") == ["rec-2", "rec-0"]
    assert ids(node_id="node-1") == ["rec-3", "rec-2"]
    assert ids(states=[RecordingState.SEALING]) == ["rec-3"]
    assert ids(has_key=False) == ["rec-0"]
    assert ids(has_key=True, call_id="call-0") == ["rec-2"]


def test_states_are_told_of_those_that_have_a_row(catalogue: Catalogue) -> None:
    catalogue.add(a_tag("rec-1"), b"wrapped", "kek-1")
    catalogue.add(a_tag("rec-2"), b"wrapped", "kek-1")
    catalogue.move("rec-2", RecordingEvent.CLOSE)
    many = [f"none-{number}" for number in range(12_000)]
    assert catalogue.states([*many, "rec-1", "rec-2"]) == {
        "rec-1": RecordingState.CAPTURING,
        "rec-2": RecordingState.SEALING,
    }
    assert catalogue.states([]) == {}


def test_times_of_another_zone_come_back_as_utc(catalogue: Catalogue) -> None:
    paris = datetime.fromisoformat("2026-11-21T10:00:00.123456+01:00")
    catalogue.add(a_tag(opened_at=paris), b"wrapped", "kek-1")
    found = catalogue.get("rec-1").tag.opened_at
    assert found == datetime(2026, 11, 21, 9, 0, 0, 123456, tzinfo=UTC)
