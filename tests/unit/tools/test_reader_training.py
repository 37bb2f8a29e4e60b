"""Training of the second reader: the same weights each time, bounds that hold, nothing held out is learnt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ivr.domain.hearing.verdict import Label
from ivr.speech.intent.model import IntentModel
from ivr.speech.second_reader.agreement import weight
from ivr.speech.second_reader.encoder import WIDTH, Vectors
from tools.corpus.sentences import Sentence
from tools.reader.examples import Example, heard, typed
from tools.reader.fitting import Losses, bounds, fit, opposing, unseen
from tools.reader.trial import bare_scores, kept_from_trial
from tools.reader.vectors import KnownVectors

_OBJECTION, _NONE = Label.OBJECTION_RECORDING, Label.NONE


def _example(label: Label, group: str = "g") -> Example:
    return Example("", label, group, False, 1.0, "typed free")


def _two_kinds(count: int) -> tuple[Vectors, list[Example]]:
    random_ = np.random.default_rng(5)
    labels = [_OBJECTION if number % 2 else _NONE for number in range(count)]
    vectors = random_.normal(0, 0.05, (count, WIDTH)).astype(np.float32)
    vectors[:, 0] += [1.0 if label is _OBJECTION else -1.0 for label in labels]
    return vectors, [_example(label, f"g{number % 7}") for number, label in enumerate(labels)]


def test_the_network_tells_two_kinds_apart_and_is_the_same_each_time() -> None:
    vectors, examples = _two_kinds(120)
    weights = fit(vectors, examples, seed=1)
    found = opposing(weights, vectors)
    assert np.all(found[1::2] > 0.5)
    assert np.all(found[::2] < 0.5)
    assert np.array_equal(fit(vectors, examples, seed=1).hidden, weights.hidden)


def test_what_is_unseen_was_not_taught_by_its_own_group() -> None:
    vectors, examples = _two_kinds(120)
    odd = [_example(_NONE, "odd") if number < 12 else one for number, one in enumerate(examples)]
    # Calm examples that look like objections: a network that had learnt them would know.
    vectors[:12] = vectors[1] + np.random.default_rng(6).normal(0, 0.01, (12, WIDTH)).astype(np.float32)
    told = opposing(fit(vectors, odd, seed=1), vectors)[:12]
    assert unseen(vectors, odd, seed=1)[:12].mean() > told.mean()


def test_bounds_lose_no_more_than_they_may() -> None:
    objections, refusals = np.linspace(0, 1, 201), np.linspace(0.5, 1, 201)
    examples = [_example(_OBJECTION)] * 201 + [_example(Label.REFUSAL_CONTACT)] * 201
    found = np.concatenate([objections, refusals]).astype(np.float32)
    # Every third has no ground, and the first reader holds it for as likely as not.
    scores = dict.fromkeys(range(0, 402, 3), 0.5)
    chosen = bounds(found, scores, examples, Losses(act=0.05, ask=0.01, bare=0.1, bare_contact=0.2))
    assert np.mean(objections < chosen.act) <= 0.05
    assert np.mean(refusals < chosen.act_contact) <= 0.05
    assert np.mean(found < chosen.ask) <= 0.01
    bare = np.array([weight(0.5, float(found[at])) for at in scores if at < 201])
    assert 0.05 < np.mean(bare < chosen.bare) <= 0.11
    bare_contact = np.array([weight(0.5, float(found[at])) for at in scores if at >= 201])
    assert 0.15 < np.mean(bare_contact < chosen.bare_contact) <= 0.21


def test_the_trial_is_scored_on_what_it_was_not_taught_and_has_no_ground() -> None:
    families = [f"f{number}" for number in range(40)]
    kept = next(name for name in families if kept_from_trial(name))
    taught = next(name for name in families if not kept_from_trial(name))
    texts = [("Débranchez l'oreille mécanique.", kept), ("Je refuse l'enregistrement.", kept)]
    texts.append(("Débranchez l'oreille mécanique.", taught))
    examples = [Example(text, _OBJECTION, group, False, 1.0, "typed free") for text, group in texts]
    examples.append(Example("Débranchez l'oreille mécanique.", _NONE, kept, False, 1.0, "typed free"))
    assert set(bare_scores(IntentModel.load(), examples)) == {0}


def test_held_out_families_and_test_parts_are_marked() -> None:
    sentences = [Sentence(f"Phrase {n}.", _NONE, f"family-{n}", "train", "free") for n in range(40)]
    sentences.append(Sentence("Jamais apprise.", _NONE, "last", "test", "free"))
    examples = list(typed(sentences, seed=1))
    sides = {one.group: one.held_out for one in examples if one.kind == "typed free"}
    assert sides["last"]
    assert set(sides.values()) == {True, False}
    held = {one.text for one in examples if one.held_out and one.kind == "typed free"}
    assert not [one for one in examples if not one.held_out and any(text in one.text for text in held)]


def test_a_torn_last_transcript_is_left_out(tmp_path: Path) -> None:
    row = (
        '{"number": 1, "said": "Oui.", "label": "none", "group": "Oui.", "source": "harmless", "held_out": true,'
        ' "voice": "nanotts", "partial": false, "hypotheses": [["Oui.", -0.2, true]]}\n'
    )
    file = tmp_path / "transcripts.jsonl"
    file.write_text(row + row[:60], encoding="utf-8")
    (only,) = heard(file)
    assert (only.text, only.held_out, only.hypotheses[0].logprob) == ("Oui.", True, -0.2)


def test_vectors_are_kept_between_runs(tmp_path: Path) -> None:
    class Encoder:
        def __init__(self) -> None:
            self.asked: list[str] = []

        def vectors(self, texts: Sequence[str]) -> Vectors:
            self.asked += texts
            return np.full((len(texts), WIDTH), 0.25, np.float32)

    encoder, file = Encoder(), tmp_path / "folder" / "vectors.npz"
    KnownVectors(encoder, file).vectors(["un", "deux", "un"])
    again = KnownVectors(encoder, file).vectors(["deux", "trois"])
    assert encoder.asked == ["un", "deux", "trois"]
    assert np.array_equal(again, np.full((2, WIDTH), 0.25, np.float32))
