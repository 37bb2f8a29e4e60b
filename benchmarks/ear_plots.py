"""The plots of the ear's report: ROC per condition, latency, throughput."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

from benchmarks.ear import Result
from benchmarks.ear_run import EAR, KEYWORDS, Outcome, rates_of, roc
from benchmarks.hours import Hours, curve
from benchmarks.material import CONVERSATION, PEOPLE, TARGETS
from benchmarks.talking import Talk
from ivr.domain.hearing.verdict import Label

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

_SOUGHT = Label.OBJECTION_RECORDING


def write(
    outcomes: Sequence[Outcome],
    hours: Sequence[Hours],
    talks: Sequence[Talk],
    speeds: Sequence[Result],
    folder: Path,
) -> None:
    """Write roc.png, roc_hours.png, latency.png and throughput.png to `folder`."""
    _roc(outcomes, folder / "roc.png")
    _roc_hours(outcomes, hours, folder / "roc_hours.png")
    _latency(talks, folder / "latency.png")
    _throughput(speeds, folder / "throughput.png")


def _roc(outcomes: Sequence[Outcome], path: Path) -> None:
    names = list(dict.fromkeys(one.condition for one in outcomes))
    columns = min(5, len(names))
    rows = -(-len(names) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.1 * columns, 3.1 * rows), squeeze=False)
    for axis, name in zip(axes.flat, names, strict=False):
        for judge in dict.fromkeys(one.judge for one in outcomes):
            mine = [one for one in outcomes if one.condition == name and one.judge == judge]
            if judge == KEYWORDS:
                rates = rates_of(mine, _SOUGHT)
                axis.plot(rates.false_act, rates.act, "x", label=judge)
                continue
            false, true = roc(mine, _SOUGHT)
            axis.step(false, true, where="post", label=judge, linewidth=2 if judge == EAR else 1)
        axis.set(title=name, xlim=(-0.02, 0.5), ylim=(0, 1.02))
        axis.title.set_fontsize(9)
        axis.grid(alpha=0.3)
    for axis in list(axes.flat)[len(names) :]:
        axis.axis("off")
    axes[0, 0].legend(fontsize=7, loc="lower right")
    figure.supxlabel("objections heard where there was none (share of calm calls)", fontsize=9)
    figure.supylabel("objections heard", fontsize=9)
    _save(figure, path)


def _roc_hours(outcomes: Sequence[Outcome], hours: Sequence[Hours], path: Path) -> None:
    figure, axis = plt.subplots(figsize=(6.4, 3.8))
    clips = [one for one in outcomes if one.condition in ("clean A-law", "white 20 dB")]
    for found in hours:
        if found.material in (PEOPLE, CONVERSATION):
            false, true = curve([found], clips, _SOUGHT)
            axis.step(false, true, where="post", label=f"{found.material}: {found.program}")
    axis.axvline(TARGETS[PEOPLE][0], color="grey", linestyle=":", linewidth=1)
    axis.set(
        xlabel="false objections an hour as the threshold falls (dotted: target for acts)",
        ylabel="objections heard, clean and 20 dB",
        ylim=(0, 1.02),
    )
    axis.legend(fontsize=7, loc="lower right")
    axis.grid(alpha=0.3)
    _save(figure, path)


def _latency(talks: Sequence[Talk], path: Path) -> None:
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    for talk in talks:
        for name, values in (("objections", talk.objections_ms), ("other sentences", talk.others_ms)):
            if values:
                ordered = np.sort(values)
                share = np.arange(1, ordered.size + 1) / ordered.size
                axis.step(ordered, share, where="post", label=f"{talk.callers} talking: {name}")
    axis.axvline(0, color="grey", linewidth=1)
    for limit in (600, 1200):
        axis.axvline(limit, color="grey", linestyle=":", linewidth=1)
    axis.set(xlabel="milliseconds from the last word to the verdict (dotted: targets for p95)", ylabel="share")
    axis.legend(fontsize=8)
    axis.grid(alpha=0.3)
    _save(figure, path)


def _throughput(speeds: Sequence[Result], path: Path) -> None:
    figure, axis = plt.subplots(figsize=(6.4, 1.9))
    axis.barh([one.name for one in speeds], [one.per_second for one in speeds])
    axis.set(xlabel="utterances per second")
    axis.grid(alpha=0.3, axis="x")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
