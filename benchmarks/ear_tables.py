"""The ear's report in words: targets beside figures first, then every condition beside the peers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from benchmarks import hours
from benchmarks.ear import Result
from benchmarks.ear_run import CLASSIFIER, EAR, KEYWORDS, Alarms, Outcome, Rates, rates_of
from benchmarks.material import TARGETS
from benchmarks.peers import classifier, keywords
from benchmarks.talking import Talk
from ivr.domain.hearing.verdict import Label
from ivr.domain.program.program import Program
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.understanding import Hypothesis, Reading
from tools.corpus.sentences import Sentence
from tools.training.score import Judge, rates

if TYPE_CHECKING:
    from benchmarks.ear_report import Report

_OBJECTION, _REFUSAL = Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT
# The targets: act or ask, act, false act, false ask.
_TARGETS = {
    "perfect transcript": (0.99, 0.95, 0.01, 0.04),
    "clean A-law": (0.95, 0.88, 0.02, 0.06),
    "white 20 dB": (0.88, 0.75, 0.03, 0.08),
    "refusal": (0.98, 0.93, 0.02, 0.05),
}


def markdown(report: Report, program: Program, selling: Program) -> str:
    """Return the whole report."""
    texts = {name: _texts(sentences, program, selling) for name, sentences in report.texts.items()}
    quick = sum(one.judge == EAR for one in report.outcomes)
    lines = [
        "# What the ear hears",
        "",
        f"Made by `{report.command}` (seed {report.seed}) on {report.cores} cores. The load average over the last",
        f"15 minutes was {report.load:.1f} at the end, the run's own load of about {report.cores} included:",
        "what is above it was other work on the same machine, and times suffer from it.",
        f"{quick} calls of synthetic voices, recorded people and music from Debian, thresholds of the program",
        f"`{program.name}` (refusals in text: `{selling.name}`).",
        "Rates are shares; a rate on n clips is uncertain by about one over the root of n.",
        "",
        "## Targets",
        "",
        *_target_table(report, texts),
        "",
        "## Per hour of talk in which nobody objects",
        "",
        "Events over hours of talk, with the exact 95 % interval of a Poisson count. Each channel runs",
        "through the live pipeline with the thresholds of the program; a conversation's two ends share its time.",
        "",
        *hours.table(report.hours, TARGETS),
        "",
        *hours.ground_table(report.hours),
        "",
        "![ROC per hour](roc_hours.png)",
        "",
        "## Text: what is understood of a perfect transcript",
        "",
        "No sentence was trained on. `free` was written out sentence by sentence, as callers speak.",
        "",
        *_text_table(texts),
        "",
        "## Audio: by condition, beside the peers on the same calls",
        "",
        "Both peers read one transcript of plain `WhisperModel.transcribe` (beam 5, with its voice filter).",
        "",
        *_audio_table(report.outcomes),
        "",
        "![ROC per condition](roc.png)",
        "",
        "## The peers where nobody objects",
        "",
        *_alarm_table(report.alarms),
        "",
        "## Latency and throughput",
        "",
        *_talk_table(report.talks),
        "",
        "![Latency](latency.png)",
        "",
        *_speed_table(report.speeds),
        "",
        "![Throughput](throughput.png)",
        "",
        "## What it got wrong",
        "",
        *_mistakes(report),
        "",
    ]
    return "\n".join(lines)


def _texts(sentences: Sequence[Sentence], program: Program, selling: Program) -> dict[tuple[str, Label], Rates]:
    model = TwoReaders.load()

    # An objection by the hotline's thresholds, a refusal of contact by those of a sales call.
    thresholds = {
        _OBJECTION.value: program.thresholds[_OBJECTION.value],
        _REFUSAL.value: selling.thresholds[_REFUSAL.value],
    }

    def ours(text: str) -> Reading:
        return model.judge([Hypothesis(text, 0.0)], last_prompt="", after_disclosure=False, thresholds=thresholds)

    judges: dict[str, Judge] = {"the ear": ours, "keywords": keywords, "classifier": classifier()}
    found = {}
    for name, judge in judges.items():
        for label in (_OBJECTION, _REFUSAL):
            r = rates(judge, sentences, label)
            counts = int(r["n"]), int(r["n_calm"])
            found[name, label] = Rates(r["act_or_ask"], r["act"], r["false_act"], r["false_ask"], *counts)
    return found


def _target_table(report: Report, texts: dict[str, dict[tuple[str, Label], Rates]]) -> list[str]:
    lines = [
        "| what | act or ask | act | false act | false ask | met |",
        "| --- | --- | --- | --- | --- | --- |",
    ]

    def row(name: str, target: tuple[float, float, float, float], r: Rates) -> None:
        figures = (r.act_or_ask, r.act, r.false_act, r.false_ask)
        signs = ("≥", "≥", "≤", "≤")
        good = [v >= t if sign == "≥" else v <= t for v, t, sign in zip(figures, target, signs, strict=True)]
        cells = [f"{_share(v)} ({s} {_share(t)})" for v, t, s in zip(figures, target, signs, strict=True)]
        lines.append(f"| {name}, n = {r.sought} + {r.calm} | {' | '.join(cells)} | {_met(good)} |")

    row("objection, perfect transcript", _TARGETS["perfect transcript"], texts["free"]["the ear", _OBJECTION])
    for condition in ("clean A-law", "white 20 dB"):
        mine = [one for one in report.outcomes if one.judge == EAR and one.condition == condition]
        row(f"objection, {condition}", _TARGETS[condition], rates_of(mine, _OBJECTION))
    row("refusal of contact, perfect transcript", _TARGETS["refusal"], texts["free"]["the ear", _REFUSAL])
    lines += ["", "| what | target | measured | met |", "| --- | --- | --- | --- |"]
    one, many = report.talks[0], report.talks[-1]
    early = one.long_early / one.long if one.long else math.nan
    ratio = report.speeds[-1].per_second / report.speeds[0].per_second
    p50, p95, crowd = one.objection_percentile(0.5), one.objection_percentile(0.95), many.percentile(0.95)
    lines += [
        f"| last objecting word to verdict, one speaker, p50 | ≤ 300 ms | {p50:.0f} ms | {_met([p50 <= 300])} |",
        f"| the same, p95 | ≤ 600 ms | {p95:.0f} ms | {_met([p95 <= 600])} |",
        f"| last word to verdict, {many.callers} talking at once, p95 | ≤ 1,200 ms | {crowd:.0f} ms "
        f"| {_met([crowd <= 1200])} |",
        f"| objections over 2 s judged before they end | ≥ 50 % | {_share(early)} | {_met([early >= 0.5])} |",
        f"| throughput, times plain Whisper | ≥ 4 | {ratio:.1f} | {_met([ratio >= 4])} |",
    ]
    return lines


def _text_table(texts: dict[str, dict[tuple[str, Label], Rates]]) -> list[str]:
    lines = ["| part | judge | label |" + _HEAD, "| --- | --- | --- |" + _RULE]
    for part, found in texts.items():
        lines += [f"| {part} | {judge} | {label.value} |{_cells(r)}" for (judge, label), r in found.items()]
    return lines


def _audio_table(outcomes: Sequence[Outcome]) -> list[str]:
    lines = ["| condition | judge | label |" + _HEAD, "| --- | --- | --- |" + _RULE]
    for condition in dict.fromkeys(one.condition for one in outcomes):
        for label in (_OBJECTION, _REFUSAL):
            for judge in (EAR, KEYWORDS, CLASSIFIER):
                mine = [one for one in outcomes if (one.judge, one.condition) == (judge, condition)]
                lines.append(f"| {condition} | {judge} | {label.value} |{_cells(rates_of(mine, label))}")
    return lines


def _alarm_table(found: Sequence[Alarms]) -> list[str]:
    lines = [
        "| material | judge | minutes | false acts | false asks | acts per hour | asks per hour |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {one.material} | {one.judge} | {one.hours * 60:.1f} | {one.acts} | {one.asks} "
        f"| {one.acts / one.hours:.1f} | {one.asks / one.hours:.1f} |"
        for one in sorted(found, key=lambda alarm: alarm.material)
    ]
    return lines


def _talk_table(talks: Sequence[Talk]) -> list[str]:
    lines = [
        "| people talking at once | objections heard | p50 | p95 | all verdicts p50 | p95 | judged, stale, late |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in talks:
        counts = ", ".join(f"{one.ear.get(name, 0):.0f}" for name in ("judged", "stale", "late"))
        lines.append(
            f"| {one.callers} | {len(one.objections_ms)}/{one.objections} | {one.objection_percentile(0.5):.0f} ms "
            f"| {one.objection_percentile(0.95):.0f} ms | {one.percentile(0.5):.0f} ms | {one.percentile(0.95):.0f} ms "
            f"| {counts} |"
        )
    return lines


def _speed_table(speeds: Sequence[Result]) -> list[str]:
    lines = ["| | utterances per second | p50 | p95 | words wrong |", "| --- | --- | --- | --- | --- |"]
    for one in speeds:
        times = f"{one.p50_ms:.0f} ms | {one.p95_ms:.0f} ms"
        lines.append(f"| {one.name} | {one.per_second:.2f} | {times} | {_share(one.words_wrong)} |")
    return lines


def _mistakes(report: Report) -> list[str]:
    """Some of the ear's mistakes on audio. The voices are synthetic and the sentences ours: nothing is private."""
    lines: list[str] = []
    mine = [one for one in report.outcomes if one.judge == EAR]

    def show(title: str, wrong: Callable[[Outcome], bool]) -> None:
        lines.append(f"{title}:")
        lines.append("")
        found = [one for one in mine if wrong(one)]
        lines.extend(f"- {one.condition}: « {one.sentence} », heard « {one.heard} »" for one in found[:8])
        lines.extend([] if found else ["- none in this run"])
        lines.append("")

    show("Objections missed", lambda o: o.label is _OBJECTION and o.bands[_OBJECTION].value == "clear")
    show("Refusals missed", lambda o: o.label is _REFUSAL and all(band.value == "clear" for band in o.bands.values()))
    show(
        "Acted on, though nobody opposed anything",
        lambda o: o.label not in o.bands and any(band.value == "act" for band in o.bands.values()),
    )
    examples = [
        f"{found.material}, {found.program}: {alarm.label.value}, {alarm.band.value}: {alarm.text}"
        for found in report.hours
        for alarm in found.alarms[:4]
    ]
    lines += ["Where nobody objects:", "", *([f"- {text}" for text in examples] or ["- none in this run"])]
    return lines


_HEAD = " act or ask | act | false act | false ask | n | calm |"
_RULE = " --- | --- | --- | --- | --- | --- |"


def _cells(r: Rates) -> str:
    shares = " | ".join(_share(value) for value in (r.act_or_ask, r.act, r.false_act, r.false_ask))
    return f" {shares} | {r.sought} | {r.calm} |"


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.1f} %"


def _met(good: Sequence[bool]) -> str:
    return "yes" if all(good) else "no"
