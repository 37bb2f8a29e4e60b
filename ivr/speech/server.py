"""The ear: takes pieces from all lines, judges them by priority, and always answers.

One thread owns the sockets and the queue's edge; `workers` threads judge. No word, digit or sample is ever logged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import zmq

from ivr.domain.hearing.verdict import Verdict
from ivr.errors import ConfigurationError, HostError, SpeechError
from ivr.services.ports.hearing import Speech
from ivr.speech.queue import EarQueue, Ticket, may_take_partial, priority_of
from ivr.speech.wire import (
    MAX_PCM,
    Refusal,
    Reply,
    Request,
    WireError,
    decode_question,
    decode_request,
    encode_reply,
)

JudgeSpeech = Callable[[Speech], Verdict]
Forget = Callable[[str], None]

_TICK_MS = 50


@dataclass
class EarMetrics:
    """Counters since the start; `depth` is what waits now, `busy_s` the seconds spent judging by all workers.

    `waited_s` is the time that judged pieces spent in the queue, `longest_wait_s` the most that a whole utterance did.

    received = judged + failed + stale + late + overloaded + depth + what is being judged.
    """

    received: int = 0
    judged: int = 0
    failed: int = 0
    stale: int = 0
    late: int = 0
    overloaded: int = 0
    malformed: int = 0
    depth: int = 0
    busy_s: float = 0.0
    waited_s: float = 0.0
    longest_wait_s: float = 0.0


@dataclass(frozen=True)
class _Asked:
    identity: bytes
    request: Request
    since: float


class EarServer:
    """Serves one endpoint from `bind` to the end of `run`. `judge` must be safe for `workers` threads at once.

    `forget` is told the id of each call that is over, in the thread that runs the server.

    Use: construct, `bind`, `run` in the thread that shall own the sockets; `stop` from any thread or signal.
    """

    def __init__(
        self,
        judge: JudgeSpeech,
        *,
        workers: int = 1,
        capacity: int = 64,
        now: Callable[[], float] = time.monotonic,
        forget: Forget | None = None,
    ) -> None:
        self._judge, self._now, self._forget = judge, now, forget
        self._workers = workers
        self._queue: EarQueue[_Asked] = EarQueue(capacity)
        self._changed = threading.Condition()
        self._stopping = False
        self._partials_in_work = 0
        self._metrics = EarMetrics()
        self._context = zmq.Context()
        self._router: zmq.Socket[bytes] = self._context.socket(zmq.ROUTER)
        self._answers: zmq.Socket[bytes] = self._context.socket(zmq.PULL)
        self._answers.bind("inproc://answers")

    def bind(self, endpoint: str) -> str:
        """Open `endpoint` (ipc:// or loopback tcp://, port * for any) and return what it is called in the end.

        Raises ConfigurationError for an address that others can reach, HostError when it cannot be opened.
        """
        check_endpoint(endpoint)
        self._router.setsockopt(zmq.LINGER, 0)
        self._router.setsockopt(zmq.MAXMSGSIZE, MAX_PCM)
        self._router.setsockopt(zmq.RCVHWM, 256)
        try:
            self._router.bind(endpoint)
        except zmq.ZMQError as error:
            raise HostError(
                f"the ear cannot listen: {error.strerror}", where=endpoint, remedy="is another ear there already?"
            ) from error
        return self._router.getsockopt_string(zmq.LAST_ENDPOINT)

    def stop(self) -> None:
        """End `run` soon; what waits is answered as failed. Safe in a signal handler."""
        self._stopping = True

    def metrics(self) -> EarMetrics:
        """Return a copy of the counters."""
        with self._changed:
            return EarMetrics(**{**asdict(self._metrics), "depth": len(self._queue)})

    def run(self) -> None:
        """Serve until `stop`, then close the sockets."""
        threads = [threading.Thread(target=self._work, name=f"ear-{i}", daemon=True) for i in range(self._workers)]
        for thread in threads:
            thread.start()
        poller = zmq.Poller()
        poller.register(self._router, zmq.POLLIN)
        poller.register(self._answers, zmq.POLLIN)
        try:
            while not self._stopping:
                ready = dict(poller.poll(_TICK_MS))
                if self._answers in ready:
                    self._pass_on()
                if self._router in ready:
                    self._receive()
                self._expire()
        finally:
            self._finish(threads)

    # ---- the thread that owns the sockets

    def _receive(self) -> None:
        """Read all that has come, so that the queue and not a socket buffer decides who waits."""
        for _ in range(256):
            try:
                identity, *frames = self._router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                self._accept(identity, frames)
            except WireError as error:
                with self._changed:
                    self._metrics.malformed += 1
                if error.request_id:
                    self._reply(identity, Reply(error.request_id, Refusal.MALFORMED, error.what))

    def _accept(self, identity: bytes, frames: list[bytes]) -> None:
        if len(frames) == 2:
            question = decode_question(frames)
            if question.forget is None:
                self._reply(identity, Reply(question.id, asdict(self.metrics())))
            elif self._forget is not None:
                self._forget(question.forget)
            return
        request = decode_request(frames)
        speech, piece, now = request.speech, request.speech.piece, self._now()
        ticket = Ticket(
            channel=f"{identity.hex()}/{speech.call_id}/{piece.channel.value}",
            priority=priority_of(after_disclosure=speech.context.after_disclosure, final=piece.final),
            partial=not piece.final,
            start_ms=piece.start_ms,
            end_ms=piece.end_ms,
            deadline=now + speech.deadline_s,
            item=_Asked(identity, request, now),
        )
        with self._changed:
            self._metrics.received += 1
            admission = self._queue.push(ticket, now)
            self._changed.notify()
        for stale in admission.dropped:
            self._turn_away(stale, Refusal.LATE if stale.deadline <= now else Refusal.STALE)
        if admission.refused is not None:
            self._turn_away(admission.refused, Refusal.OVERLOADED)

    def _expire(self) -> None:
        with self._changed:
            expired = self._queue.expire(self._now())
        for ticket in expired:
            self._turn_away(ticket, Refusal.LATE)

    def _turn_away(self, ticket: Ticket[_Asked], why: Refusal) -> None:
        with self._changed:
            if why is Refusal.LATE:
                self._metrics.late += 1
            elif why is Refusal.STALE:
                self._metrics.stale += 1
            else:
                self._metrics.overloaded += 1
        self._reply(ticket.item.identity, Reply(ticket.item.request.id, why))

    def _pass_on(self) -> None:
        while True:
            try:
                self._send(self._answers.recv_multipart(zmq.NOBLOCK))
            except zmq.Again:
                return

    def _reply(self, identity: bytes, answer: Reply) -> None:
        self._send([identity, *encode_reply(answer)])

    def _send(self, frames: list[bytes]) -> None:
        try:
            self._router.send_multipart(frames, zmq.NOBLOCK)
        except zmq.ZMQError:
            # The asker is gone or does not read: it will find that it has no verdict.
            return

    def _finish(self, threads: list[threading.Thread]) -> None:
        with self._changed:
            self._stopping = True
            left = self._queue.drain()
            self._changed.notify_all()
        for ticket in left:
            self._reply(ticket.item.identity, Reply(ticket.item.request.id, Refusal.FAILED, "the ear is ending"))
        for thread in threads:
            thread.join(5.0)
        self._pass_on()
        self._router.close(linger=200)
        self._answers.close(linger=0)
        if not any(thread.is_alive() for thread in threads):
            self._context.term()

    # ---- the workers

    def _work(self) -> None:
        with self._context.socket(zmq.PUSH) as out:
            # The last answer must outlive the worker until the owner of the sockets has read it.
            out.setsockopt(zmq.LINGER, 1000)
            out.connect("inproc://answers")
            while (ticket := self._next()) is not None:
                asked = ticket.item
                begin = self._now()
                answer = self._answer(asked.request)
                with self._changed:
                    self._metrics.busy_s += self._now() - begin
                    self._partials_in_work -= ticket.partial
                    self._changed.notify()
                    if isinstance(answer.result, Verdict):
                        self._metrics.judged += 1
                    else:
                        self._metrics.failed += 1
                out.send_multipart([asked.identity, *encode_reply(answer)])

    def _next(self) -> Ticket[_Asked] | None:
        with self._changed:
            while not self._stopping:
                partials = may_take_partial(workers=self._workers, partials_in_work=self._partials_in_work)
                if (ticket := self._queue.take(self._now(), partials=partials)) is not None:
                    waited_s = self._now() - ticket.item.since
                    self._metrics.waited_s += waited_s
                    if not ticket.partial:
                        self._metrics.longest_wait_s = max(self._metrics.longest_wait_s, waited_s)
                    self._partials_in_work += ticket.partial
                    return ticket
                self._changed.wait(_TICK_MS / 1000)
            return None

    def _answer(self, request: Request) -> Reply:
        try:
            return Reply(request.id, self._judge(request.speech))
        except SpeechError as error:
            return Reply(request.id, Refusal.FAILED, error.what[:500])
        except Exception as error:
            # Its text might hold words; its kind cannot.
            return Reply(request.id, Refusal.FAILED, type(error).__name__)


def check_endpoint(endpoint: str) -> None:
    """Raise ConfigurationError unless `endpoint` stays on this machine: callers' speech crosses it in the clear."""
    if not endpoint.startswith(("ipc://", "inproc://", "tcp://127.0.0.1:", "tcp://[::1]:")):
        raise ConfigurationError(
            "an ear is only reached on its own machine",
            key="endpoint",
            value=endpoint,
            remedy=f"use ipc:///path or tcp://127.0.0.1:port instead of '{endpoint}'",
        )


if __name__ == "__main__":
    from ivr.speech.process import main

    raise SystemExit(main())
