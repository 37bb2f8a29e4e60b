"""An ear process's server inside the test process, on a real socket, with a judge that the test controls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ivr.domain.hearing.verdict import Band, Label, Verdict
from ivr.services.ports.hearing import Speech
from ivr.speech.server import EarServer

CLEAR = Verdict(Label.NONE, Band.CLEAR, 0.01)


class Gatekeeper:
    """A judge that lets nothing out until `open` is set, and tells when a piece has reached it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)
        self.judged: list[Speech] = []

    def __call__(self, speech: Speech) -> Verdict:
        self.entered.release()
        self.open.wait(30)
        self.judged.append(speech)
        return CLEAR


@contextmanager
def serving(
    judge: Callable[[Speech], Verdict],
    endpoint: str = "tcp://127.0.0.1:*",
    *,
    workers: int = 1,
    capacity: int = 64,
    forget: Callable[[str], None] | None = None,
) -> Iterator[tuple[EarServer, str]]:
    """Run an EarServer in a thread; yields it and its endpoint, and ends it."""
    server = EarServer(judge, workers=workers, capacity=capacity, forget=forget)
    bound = server.bind(endpoint)
    thread = threading.Thread(target=server.run, name="ear server")
    thread.start()
    try:
        yield server, bound
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()
