"""`make bench-ear`: what the ear hears, beside two peers on the same calls, written to docs/ear/report.md with plots.

    python -m benchmarks.ear_report [--quick] [--seed 1] [--output docs/ear] [--model-dir DIR] [--kept FILE]

Sentences come from the parts of the corpus that no model was fitted to. Each is said under every condition of
`tools.corpus.builder`, run through the live pipeline, and given to the peers as it is. Nothing is asserted. With
`--kept` what the recogniser writes of the talk in which nobody objects outlives the run, as in `benchmarks.hours`: a
run that was broken off goes on where it stood. The file's name gets the model's digest; whoever changes how the
recogniser decodes removes it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks import ear as speed
from benchmarks import ear_plots, ear_tables, hours
from benchmarks.ear_run import (
    Alarms,
    Outcome,
    ask_peers,
    hear,
    models_directory,
    peer_alarms,
)
from benchmarks.hours import Hours, OnceWritten
from benchmarks.intent import CORPUS
from benchmarks.material import (
    CONVERSATION,
    HOLD_MUSIC,
    MACHINES,
    PEOPLE,
    alone,
    conversations,
    first_minutes,
    in_parts,
    machine_sounds,
)
from benchmarks.peers import PlainWhisper, classifier
from benchmarks.talking import Talk, measure
from ivr.audio.pcm import Samples
from ivr.domain.hearing.verdict import Label
from ivr.domain.program.program import Program
from ivr.errors import IvrError
from ivr.settings import default_config_dir, load_settings
from ivr.speech.ear import EarJudge
from ivr.speech.local import LocalEar
from ivr.speech.model import ModelSettings
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.whisper_recogniser import WhisperRecogniser
from tools.corpus.builder import CONDITIONS, Clip, CorpusBuilder
from tools.corpus.recorded import MUSIC, SPEECH, recordings
from tools.corpus.sentences import Sentence, read_corpus

T = TypeVar("T")

_ROOT = Path(__file__).parents[1]
# Shares of a condition's sentences; the rest opposes nothing.
_SHARES = {Label.OBJECTION_RECORDING: 0.4, Label.REFUSAL_CONTACT: 0.2}


@dataclass(frozen=True)
class Size:
    """How much is measured: sentences per condition, conditions, minutes of people, of conversation between synthetic
    voices and of music, seconds of talk."""

    sentences: int
    conditions: int
    human_minutes: float
    conversation_minutes: float
    music_minutes: float
    talk_seconds: float


FULL = Size(30, len(CONDITIONS), 15.0, 182.0, 6.0, 40.0)
QUICK = Size(10, 2, 2.0, 1.5, 1.0, 10.0)


@dataclass(frozen=True)
class Report:
    """Everything that was measured, and how."""

    command: str
    seed: int
    cores: int
    load: float
    texts: Mapping[str, Sequence[Sentence]]
    outcomes: list[Outcome]
    hours: list[Hours]
    alarms: list[Alarms]
    talks: list[Talk]
    speeds: list[speed.Result]


def chosen(sentences: Sequence[Sentence], count: int, seed: int) -> list[Sentence]:
    """Draw `count` sentences: two fifths object, one fifth refuses contact, the rest opposes nothing."""
    random_ = random.Random(seed)
    found: list[Sentence] = []
    for label, share in _SHARES.items():
        found += random_.sample([one for one in sentences if one.label is label], round(count * share))
    calm = [one for one in sentences if one.label not in _SHARES]
    return found + random_.sample(calm, count - len(found))


def clips(size: Size, seed: int, sentences: Sequence[Sentence], songs: Sequence[Samples]) -> list[Clip]:
    """Return the calls of the run, in a fixed order; every condition draws its own sentences."""
    builder = CorpusBuilder(seed, songs)
    return [
        builder.clip(sentence.text, sentence.label, condition)
        for number, condition in enumerate(CONDITIONS[: size.conditions])
        for sentence in chosen(sentences, size.sentences, seed + number)
    ]


def run(
    size: Size, seed: int, model_dir: Path, programs: Sequence[Program], command: str, kept: Path | None = None
) -> Report:
    """Measure everything; two clips at a time on two cores. `kept`: see OnceWritten."""
    cores = max(1, min(2, len(os.sched_getaffinity(0))))
    corpus = read_corpus(CORPUS)
    texts = {
        source: [one for one in corpus if one.split == "test" and one.source in names]
        for source, names in (("free", ("free",)), ("grammar and seed", ("grammar", "seed")))
    }
    songs = recordings(MUSIC)
    people = first_minutes(recordings(SPEECH), size.human_minutes, seed)
    music = first_minutes(songs, size.music_minutes, seed)
    calls = clips(size, seed, texts["free"], songs)
    program = programs[0]
    judge = EarJudge(ModelSettings(model_dir, workers=cores))
    transcriber, understanding = WhisperRecogniser(ModelSettings(model_dir, workers=cores)), TwoReaders.load()
    known = OnceWritten(transcriber, _of_this_model(kept, model_dir)) if kept is not None else transcriber
    whisper = [PlainWhisper(model_dir, 1) for _ in range(cores)]
    read = classifier()

    def one(job: tuple[int, Clip]) -> list[Outcome]:
        ear = LocalEar(judge, judge.forget)
        try:
            return [hear(ear, job[1], program), *ask_peers(whisper[job[0] % cores], read, job[1])]
        finally:
            asyncio.run(ear.close())

    def still(job: tuple[str, Iterable[Sequence[Samples]]]) -> list[Hours]:
        return hours.measure(known, understanding, programs, *job)

    def peers_still(job: tuple[int, str, list[Samples]]) -> list[Alarms]:
        return peer_alarms(whisper[job[0] % cores], read, job[1], job[2])

    with ThreadPoolExecutor(cores) as pool:
        _say(f"{len(calls)} calls, heard by the ear and by plain Whisper")
        outcomes = [found for several in pool.map(one, enumerate(calls)) for found in several]
        _say("people, conversation, music and machines, per hour")
        found_hours = [found for several in pool.map(still, _quiet(size, seed, cores)) for found in several]
        jobs = [(0, PEOPLE, people), (1, HOLD_MUSIC, in_parts(music)), (1, MACHINES, machine_sounds(seed))]
        found_alarms = [found for several in pool.map(peers_still, jobs) for found in several]
    _say("latency with one and with eight people talking, in real time")
    talks = measure(model_dir, [1, 8], size.talk_seconds)
    _say("throughput")
    material = speed.utterances(1)
    speeds = [speed.plain(model_dir, material, workers=1, threads=cores)]
    with speed.ear_process(model_dir, cores) as endpoint:
        speeds.append(asyncio.run(speed.ear(endpoint, material, callers=8)))
    load = os.getloadavg()[2]
    per_hour = hours.together(found_hours)
    return Report(command, seed, cores, load, texts, outcomes, per_hour, found_alarms, talks, speeds)


def _of_this_model(kept: Path, model_dir: Path) -> Path:
    """Where transcripts of this model are kept: those of another are not mistaken for its own."""
    with (model_dir / "model.bin").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    kept.parent.mkdir(parents=True, exist_ok=True)
    return kept.with_stem(f"{kept.stem}-{digest}")


def _quiet(size: Size, seed: int, parts: int) -> list[tuple[str, Iterable[Sequence[Samples]]]]:
    """Return the calls in which nobody objects, `parts` jobs of each material of people."""
    people = first_minutes(recordings(SPEECH), size.human_minutes, seed)
    music = in_parts(first_minutes(recordings(MUSIC), size.music_minutes, seed))
    share = size.conversation_minutes / parts
    return [
        *((PEOPLE, alone(people[part::parts])) for part in range(parts)),
        *((CONVERSATION, conversations(seed * 100 + part, share)) for part in range(parts)),
        (HOLD_MUSIC, alone(music)),
        (MACHINES, alone(machine_sounds(seed))),
    ]


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 0, or the error's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ear_report", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a sample, under five minutes on two quiet cores")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sentences", type=int, help="sentences per condition, instead of the size's own")
    parser.add_argument("--human-minutes", type=float, help="minutes of recorded speech, instead of the size's own")
    parser.add_argument("--conversation-minutes", type=float, help="minutes of conversation, instead of the size's own")
    parser.add_argument("--output", type=Path, default=_ROOT / "docs" / "ear")
    parser.add_argument("--model-dir", type=Path, help="a CTranslate2 Whisper directory; default: the packaged one")
    parser.add_argument("--kept", type=Path, help="file of transcripts, read and added to")
    given = parser.parse_args(arguments)
    usual = QUICK if given.quick else FULL
    size = Size(
        given.sentences or usual.sentences,
        usual.conditions,
        usual.human_minutes if given.human_minutes is None else given.human_minutes,
        usual.conversation_minutes if given.conversation_minutes is None else given.conversation_minutes,
        usual.music_minutes,
        usual.talk_seconds,
    )
    command = " ".join(["python -m benchmarks.ear_report", *(arguments or sys.argv[1:])])
    try:
        settings = load_settings(default_config_dir(os.environ), os.environ)
        program, selling = settings.program("hotline-quality"), settings.program("prospecting")
        with tempfile.TemporaryDirectory() as folder:
            directory = models_directory(given.model_dir, Path(folder))
            report = run(size, given.seed, directory, (program, selling), command, given.kept)
    except IvrError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    given.output.mkdir(parents=True, exist_ok=True)
    ear_plots.write(report.outcomes, report.hours, report.talks, report.speeds, given.output)
    text = ear_tables.markdown(report, program, selling)
    (given.output / "report.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
