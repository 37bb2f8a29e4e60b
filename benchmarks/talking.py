"""From the last objecting word to the verdict, with one and with many people talking at once, in real time.

    python -m benchmarks.talking [--json] [--model-dir DIR] [--callers 1 8] [--seconds 40]

The pipeline is the live one (voice gate, endpointing, cleared mark, queue, ear process); only SIP is left out:
see `benchmarks.objection` for that. Every caller talks without pause but for a breath between two sentences.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.ear import SENTENCES, ear_process
from ivr.audio.pcm import Samples, to_pcm
from ivr.bootstrap.runtime import SystemClock
from ivr.domain.audio.channel import Channel
from ivr.domain.audio.frame import FRAME_BYTES, FRAME_MS
from ivr.domain.hearing.cleared_mark import Piece
from ivr.domain.hearing.verdict import Band, Label
from ivr.errors import IvrError
from ivr.services.hearing.channel_listener import ChannelListener, JudgedPiece, ListeningSettings
from ivr.services.ports.hearing import ListenContext
from ivr.speech.client import ZmqEar
from ivr.speech.detector import WebrtcDetector
from ivr.speech.model import join_model
from tools.corpus.builder import CONDITIONS, Clip, CorpusBuilder

CLEAR_OBJECTIONS = (
    "Je m'oppose à l'enregistrement de cet appel.",
    "Je ne veux pas que cette conversation soit enregistrée.",
    "Excusez-moi, mais je refuse d'être enregistrée.",
    "Arrêtez l'enregistrement de cet appel, s'il vous plaît.",
    "Je ne souhaite pas du tout être enregistré aujourd'hui.",
    "Je vous demande de couper l'enregistrement tout de suite.",
)
_LONG_MS = 2000
_TICK_MS = 40
_BREATH_MS = 900


@dataclass(frozen=True)
class _Said:
    """One sentence in a caller's stream; `end_ms` is when its last word ends."""

    start_ms: int
    end_ms: int
    objects: bool


@dataclass
class Talk:
    """What `callers` people at once made of the ear. Milliseconds from the end of the words to the verdict."""

    callers: int
    objections_ms: list[float] = field(default_factory=list)
    others_ms: list[float] = field(default_factory=list)
    objections: int = 0
    long: int = 0
    long_early: int = 0
    unanswered: dict[str, int] = field(default_factory=dict)
    ear: dict[str, float] = field(default_factory=dict)

    def percentile(self, share: float) -> float:
        """Of all verdicts, objections and others."""
        both = self.objections_ms + self.others_ms
        return float(np.percentile(both, 100 * share)) if both else float("nan")

    def objection_percentile(self, share: float) -> float:
        return float(np.percentile(self.objections_ms, 100 * share)) if self.objections_ms else float("nan")


class _Caller:
    """Plays one stream of sentences in real time through the live pipeline and notes when verdicts came."""

    def __init__(self, number: int, ear: ZmqEar, clips: Sequence[Clip], seconds: float, talk: Talk) -> None:
        self._talk, self._verdicts = talk, list[tuple[float, JudgedPiece]]()
        self._pcm, self.said = _stream(clips, number, seconds)
        self._listener = ChannelListener(
            f"call-{number}",
            Channel.CALLER,
            ear=ear,
            detector=WebrtcDetector(),
            clock=SystemClock(),
            settings=ListeningSettings(),
            objecting=frozenset({Label.OBJECTION_RECORDING}),
            context=lambda *_: ListenContext(),
            on_judged=self._note,
            on_unheard=self._miss,
        )
        self._began = 0.0

    async def run(self) -> None:
        loop, step = asyncio.get_running_loop(), _TICK_MS // FRAME_MS
        self._began = loop.time()
        frames = [self._pcm[i : i + FRAME_BYTES] for i in range(0, len(self._pcm) - FRAME_BYTES + 1, FRAME_BYTES)]
        for at in range(0, len(frames), step):
            await asyncio.sleep(self._began + (at + step) * FRAME_MS / 1000 - loop.time())
            self._listener.feed(at * FRAME_MS, frames[at : at + step])
        self._listener.finish()
        await self._listener.wait_judged(10.0)
        await self._listener.close()
        for said in self.said:
            self._count(said)

    def _note(self, judged: JudgedPiece) -> None:
        self._verdicts.append(((asyncio.get_running_loop().time() - self._began) * 1000, judged))

    def _miss(self, piece: Piece, why: str) -> None:
        self._talk.unanswered[why] = self._talk.unanswered.get(why, 0) + 1

    def _count(self, said: _Said) -> None:
        """The verdict on an objection is the first that acts or asks; on all else, the final one."""
        about = [
            (at, judged)
            for at, judged in self._verdicts
            if judged.piece.start_ms < said.end_ms - 100 and judged.piece.end_ms > said.start_ms + 300
        ]
        acting = [at for at, judged in about if judged.objects and judged.verdict.band is not Band.CLEAR]
        final = [at for at, judged in about if judged.piece.final and judged.piece.end_ms >= said.end_ms - 100]
        talk = self._talk
        if said.objects:
            talk.objections += 1
            talk.long += said.end_ms - said.start_ms > _LONG_MS
            if acting:
                talk.objections_ms.append(min(acting) - said.end_ms)
                talk.long_early += said.end_ms - said.start_ms > _LONG_MS and min(acting) <= said.end_ms
        elif final:
            talk.others_ms.append(min(final) - said.end_ms)


def clips(seed: int = 1) -> tuple[list[Clip], list[Clip]]:
    """Return the clear objections and the other sentences, three voices of each, over a clean A-law line."""
    objections: list[Clip] = []
    others: list[Clip] = []
    for turn in range(3):
        builder = CorpusBuilder(seed + turn)
        objections += [builder.clip(text, Label.OBJECTION_RECORDING, CONDITIONS[0]) for text in CLEAR_OBJECTIONS]
        others += [builder.clip(text, Label.NONE, CONDITIONS[0]) for text in SENTENCES[6:]]
    return objections, others


def _stream(material: Sequence[Clip], number: int, seconds: float) -> tuple[bytes, list[_Said]]:
    parts: list[Samples] = [np.zeros(8 * 137 * (number + 1), np.float32)]
    said: list[_Said] = []
    at = number * 7
    while sum(part.size for part in parts) < seconds * 8000:
        clip = material[at % len(material)]
        begin = sum(part.size for part in parts) // 8
        said.append(_Said(begin + clip.start_ms, begin + clip.end_ms, clip.label is Label.OBJECTION_RECORDING))
        parts.append(clip.samples[: (clip.end_ms + _BREATH_MS // 2) * 8])
        parts.append(np.zeros(8 * _BREATH_MS // 2, np.float32))
        at += 1
    return to_pcm(np.concatenate(parts)).astype("<i2").tobytes(), said


async def talk(endpoint: str, callers: int, seconds: float) -> Talk:
    """Let `callers` people talk at once for `seconds`."""
    found, client = Talk(callers), ZmqEar([endpoint], patience_s=30.0)
    objections, others = clips()
    # One caller says objections alone: each is a figure. Of many, every second sentence is one.
    material = (
        objections
        if callers == 1
        else [clip for pair in zip(objections, others[: len(objections)], strict=True) for clip in pair]
    )
    try:
        await client.ready(10.0)
        people = [_Caller(number, client, material, seconds, found) for number in range(callers)]
        await asyncio.gather(*(one.run() for one in people))
        for metrics in (await client.metrics()).values():
            found.ear = dict(metrics)
    finally:
        await client.close()
    return found


def measure(model_dir: Path, callers: Sequence[int], seconds: float) -> list[Talk]:
    """Run each number of callers on an ear process of its own."""
    cores = max(1, min(2, len(os.sched_getaffinity(0))))
    found = []
    for count in callers:
        with ear_process(model_dir, cores) as endpoint:
            found.append(asyncio.run(talk(endpoint, count, seconds)))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.talking", description="Verdict latency in real time.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model-dir", type=Path, help="a CTranslate2 Whisper directory; default: the packaged one")
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--seconds", type=float, default=40.0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            if options.model_dir is None:
                join_model(Path(folder))
            found = measure(options.model_dir or Path(folder), options.callers, options.seconds)
        except IvrError as error:
            print(error, file=sys.stderr)
            return error.exit_code
    if options.json:
        print(json.dumps([asdict(one) for one in found]))
        return 0
    table = Table(title="From the last word to the verdict, real time")
    for heading in ("callers", "heard", "p50 ms", "p95 ms", "all p50", "all p95", "early, long", "ear"):
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(
            str(one.callers),
            f"{len(one.objections_ms)}/{one.objections}",
            f"{one.objection_percentile(0.5):.0f}",
            f"{one.objection_percentile(0.95):.0f}",
            f"{one.percentile(0.5):.0f}",
            f"{one.percentile(0.95):.0f}",
            f"{one.long_early}/{one.long}",
            ", ".join(f"{name} {value:.0f}" for name, value in one.ear.items() if value),
        )
    Console().print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
