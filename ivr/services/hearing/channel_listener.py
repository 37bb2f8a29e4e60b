"""Hears a call: feeds frames to the voice detector, pieces of speech to the ear, and keeps the cleared mark."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.frame import BYTES_PER_MS, FRAME_MS
from ivr.domain.audio.spans import Mask
from ivr.domain.hearing.cleared_mark import ChannelHearing, HearingSettings, Piece
from ivr.domain.hearing.endpointing import Endpointer, EndpointSettings, SpeechStarted
from ivr.domain.hearing.verdict import Band, Label, SensitiveSpan, Verdict
from ivr.domain.recording.release_buffer import Cleared
from ivr.errors import SpeechError, SupersededError
from ivr.services.event_wait import is_set_within
from ivr.services.ports.hearing import Ear, ListenContext, Speech, VoiceDetector
from ivr.services.ports.runtime import Clock


@dataclass(frozen=True)
class ListeningSettings:
    """Deadlines in seconds: how long a piece may take to be judged, and the pause after the ear failed.

    `paced` asks for partial pieces as often as the ear can bear; without it their times depend on the audio alone.
    """

    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    hearing: HearingSettings = field(default_factory=HearingSettings)
    final_deadline_s: float = 5.0
    partial_deadline_s: float = 2.5
    retry_after_s: float = 0.25
    paced: bool = True


@dataclass(frozen=True)
class JudgedPiece:
    """A verdict as the call learns of it. `waited_s` runs from the moment the piece was sent; `objects` tells that
    the verdict holds the recording back or ends it in this program; `masked` are its forbidden spans, unless known.
    """

    piece: Piece
    verdict: Verdict
    waited_s: float
    objects: bool
    masked: tuple[SensitiveSpan, ...] = ()

    @property
    def about_recording(self) -> bool:
        """Whether it speaks of the recording or of contact, and is no answer to a question of another kind."""
        verdict = self.verdict
        return self.objects or (verdict.label is not Label.NONE and verdict.band is not Band.CLEAR)


class ChannelListener:
    """Listens to one channel of one call.

    `objecting` are the labels that stop the recording in this program, `doubted` those of which a clear verdict
    counts as a doubt; others are told, but harmless to the mark. With `acts` False (the agent's channel) a verdict
    that acts only holds the mark, as a doubt does.
    `feed` takes 20 ms frames (PCM16 mono 8 kHz) in order; `on_judged` is called on the event loop for each verdict,
    after the mark has taken it into account. `context` is asked, for its start, at the moment a piece is sent.
    `on_speech` is called with the onset as soon as the detector knows that somebody speaks.
    """

    def __init__(
        self,
        call_id: str,
        channel: Channel,
        *,
        ear: Ear,
        detector: VoiceDetector,
        clock: Clock,
        settings: ListeningSettings,
        objecting: frozenset[Label],
        doubted: frozenset[Label] = frozenset(),
        context: Callable[[int], ListenContext],
        on_judged: Callable[[JudgedPiece], None],
        on_unheard: Callable[[Piece, str], None],
        on_speech: Callable[[int], None] = lambda onset_ms: None,
        begin_ms: int = 0,
        acts: bool = True,
    ) -> None:
        self._acts = acts
        self._call_id = call_id
        self._ear = ear
        self._detector = detector
        self._clock = clock
        self._settings = settings
        self._objecting = objecting
        self._doubted = doubted
        self._context = context
        self._on_judged = on_judged
        self._on_unheard = on_unheard
        self._on_speech = on_speech
        self._endpointer = Endpointer(settings.endpoint, begin_ms=begin_ms)
        self._audio = bytearray()
        self._audio_from_ms = begin_ms
        self._tasks: set[asyncio.Task[None]] = set()
        self._not_before = 0.0
        self._ended = False
        self._in_speech = False
        self._deaf_mark_ms: int | None = None
        self.last_speech_ms = begin_ms
        self._changed = asyncio.Event()
        self.hearing = ChannelHearing(channel, settings.hearing, begin_ms)

    @property
    def all_cleared(self) -> bool:
        """True when the channel is over and nothing said on it can still hold the recording back."""
        hearing = self.hearing
        held = hearing.doubtful or hearing.unclear is not None or hearing.cut_ms is not None
        return self._ended and hearing.idle and not held and not self.deaf

    @property
    def deaf(self) -> bool:
        """True once speech has waited too long to be heard, and from then on: what passed unheard stays unheard."""
        return self._deaf_mark_ms is not None or self.hearing.deaf

    @property
    def mark_ms(self) -> int:
        """The cleared mark of this channel; it never moves past the speech that made the channel deaf."""
        return self.hearing.mark_ms if self._deaf_mark_ms is None else self._deaf_mark_ms

    @property
    def waiting(self) -> bool:
        """True while pieces are out for judgement."""
        return bool(self._tasks)

    def feed(self, at_ms: int, frames: Sequence[bytes]) -> None:
        """Take consecutive frames that begin at `at_ms`; missing ones before it are heard as silence.

        After `finish` nothing is heard any more.
        """
        if self._ended:
            return
        missing = at_ms - self._heard_until_ms
        if missing > 0:
            self._audio.extend(bytes(missing * BYTES_PER_MS))
        for frame in frames:
            edge = self._endpointer.frame(at_ms, self._detector.is_voice(frame))
            self._audio.extend(frame)
            at_ms += FRAME_MS
            if self._in_speech:
                self.last_speech_ms = at_ms
                if at_ms - self._endpointer.voiced_until_ms == self._settings.hearing.pause_ms:
                    self.hearing.seen(at_ms)
                    self.hearing.paused()
                    self._ask()
            if isinstance(edge, SpeechStarted):
                self._in_speech = True
                self.hearing.speech_started(edge.onset_ms)
                self._on_speech(edge.onset_ms)
            elif edge is not None:
                self._in_speech = False
                self.hearing.speech_ended(edge.end_ms)
                self._ask()
        self.hearing.seen(at_ms)
        if self.hearing.deaf:
            self._start_over()
        self._ask()
        self._forget()

    def finish(self) -> None:
        """No more frames will come: judge what is left."""
        if not self._ended:
            self._ended = True
            self._endpointer.close(self.hearing.frontier_ms)
            self.hearing.finish()
            self._ask()

    async def wait_judged(self, timeout_s: float) -> bool:
        """After `finish`, wait until all speech is judged; False when the ear did not manage in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self.hearing.idle:
                    self._changed.clear()
                    self._ask()
                    await is_set_within(self._changed, self._settings.retry_after_s * 2)
        except TimeoutError:
            return self.hearing.idle
        return True

    async def close(self) -> None:
        """Ask for no more verdicts, drop the audio, and let the ear forget this call's words."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._audio.clear()
        await self._ear.forget(self._call_id)

    def abandon(self) -> None:
        """Ask for no more verdicts, and drop the audio: nobody heard it, and nothing of it is stored."""
        self._ended = True
        for task in self._tasks:
            task.cancel()
        self._audio.clear()

    @property
    def _heard_until_ms(self) -> int:
        return self._audio_from_ms + len(self._audio) // BYTES_PER_MS

    def _ask(self) -> None:
        if self._clock.monotonic() < self._not_before:
            return
        while (piece := self.hearing.next_piece()) is not None:
            task = asyncio.create_task(self._judge(self.hearing, piece, self._cut(piece)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _cut(self, piece: Piece) -> bytes:
        start = (piece.start_ms - self._audio_from_ms) * BYTES_PER_MS
        return bytes(self._audio[start : start + (piece.end_ms - piece.start_ms) * BYTES_PER_MS])

    async def _judge(self, hearing: ChannelHearing, piece: Piece, pcm: bytes) -> None:
        sent = self._clock.monotonic()
        context = replace(self._context(piece.start_ms), pending=hearing.pending)
        deadline = self._settings.final_deadline_s if piece.final else self._settings.partial_deadline_s
        try:
            async with asyncio.timeout(deadline + 1):
                verdict = await self._ear.judge(Speech(self._call_id, piece, pcm, context, deadline))
        except SupersededError:
            # Words that are in a newer piece: the ear is well.
            hearing.unanswered(piece.id)
            return
        except Exception as error:
            # Whatever went wrong there, the piece has not been judged.
            hearing.unanswered(piece.id)
            self._not_before = self._clock.monotonic() + self._settings.retry_after_s
            late = isinstance(error, TimeoutError)
            known = isinstance(error, SpeechError)
            self._on_unheard(piece, "deadline" if late else str(error) if known else type(error).__name__)
            self._pace(hearing, piece, sent)
            return
        self._pace(hearing, piece, sent)
        objects = verdict.band is not Band.CLEAR and verdict.label in self._objecting
        if verdict.band is Band.ACT and verdict.label in self._doubted:
            verdict, objects = replace(verdict, band=Band.DOUBT), True
        taken = verdict if objects else replace(verdict, band=Band.CLEAR, onset_ms=None)
        if objects and not self._acts:
            taken = replace(verdict, band=Band.DOUBT)
        masked = hearing.judged(piece.id, taken)
        if self._ended:
            # No speech can begin any more: what follows the last verdict is certain silence.
            hearing.finish()
        self._changed.set()
        # An ear tells again what was forbidden in earlier pieces: that is for the masks, and nothing new of this one.
        here = tuple(span for span in verdict.sensitive if span.end > piece.start_ms)
        verdict = replace(verdict, sensitive=here)
        self._on_judged(JudgedPiece(piece, verdict, self._clock.monotonic() - sent, objects, masked))
        self._ask()

    def _pace(self, hearing: ChannelHearing, piece: Piece, sent: float) -> None:
        if not self._settings.paced:
            return
        if piece.final:
            hearing.eased()
        else:
            hearing.paced(round((self._clock.monotonic() - sent) * 1000))

    def _start_over(self) -> None:
        """Give up the speech that waited too long, and hear what is said from a moment ago on.

        The mark stays where it is, so nothing more is stored; but a refusal can be heard again when the ear is back,
        and memory stays bounded.
        """
        old = self.hearing
        if self._deaf_mark_ms is None:
            self._deaf_mark_ms = old.mark_ms
        begin_ms = max(self._audio_from_ms, old.frontier_ms - self._settings.hearing.piece_max_ms)
        self.hearing = ChannelHearing(old.channel, old.settings, begin_ms, old.cut_ms, old.masks)
        self.hearing.speech_started(begin_ms)
        if not self._in_speech:
            self.hearing.speech_ended(old.frontier_ms)
        self.hearing.seen(old.frontier_ms)

    def _forget(self) -> None:
        spare = self.hearing.needed_from_ms - self._audio_from_ms
        if spare > 1000:
            del self._audio[: spare * BYTES_PER_MS]
            self._audio_from_ms += spare


class CallHearing:
    """All listened channels of a call and the lowest of their marks."""

    def __init__(self) -> None:
        self._listeners: dict[Channel, ChannelListener] = {}
        self._closed = False

    def add(self, channel: Channel, listener: ChannelListener) -> None:
        self._listeners[channel] = listener

    def remove(self, channel: Channel) -> None:
        """Whoever was listened to there is gone, and was heard by nobody."""
        if (listener := self._listeners.pop(channel, None)) is not None:
            listener.abandon()

    @property
    def caller(self) -> ChannelListener:
        """Who listens to the caller: from the answer on somebody does."""
        return self._listeners[Channel.CALLER]

    def get(self, channel: Channel) -> ChannelListener | None:
        return self._listeners.get(channel)

    @property
    def mark_ms(self) -> int:
        """The time up to which every listened channel has been judged harmless."""
        listeners = self._listeners.values()
        holding = [one.mark_ms for one in listeners if not one.all_cleared]
        return min(holding) if holding else max((one.mark_ms for one in listeners), default=0)

    @property
    def last_speech_ms(self) -> int:
        """When anybody was last heard to speak."""
        return max((one.last_speech_ms for one in self._listeners.values()), default=0)

    @property
    def idle(self) -> bool:
        """True when nothing that was said waits for a verdict, and nothing went by unheard."""
        return all(one.hearing.idle and not one.deaf for one in self._listeners.values())

    @property
    def masks(self) -> list[Mask]:
        return [mask for one in self._listeners.values() for mask in one.hearing.masks]

    def cleared(self) -> Cleared:
        """What may be stored. What is unjudged at the end may hold forbidden data that reaches back before the mark."""
        return Cleared(self.mark_ms, tuple(self.masks), final=self._closed and self.idle)

    def doubtful(self, channel: Channel) -> bool:
        """Whether a doubt about what was said on this channel holds the mark."""
        listener = self._listeners.get(channel)
        return listener is not None and listener.hearing.doubtful

    def unclear(self, channel: Channel) -> tuple[int, int] | None:
        """From when to when speech was not understood that holds the mark of this channel."""
        listener = self._listeners.get(channel)
        return listener.hearing.unclear if listener is not None else None

    def unclear_given_up(self, channel: Channel) -> None:
        """What was not understood on this channel can no longer be stored."""
        listener = self._listeners.get(channel)
        if listener is not None:
            listener.hearing.unclear_given_up()

    def doubt_dispelled(self, *channels: Channel) -> None:
        """What holds the mark, on these channels or any, was harmless."""
        for channel, listener in self._listeners.items():
            if channel in (channels or Channel):
                listener.hearing.doubt_dispelled()

    def doubt_confirmed(self) -> int:
        """What holds the mark objects: return when it began, or the mark where nothing holds it."""
        doubtful = [listener.hearing for listener in self._listeners.values() if listener.hearing.doubtful]
        return min((hearing.doubt_confirmed() for hearing in doubtful), default=self.mark_ms)

    @property
    def deaf(self) -> bool:
        return any(one.deaf for one in self._listeners.values())

    def finish(self, *channels: Channel) -> None:
        """No more frames will come, on these channels or any."""
        for channel, listener in self._listeners.items():
            if channel in (channels or Channel):
                listener.finish()

    async def wait_judged(self, timeout_s: float) -> bool:
        return all(await asyncio.gather(*(one.wait_judged(timeout_s) for one in self._listeners.values())))

    async def close(self) -> None:
        for one in self._listeners.values():
            await one.close()
        self._closed = True
