"""Marks stand where the audio has what they tell of, whatever came before its beginning."""

from __future__ import annotations

from ivr.domain.recording.marks import Mark, begins_ms, marks_of

CONSENT: dict[str, object] = {
    "caller": {
        "state": "NOTIFIED",
        "moves": [
            {"state": "NOTIFIED", "offset_ms": 8_000},
            {"state": "DOUBT", "offset_ms": 20_000},
            {"state": "NOTIFIED", "offset_ms": 25_000},
        ],
    },
    "agent": {"state": "NOTIFIED", "moves": [{"state": "NOTIFIED", "offset_ms": 12_000}]},
}


def test_times_of_the_call_become_times_of_the_audio_in_order() -> None:
    gaps = [{"start_ms": 20_000, "end_ms": 25_000, "cause": "doubt"}]
    masks = [{"channel": "caller", "start_ms": 30_000, "end_ms": 33_000, "kind": "card"}]
    assert begins_ms(CONSENT) == 8_000
    assert marks_of(CONSENT, gaps, masks, duration_ms=60_000) == [
        Mark("notice", 0, 0, "caller"),
        Mark("notice", 4_000, 4_000, "agent"),
        Mark("doubt", 12_000, 12_000, "caller"),
        Mark("gap", 12_000, 17_000, "", "doubt"),
        Mark("mask", 22_000, 25_000, "caller", "card"),
    ]


def test_what_reaches_over_an_end_is_cut_there_and_what_lies_outside_has_no_mark() -> None:
    gaps = [
        {"start_ms": 0, "end_ms": 7_000, "cause": "untold"},
        {"start_ms": 5_000, "end_ms": 9_000, "cause": "overflow"},
        {"start_ms": 15_000, "end_ms": -1, "cause": "fault"},
        {"start_ms": 90_000, "end_ms": 95_000, "cause": "hold"},
    ]
    found = marks_of({"caller": CONSENT["caller"]}, gaps, [], duration_ms=10_000)
    assert [mark for mark in found if mark.kind == "gap"] == [
        Mark("gap", 0, 1_000, "", "overflow"),
        Mark("gap", 7_000, 10_000, "", "fault"),
    ]


def test_a_row_that_tells_nothing_or_nonsense_has_no_marks() -> None:
    assert marks_of({}, [], [], duration_ms=5_000) == []
    assert marks_of({"caller": "x", "agent": {"moves": ["y"]}}, [], [], duration_ms=5_000) == []
    assert begins_ms({"caller": {"moves": None}}) == 0
