"""Grinds sentences into transcripts: training data for the readers, and what they are measured on.

    python -m tools.mill [--sentences 12000] [--sample] [--seed 17] [--output corpus/heard] [--model-dir DIR]

Appends to OUTPUT/transcripts.jsonl and goes on where an earlier run ended: same seed, same sentences, same lines. The
file is part of the repository: what took hours is not made twice. What is held out is marked so and never learnt from.
`--sample` grinds forty sentences into var/mill/sample, a minute on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ivr.audio.pcm import Samples
from ivr.errors import HostError, IvrError
from ivr.speech.model import ModelSettings, join_model
from ivr.speech.recogniser import Recogniser
from ivr.speech.whisper_recogniser import WhisperRecogniser
from tools.corpus.recorded import MUSIC, recordings
from tools.mill.grinding import Clip, Speakers, ground
from tools.mill.sentences import CORPUS, ROOT, Sentences

TRANSCRIPTS = "transcripts.jsonl"
_BATCH = 16


def next_number(file: Path) -> int:
    """Return the number of the first sentence that is not yet ground; a torn last line is cut off."""
    if not file.exists():
        return 0
    whole = file.read_bytes()
    kept = whole[: whole.rfind(b"\n") + 1]
    if len(kept) < len(whole):
        file.write_bytes(kept)
    lines = kept.splitlines()
    return 1 + int(json.loads(lines[-1])["number"]) if lines else 0


def batches(sentences: Sentences, speakers: Speakers, first: int, end: int) -> Iterator[list[Clip]]:
    """Yield the clips of a few sentences at a time."""
    for start in range(first, end, _BATCH):
        numbers = range(start, min(end, start + _BATCH))
        yield [clip for number in numbers for clip in speakers.clips(number, sentences.draw(number))]


def grind(output: Path, count: int, seed: int, transcriber: Recogniser, workers: int) -> int:
    """Grind sentences up to number `count`; return how many transcripts were added."""
    output.mkdir(parents=True, exist_ok=True)
    file = output / TRANSCRIPTS
    first, added, begin = next_number(file), 0, time.monotonic()
    speakers = Speakers(seed, _songs())
    with file.open("a", encoding="utf-8") as out, ThreadPoolExecutor(workers) as pool:
        for clips in batches(Sentences(seed), speakers, first, count):
            for one in pool.map(lambda clip: ground(clip, transcriber), clips):
                out.write(json.dumps(one.row(), ensure_ascii=False) + "\n")
                added += 1
            out.flush()
            pace = added / max(time.monotonic() - begin, 1e-3)
            print(f"\r{added} transcripts, {pace:.1f} a second", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return added


def _songs() -> list[Samples]:
    try:
        return recordings(MUSIC)
    except HostError:
        return []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; exit code 0, or the error's."""
    parser = argparse.ArgumentParser(prog="python -m tools.mill", description=__doc__)
    parser.add_argument("--sentences", type=int, default=12_000, help="how many sentences are to be ground in all")
    parser.add_argument("--sample", action="store_true", help="forty sentences, into a folder of their own")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--output", type=Path, help="folder; default: corpus/heard")
    parser.add_argument("--workers", type=int, default=2, help="transcripts written at once, a core each")
    parser.add_argument("--model-dir", type=Path, help="a CTranslate2 Whisper directory; default: the packaged one")
    given = parser.parse_args(arguments)
    output = given.output or (ROOT / "var" / "mill" / "sample" if given.sample else CORPUS / "heard")
    try:
        with tempfile.TemporaryDirectory() as folder:
            directory = given.model_dir or Path(folder)
            if given.model_dir is None:
                join_model(directory)
            transcriber = WhisperRecogniser(ModelSettings(directory, workers=given.workers))
            added = grind(output, 40 if given.sample else given.sentences, given.seed, transcriber, given.workers)
    except IvrError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{added} transcripts added to {output / TRANSCRIPTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
