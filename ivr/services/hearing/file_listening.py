"""Runs recorded speech through the very pipeline that live calls use, and tells what it heard and when."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ivr.domain.asks.watch import KnownAsks
from ivr.domain.audio.channel import Channel
from ivr.domain.audio.frame import FRAME_BYTES, FRAME_MS
from ivr.domain.audio.spans import Mask
from ivr.domain.hearing.cleared_mark import Piece
from ivr.domain.hearing.verdict import AskSpan, Band, Comprehension, Ground, Label
from ivr.domain.program.program import Program
from ivr.errors import SpeechError
from ivr.services.hearing.channel_listener import ChannelListener, JudgedPiece, ListeningSettings
from ivr.services.ports.hearing import Ear, ListenContext, VoiceDetector
from ivr.services.ports.runtime import Clock

_CHUNK_FRAMES = 5
_PATIENCE_S = 120.0
_WEIGHT = {Band.CLEAR: 0, Band.DOUBT: 1, Band.ACT: 2}


@dataclass
class Utterance:
    """One endpointed utterance and the gravest verdict on any piece of it; times in ms of the file."""

    channel: str
    start_ms: int
    end_ms: int
    text: str
    label: Label
    band: Band
    score: float
    verdict_ms: int
    onset_ms: int | None = None
    ground: Ground | None = None
    comprehension: Comprehension = Comprehension.UNDERSTOOD


class Marks:
    """(time, cleared mark) in milliseconds, each time the mark moved: eight bytes each, since hours hold many."""

    def __init__(self) -> None:
        self._times, self._marks = array("i"), array("i")

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._times, self._marks, strict=True))

    def __getitem__(self, index: int) -> tuple[int, int]:
        return self._times[index], self._marks[index]

    def __len__(self) -> int:
        return len(self._times)

    def note(self, now_ms: int, mark_ms: int) -> None:
        """Remember where the mark is, unless it stands where it stood."""
        if not self._marks or self._marks[-1] != mark_ms:
            self._times.append(now_ms)
            self._marks.append(mark_ms)


@dataclass
class FileHearing:
    """What was heard in one file. `cleared` says how the mark moved; `asks` are the questions of an agent that may not
    be asked, on a program that watches for them; `unclear` is what was not understood: a call would not store it."""

    duration_ms: int = 0
    utterances: list[Utterance] = field(default_factory=list)
    masked: list[Mask] = field(default_factory=list)
    cleared: Marks = field(default_factory=Marks)
    asks: list[AskSpan] = field(default_factory=list)
    unclear: list[tuple[int, int]] = field(default_factory=list)


async def listen_to_channel(
    blocks: Iterable[bytes],
    channel: Channel,
    *,
    ear: Ear,
    detector: VoiceDetector,
    clock: Clock,
    settings: ListeningSettings,
    program: Program,
    objecting: frozenset[Label],
    after_disclosure: bool,
    last_prompt: str = "",
    on_frames: Callable[[int, Sequence[bytes]], None] = lambda at_ms, frames: None,
) -> FileHearing:
    """Feed PCM16 mono 8 kHz as a call would, 100 ms at a time, waiting for each verdict.

    The audio comes in blocks of any length, which are not kept. `on_frames` is given the same frames, with their time.
    Raises SpeechError when the ear cannot judge.
    """
    found = FileHearing()
    pieces: list[JudgedPiece] = []
    failures: list[str] = []
    guard = program.direction if channel is Channel.AGENT and program.guard.agent_channel else None

    def context(start_ms: int) -> ListenContext:
        early = after_disclosure and listener.hearing.frontier_ms < program.after_disclosure_s * 1000
        thresholds = program.thresholds_after_disclosure if early else program.thresholds
        return ListenContext(program.name, last_prompt, early, thresholds, want_text=True, guard=guard)

    listener = ChannelListener(
        "file",
        channel,
        ear=ear,
        detector=detector,
        clock=clock,
        # Nobody waits on the line: a slow machine hears the same, later.
        settings=replace(settings, paced=False, final_deadline_s=_PATIENCE_S, partial_deadline_s=_PATIENCE_S),
        objecting=objecting,
        context=context,
        on_judged=pieces.append,
        on_unheard=lambda piece, why: failures.append(why),
    )
    sent_ms: dict[int, int] = {}
    for frames in _chunks(blocks):
        on_frames(found.duration_ms, frames)
        listener.feed(found.duration_ms, frames)
        # A turn for whoever wants to end this: an hour of silence asks the ear nothing.
        await asyncio.sleep(0)
        await _all_judged(listener, failures)
        found.duration_ms += len(frames) * FRAME_MS
        _note(found, listener, pieces, sent_ms)
    listener.finish()
    await _all_judged(listener, failures)
    _note(found, listener, pieces, sent_ms)
    await listener.close()
    found.masked = [replace(mask, end_ms=min(mask.end_ms, found.duration_ms)) for mask in listener.hearing.masks]
    found.asks = _asks(pieces)
    found.utterances = _utterances(channel, [_decided(one, settings) for one in pieces], sent_ms)
    return found


async def _all_judged(listener: ChannelListener, failures: list[str]) -> None:
    while listener.waiting:
        await asyncio.sleep(0.001)
        if failures:
            raise SpeechError(f"the ear gave no verdict: {failures[0]}", where="ear", remedy="run `ivr doctor`")


def _chunks(blocks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut blocks of any length into frames, 100 ms of them at a time; half a frame at the end is lost."""
    held = bytearray()
    size = _CHUNK_FRAMES * FRAME_BYTES
    for block in blocks:
        held += block
        whole = len(held) // size * size
        for at in range(0, whole, size):
            yield _frames(held[at : at + size])
        del held[:whole]
    if rest := _frames(held):
        yield rest


def _frames(pcm: bytearray) -> list[bytes]:
    return [bytes(pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES)]


def _note(found: FileHearing, listener: ChannelListener, pieces: list[JudgedPiece], sent_ms: dict[int, int]) -> None:
    for judged in pieces[len(sent_ms) :]:
        sent_ms.setdefault(judged.piece.id, found.duration_ms)
    if (span := listener.hearing.unclear) is not None:
        found.unclear.append(span)
        listener.hearing.unclear_given_up()
    found.cleared.note(found.duration_ms, listener.hearing.mark_ms)


def _asks(pieces: Sequence[JudgedPiece]) -> list[AskSpan]:
    known = KnownAsks()
    for judged in pieces:
        for ask in judged.verdict.asks:
            known.is_new(ask)
    return list(known)


def _decided(judged: JudgedPiece, settings: ListeningSettings) -> JudgedPiece:
    """A doubtful partial piece decides nothing on a call: the next one begins where it began and says more."""
    piece, verdict = judged.piece, judged.verdict
    open_ = not piece.final and piece.end_ms - piece.start_ms < settings.hearing.piece_max_ms
    if verdict.band is Band.DOUBT and open_:
        return replace(judged, verdict=replace(verdict, band=Band.CLEAR, onset_ms=None))
    return judged


def _utterances(channel: Channel, pieces: Sequence[JudgedPiece], sent_ms: dict[int, int]) -> list[Utterance]:
    """Group pieces into utterances: each ends with its final piece. Pieces without voice are nobody's words."""
    found: list[Utterance] = []
    group: list[JudgedPiece] = []
    for judged in pieces:
        group.append(judged)
        if judged.piece.final:
            if any(one.verdict.speech for one in group):
                found.append(_utterance(channel, group, sent_ms))
            group = []
    return found


def _utterance(channel: Channel, group: list[JudgedPiece], sent_ms: dict[int, int]) -> Utterance:
    # The gravest verdict counts, and of equals the earliest: that is when the call would have acted.
    gravest = max(group, key=lambda one: (_WEIGHT[one.verdict.band], one.verdict.score if one.piece.final else 0.0))
    first_grave = next(one for one in group if one.verdict.band is gravest.verdict.band)
    chosen = first_grave if gravest.verdict.band is not Band.CLEAR else group[-1]
    last: Piece = group[-1].piece
    return Utterance(
        channel=channel.value,
        start_ms=min(one.piece.start_ms for one in group),
        end_ms=last.end_ms,
        text=stitched([one.verdict.text for one in group if one.piece.final or one.piece.start_ms < last.start_ms]),
        label=chosen.verdict.label,
        band=chosen.verdict.band,
        score=chosen.verdict.score,
        verdict_ms=sent_ms[chosen.piece.id] + round(chosen.waited_s * 1000),
        onset_ms=chosen.verdict.onset_ms,
        ground=chosen.verdict.ground,
        comprehension=group[-1].verdict.comprehension,
    )


def stitched(texts: Sequence[str]) -> str:
    """Join the texts of overlapping pieces: what the end of one and the start of the next share is said once."""
    words: list[str] = []
    for text in texts:
        new = text.split()
        keys, new_keys = [_key(word) for word in words], [_key(word) for word in new]
        best, cut = 0, len(words)
        for start in range(max(0, len(keys) - 40), len(keys)):
            shared = 0
            while start + shared < len(keys) and shared < len(new_keys) and keys[start + shared] == new_keys[shared]:
                shared += 1
            if shared > best:
                best, cut = shared, start
        words = words[:cut] + new
    return " ".join(words)


def _key(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalnum())
