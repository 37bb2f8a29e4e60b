"""False acts and asks per hour of talk in which nobody objects, by material, program and ground, with intervals.

Each channel runs through the live pipeline as `ivr listen` does it. What the recogniser wrote is kept while the run
lasts, so that a second program costs no second recognition.

    python -m benchmarks.hours [--minutes 6] [--material people|conversation|music|machines …] [--show] [--kept FILE]

prints the figures alone; `make bench-ear` puts them into the report. With `--kept` the transcripts outlive the run:
what judges them can be changed and measured again on the same words in minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import chi2  # type: ignore[import-untyped]

from benchmarks.ear_run import EAR, Outcome, listen
from benchmarks.material import (
    CONVERSATION,
    HOLD_MUSIC,
    MACHINES,
    PEOPLE,
    TARGETS,
    alone,
    conversations,
    first_minutes,
    in_parts,
    machine_sounds,
)
from ivr.audio.pcm import Samples
from ivr.audio.wav import EAR_HZ
from ivr.domain.hearing.verdict import Band, Label, Verdict
from ivr.domain.program.program import Program
from ivr.errors import IvrError
from ivr.services.hearing.file_listening import FileHearing, Utterance
from ivr.services.ports.hearing import Speech
from ivr.settings import default_config_dir, load_settings
from ivr.speech.channel_memory import EarMemory
from ivr.speech.early_action import Eagerness
from ivr.speech.judge import Judge
from ivr.speech.local import LocalEar
from ivr.speech.model import ModelSettings, join_model
from ivr.speech.recogniser import Recogniser, TimedToken, Transcript
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.silero import Silero
from ivr.speech.transcript_cache import Recall
from ivr.speech.understanding import Hypothesis, Understanding
from ivr.speech.whisper_recogniser import WhisperRecogniser
from tools.corpus.recorded import MUSIC, SPEECH, recordings

_CONFIDENCE = 0.95
_LESS = {Band.ACT: Band.DOUBT, Band.DOUBT: Band.CLEAR, Band.CLEAR: Band.CLEAR}
_SILENCE = np.zeros(EAR_HZ // 2, np.float32)


@dataclass(frozen=True)
class Alarm:
    """One utterance of somebody who objects to nothing, acted upon or asked about."""

    label: Label
    band: Band
    score: float
    ground: str
    text: str


@dataclass
class Hours:
    """What one program made of one material. `hours` is time of talk: of a conversation both ends count once."""

    program: str
    material: str
    hours: float = 0.0
    utterances: int = 0
    alarms: list[Alarm] = field(default_factory=list)

    def count(self, band: Band) -> int:
        return sum(one.band is band for one in self.alarms)

    def by_ground(self, band: Band) -> Counter[str]:
        return Counter(one.ground for one in self.alarms if one.band is band)

    def add(self, other: Hours) -> None:
        """Take in what was found elsewhere of the same material by the same program."""
        self.hours += other.hours
        self.utterances += other.utterances
        self.alarms += other.alarms


@dataclass(frozen=True)
class Rate:
    """`count` in `hours`: how many an hour, and the exact Poisson interval of that at 95 %."""

    count: int
    hours: float

    @property
    def per_hour(self) -> float:
        return self.count / self.hours if self.hours else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        tail = (1 - _CONFIDENCE) / 2
        low = float(chi2.ppf(tail, 2 * self.count)) / 2 if self.count else 0.0
        high = float(chi2.ppf(1 - tail, 2 * self.count + 2)) / 2
        return low / self.hours, high / self.hours

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.per_hour:.1f} ({low:.1f}–{high:.1f})"


class OnceWritten:
    """A Recogniser that writes the same audio down once. For several threads.

    `kept`: a file of JSON lines that holds what an earlier run wrote, and what this one writes.
    """

    def __init__(self, transcriber: Recogniser, kept: Path | None = None) -> None:
        self._transcriber, self._kept, self._lock = transcriber, kept, threading.Lock()
        self._known: dict[str, Transcript] = {}
        if kept is not None and kept.exists():
            rows = (json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines() if line.endswith("}"))
            self._known = {row["audio"]: transcript(row) for row in rows}

    def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
        key = hashlib.sha256(samples.tobytes() + bytes([partial])).hexdigest()
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = self._transcriber.transcribe(samples, partial=partial)
            with self._lock:
                self._known[key] = known
                if self._kept is not None:
                    with self._kept.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"audio": key, **asdict(known)}, ensure_ascii=False) + "\n")
        return known

    def forget(self) -> None:
        """Drop what no file keeps: other audio comes."""
        if self._kept is None:
            with self._lock:
                self._known.clear()


def transcript(row: Mapping[str, Any]) -> Transcript:
    """Return the Transcript whose fields are `row`, as JSON holds them."""
    return Transcript(
        tuple(
            Hypothesis(one["text"], one["logprob"], one["prompted"], tuple((a, b, p) for a, b, p in one["heard"]))
            for one in row["hypotheses"]
        ),
        tuple(TimedToken(**one) for one in row["tokens"]),
        row["languages"],
        row["language"],
        row["supported"],
    )


def measure(
    transcriber: Recogniser,
    understanding: Understanding,
    programs: Sequence[Program],
    material: str,
    calls: Iterable[Sequence[Samples]],
) -> list[Hours]:
    """Run `calls`, each the channels of one (the caller's first), through the pipeline of every program; one Hours for
    each."""
    found = {program.name: Hours(program.name, material) for program in programs}
    once = transcriber if isinstance(transcriber, OnceWritten) else OnceWritten(transcriber)
    for channels in calls:
        once.forget()
        for program in programs:
            hours = found[program.name]
            hours.hours += max(channel.size for channel in channels) / EAR_HZ / 3600
            for number, channel in enumerate(channels):
                heard = _heard(once, understanding, program, channel).utterances
                hours.utterances += len(heard)
                hours.alarms += alarms_of(heard, agent=number > 0)
    return list(found.values())


def _heard(transcriber: Recogniser, understanding: Understanding, program: Program, sound: Samples) -> FileHearing:
    judge = Judge(Silero().voiced, transcriber, understanding, Recall(), EarMemory(), Eagerness())
    verdict: Callable[[Speech], Verdict] = judge.judge
    ear = LocalEar(verdict)
    try:
        return asyncio.run(listen(ear, np.concatenate([_SILENCE, sound, _SILENCE]), program))
    finally:
        asyncio.run(ear.close())


def alarms_of(heard: Iterable[Utterance], *, agent: bool) -> list[Alarm]:
    """What a call makes of these utterances: of an agent's words the caller is asked where they are clear, and nobody
    is asked where they are doubtful (`ivr.services.call.objections`)."""
    found = []
    for one in heard:
        band = _LESS[one.band] if agent else one.band
        if band is not Band.CLEAR:
            kind = one.ground.value if one.ground is not None else "none named"
            found.append(Alarm(one.label, band, one.score, kind, one.text))
    return found


def together(found: Iterable[Hours]) -> list[Hours]:
    """Add up what belongs to the same program and material."""
    sums: dict[tuple[str, str], Hours] = {}
    for one in found:
        sums.setdefault((one.material, one.program), Hours(one.program, one.material)).add(one)
    return [sums[key] for key in sorted(sums)]


def table(found: Sequence[Hours], targets: Mapping[str, tuple[float, float]]) -> list[str]:
    """Return the per-hour figures as Markdown; `targets` are acts and asks an hour by material."""
    lines = [
        "| material | program | hours | acts per hour (95 %) | asks per hour (95 %) | target | met |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in found:
        acts, asks = Rate(one.count(Band.ACT), one.hours), Rate(one.count(Band.DOUBT), one.hours)
        limits = targets.get(one.material)
        wanted = f"≤ {limits[0]:g} / ≤ {limits[1]:g}" if limits else "–"
        met = "–" if limits is None else "yes" if acts.per_hour <= limits[0] and asks.per_hour <= limits[1] else "no"
        lines.append(f"| {one.material} | {one.program} | {one.hours:.2f} | {acts} | {asks} | {wanted} | {met} |")
    return lines


def ground_table(found: Sequence[Hours]) -> list[str]:
    """Return which grounds the false acts and asks named, as Markdown."""
    lines = ["| material | program | ground | acts | asks |", "| --- | --- | --- | --- | --- |"]
    for one in found:
        acts, asks = one.by_ground(Band.ACT), one.by_ground(Band.DOUBT)
        lines += [
            f"| {one.material} | {one.program} | {kind} | {acts[kind]} | {asks[kind]} |" for kind in sorted(acts | asks)
        ]
    return lines if len(lines) > 2 else ["Nobody was acted upon or asked."]


def curve(found: Sequence[Hours], outcomes: Sequence[Outcome], label: Label) -> tuple[np.ndarray, np.ndarray]:
    """Return false alarms of `label` an hour, and the share of its clips heard, as the threshold falls to asking.

    Scores below the program's threshold for asking are not told by the pipeline: the curve ends there.
    """
    hours = sum(one.hours for one in found)
    false = np.array([alarm.score for one in found for alarm in one.alarms if alarm.label is label])
    clips = [one for one in outcomes if one.judge == EAR and one.label is label]
    true = np.array([one.scores[label] if one.bands[label] is not Band.CLEAR else 0.0 for one in clips])
    limits = np.unique(np.concatenate([[1.01], false, true[true > 0]]))[::-1]
    return (
        np.array([float(np.sum(false >= limit)) / max(hours, 1e-9) for limit in limits]),
        np.array([float(np.mean(true >= limit)) if true.size else 0.0 for limit in limits]),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 0, or the error's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hours", description=__doc__)
    parser.add_argument("--minutes", type=float, default=6.0, help="of each material")
    parser.add_argument("--material", nargs="+", choices=sorted(_MATERIALS), default=sorted(_MATERIALS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kept", type=Path, help="file of transcripts, read and added to")
    parser.add_argument("--show", action="store_true", help="print what was acted upon or asked about")
    given = parser.parse_args(arguments)
    try:
        settings = load_settings(default_config_dir(os.environ), os.environ)
        programs = [settings.program(name) for name in ("hotline-quality", "prospecting")]
        jobs = [
            _MATERIALS[name](given.seed, given.minutes, part, given.workers)
            for name in given.material
            for part in range(given.workers)
        ]
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.workers) as pool:
            join_model(Path(folder))
            whisper = WhisperRecogniser(ModelSettings(Path(folder), workers=given.workers))
            shared = OnceWritten(whisper, given.kept) if given.kept else whisper
            understanding = TwoReaders.load()
            several = pool.map(lambda job: measure(shared, understanding, programs, *job), jobs)
            found = together(one for hours in several for one in hours)
    except IvrError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print("\n".join([*table(found, TARGETS), "", *ground_table(found)]))
    if given.show:
        for one in found:
            for alarm in one.alarms:
                print(
                    f"{one.material}, {one.program}: {alarm.label.value} {alarm.band.value} {alarm.score}: {alarm.text}"
                )
    return 0


_Job = tuple[str, Iterable[Sequence[Samples]]]


def _recorded(folder: Path, seed: int, minutes: float) -> list[Samples]:
    return first_minutes(recordings(folder), minutes, seed)


# From seed, minutes, and which part of how many.
_MATERIALS: Mapping[str, Callable[[int, float, int, int], _Job]] = {
    "people": lambda seed, minutes, part, parts: (PEOPLE, alone(_recorded(SPEECH, seed, minutes)[part::parts])),
    "conversation": lambda seed, minutes, part, parts: (
        CONVERSATION,
        conversations(seed * 100 + part, minutes / parts),
    ),
    "music": lambda seed, minutes, part, parts: (
        HOLD_MUSIC,
        alone(in_parts(_recorded(MUSIC, seed, minutes))[part::parts]),
    ),
    "machines": lambda seed, minutes, part, parts: (MACHINES, alone(machine_sounds(seed)[part::parts])),
}


if __name__ == "__main__":
    sys.exit(main())
