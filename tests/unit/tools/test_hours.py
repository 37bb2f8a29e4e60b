"""Per-hour figures of the ear's benchmark: exact intervals, sums by program and material, the curve by hour."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ear_run import EAR, Outcome
from benchmarks.hours import Alarm, Hours, OnceWritten, Rate, alarms_of, curve, ground_table, table, together
from ivr.audio.pcm import Samples
from ivr.domain.hearing.verdict import Band, Ground, Label
from ivr.services.hearing.file_listening import Utterance
from ivr.speech.recogniser import Transcript
from ivr.speech.understanding import Hypothesis

_OBJECTION = Label.OBJECTION_RECORDING


def _alarm(band: Band, score: float = 0.9, ground: str = "none named") -> Alarm:
    return Alarm(_OBJECTION, band, score, ground, "")


def test_no_event_in_an_hour_leaves_up_to_three_point_seven() -> None:
    low, high = Rate(0, 1.0).interval
    assert low == 0.0
    assert high == pytest.approx(3.689, abs=0.001)


def test_the_interval_is_the_exact_poisson_one() -> None:
    low, high = Rate(10, 2.0).interval
    assert low == pytest.approx(2.398, abs=0.001)
    assert high == pytest.approx(9.195, abs=0.001)


def test_parts_of_one_material_are_added_by_program() -> None:
    found = together(
        [
            Hours("a", "talk", 0.5, 10, [_alarm(Band.ACT)]),
            Hours("b", "talk", 0.5, 10),
            Hours("a", "talk", 1.0, 20, [_alarm(Band.DOUBT)]),
        ]
    )
    assert [(one.program, one.hours, one.utterances, len(one.alarms)) for one in found] == [
        ("a", 1.5, 30, 2),
        ("b", 0.5, 10, 0),
    ]


def test_of_an_agents_clear_words_the_caller_is_asked_and_doubtful_ones_are_noted_only() -> None:
    heard = [
        Utterance("caller", 0, 900, "", _OBJECTION, band, 0.9, 1200, ground=ground)
        for band, ground in ((Band.ACT, Ground.EXPLICIT), (Band.DOUBT, None), (Band.CLEAR, None))
    ]
    assert [(one.band, one.ground) for one in alarms_of(heard, agent=False)] == [
        (Band.ACT, "explicit"),
        (Band.DOUBT, "none named"),
    ]
    assert [(one.band, one.ground) for one in alarms_of(heard, agent=True)] == [(Band.DOUBT, "explicit")]


def test_the_table_says_whether_a_target_is_met() -> None:
    found = [Hours("a", "talk", 2.0, 10, [_alarm(Band.ACT)] * 5), Hours("a", "music", 1.0)]
    lines = table(found, {"talk": (2.0, 8.0), "music": (0.0, 0.0)})
    assert lines[2].startswith("| talk | a | 2.00 | 2.5 (0.8–5.8) | 0.0 (0.0–1.8) |")
    assert lines[2].endswith("| no |")
    assert lines[3].endswith("| yes |")


def test_alarms_are_counted_by_their_evidence() -> None:
    alarms = [_alarm(Band.ACT, ground="explicit"), _alarm(Band.DOUBT), _alarm(Band.DOUBT)]
    lines = ground_table([Hours("a", "talk", 1.0, 3, alarms)])
    assert lines[2:] == ["| talk | a | explicit | 1 | 0 |", "| talk | a | none named | 0 | 2 |"]


def test_the_curve_rises_as_the_threshold_falls() -> None:
    def clip(score: float) -> Outcome:
        band = Band.ACT if score else Band.CLEAR
        return Outcome(EAR, "clean", "", _OBJECTION, {_OBJECTION: band}, {_OBJECTION: score}, "", 0.0, 0.0)

    alarms = [_alarm(Band.ACT, 0.95), _alarm(Band.DOUBT, 0.5)]
    false, true = curve([Hours("a", "talk", 2.0, 9, alarms)], [clip(0.99), clip(0.7), clip(0.0)], _OBJECTION)
    assert np.all(np.diff(false) >= 0)
    assert np.all(np.diff(true) >= 0)
    assert (false[-1], true[-1]) == (1.0, pytest.approx(2 / 3))


def test_the_same_audio_is_written_down_once() -> None:
    asked: list[bool] = []

    class Scribe:
        def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
            asked.append(partial)
            return Transcript((Hypothesis("", 0.0),))

    once, sound = OnceWritten(Scribe()), np.ones(80, np.float32)
    for partial in (False, False, True):
        once.transcribe(sound, partial=partial)
    assert asked == [False, True]
    once.forget()
    once.transcribe(sound)
    assert asked == [False, True, False]
