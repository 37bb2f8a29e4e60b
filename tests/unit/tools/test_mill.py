"""The mill: the same sentences for the same seed, and nothing that is measured is ever learnt."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ivr.domain.hearing.verdict import Label
from ivr.speech.recogniser import Transcript
from ivr.speech.understanding import Hypothesis
from tools.corpus.sentences import read_corpus
from tools.mill.__main__ import next_number
from tools.mill.grinding import Clip, ground
from tools.mill.sentences import CORPUS, HARMLESS, OPPOSING, Sentences, held_out_family, written


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return Sentences(17)


def test_the_same_seed_and_number_give_the_same_sentence(sentences: Sentences) -> None:
    again = Sentences(17)
    assert [sentences.draw(number) for number in range(40)] == [again.draw(number) for number in range(40)]


def test_another_seed_gives_other_sentences(sentences: Sentences) -> None:
    other = Sentences(18)
    assert any(sentences.draw(number) != other.draw(number) for number in range(10))


def test_no_group_is_both_learnt_and_held_out(sentences: Sentences) -> None:
    sides: dict[str, set[bool]] = {}
    for number in range(3000):
        drawn = sentences.draw(number)
        sides.setdefault(drawn.group, set()).add(drawn.held_out)
    assert all(len(held) == 1 for held in sides.values())
    assert {held for several in sides.values() for held in several} == {True, False}


def test_every_test_part_of_the_corpus_is_held_out() -> None:
    families = [(one.meaning, one.split) for one in read_corpus(CORPUS) if one.split == "test"]
    assert families
    assert all(held_out_family(*family) for family in families)


@pytest.mark.parametrize(
    ("file", "labels"),
    [(HARMLESS, {"none", "question_recording"}), (OPPOSING, {"objection_recording", "refusal_contact"})],
)
def test_what_the_mill_says_carries_only_labels_of_its_file(file: Path, labels: set[str]) -> None:
    assert {origin.label.value for origin in written(file)} == labels


def test_no_sentence_of_the_mill_stands_in_the_corpus() -> None:
    known = {one.text.casefold() for one in read_corpus(CORPUS)}
    patterns = [origin.pattern for file in (HARMLESS, OPPOSING) for origin in written(file)]
    assert not [pattern for pattern in patterns if len(pattern) > 30 and pattern.casefold() in known]


def test_a_run_goes_on_after_its_last_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "transcripts.jsonl"
    assert next_number(file) == 0
    file.write_text('{"number": 3}\n{"number": 7}\n{"numb', encoding="utf-8")
    assert next_number(file) == 8
    assert file.read_text(encoding="utf-8") == '{"number": 3}\n{"number": 7}\n'


class _Scribe:
    def transcribe(self, samples: np.ndarray, *, partial: bool = False) -> Transcript:
        return Transcript((Hypothesis("je m'y pose", -0.51234, True), Hypothesis("je m'y oppose", -0.6)))


def test_a_transcript_keeps_what_was_meant_beside_what_was_written(sentences: Sentences) -> None:
    grist = next(drawn for drawn in map(sentences.draw, range(500)) if drawn.label is Label.OBJECTION_RECORDING)
    row = ground(Clip(5, grist, "nanotts", False, np.zeros(8000, np.float32)), _Scribe()).row()
    assert (row["number"], row["label"], row["said"]) == (5, "objection_recording", grist.text)
    assert json.loads(json.dumps(row))["hypotheses"] == [["je m'y pose", -0.512, True], ["je m'y oppose", -0.6, False]]
