"""How the first reader alone and both together do on what neither was taught, by kind of example and program."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence

from ivr.domain.hearing.verdict import Band, Label, Thresholds
from ivr.settings import default_config_dir, load_settings
from ivr.speech.understanding import Hypothesis, Understanding
from tools.reader.examples import Example

_PROGRAMS = ("hotline-quality", "prospecting")
_OPPOSING = (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT)
# Of each kind so many are judged: more would take longer than the training.
_MOST = 250
Row = dict[str, object]


def compared(first: Understanding, both: Understanding, examples: Sequence[Example]) -> list[Row]:
    """Return one row per program, kind and side (opposing or calm): shares acted upon and asked about."""
    settings = load_settings(default_config_dir(os.environ), os.environ)
    rows: list[Row] = []
    # What patterns made says least about people, and there is much of it.
    kinds = sorted({one.kind for one in examples if one.held_out} - {"typed grammar"})
    for name in _PROGRAMS:
        thresholds = settings.program(name).thresholds
        for kind in kinds:
            mine = [one for one in examples if one.held_out and one.kind == kind]
            for label in (*_OPPOSING, None):
                chosen = [one for one in mine if one.label is label or (label is None and one.label not in _OPPOSING)]
                # A hotline does not ask whether somebody wants to be called.
                chosen = random.Random(name + kind).sample(chosen, min(_MOST, len(chosen)))
                if chosen and not (label is Label.REFUSAL_CONTACT and name == "hotline-quality"):
                    rows.append(_row(name, kind, label, first, both, chosen, thresholds))
    return rows


def _row(
    program: str,
    kind: str,
    label: Label | None,
    first: Understanding,
    both: Understanding,
    chosen: Sequence[Example],
    thresholds: Mapping[str, Thresholds],
) -> Row:
    row: Row = {"program": program, "kind": kind, "label": label.value if label else "calm", "n": len(chosen)}
    for name, reader in (("first", first), ("both", both)):
        bands = [_band(reader, one, thresholds) for one in chosen]
        for band in (Band.ACT, Band.DOUBT):
            row[f"{name}_{band.value}"] = round(bands.count(band) / len(bands), 4)
    return row


def _band(reader: Understanding, one: Example, thresholds: Mapping[str, Thresholds]) -> Band:
    hypotheses = one.hypotheses or (Hypothesis(one.text, 0.0),)
    reading = reader.judge(
        hypotheses,
        last_prompt="",
        after_disclosure=False,
        thresholds=thresholds,
        partial=one.kind == "heard partial",
    )
    return reading.band
