"""The endpoint's thread: the only one that touches the SIP library.

Work comes in by `post`; whatever the library reports is reported on this thread. One endpoint per process.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import queue
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import pjsua2 as pj
import pjsua2._pjsua2 as binding

from ivr.errors import HostError
from ivr.sip.capabilities import restrict_capabilities
from ivr.sip.connections import ConnectionBook
from ivr.sip.media_port import Metronome, destroy_port, port_format
from ivr.sip.pjsip_gate import LegBook, PjsipGate
from ivr.sip.pjsip_log import PjsipLog
from ivr.sip.settings import CODECS, SipSettings
from ivr.sip.source_lock import require_locks
from ivr.sip.tcp_watch import TcpWatch

_LOG = logging.getLogger(__name__)
_POLL_MS = 100
_POLL_UNNUDGED_MS = 10
_ADDRESS_IN_USE = 120098
_ADDRESS_NOT_AVAILABLE = 120099
_PERMISSION_DENIED = 120013
_TCP_TRIES = 20
_START_TIMEOUT_S = 20.0
_PROOF_TIMEOUT_S = 5.0
#: The library looks names up on this thread, also those that a stranger writes into a Contact; the C library would try
#: for ten seconds and more, and every call of the line would wait. Whoever has set this variable knows better.
_LOOKUPS = ("RES_OPTIONS", "timeout:1 attempts:1")

_LIBRARY = ctypes.CDLL(binding.__file__)
_one_endpoint = threading.Lock()


class EndpointThread:
    """Starts the library, pumps its events, and ends it.

    On the thread, `opened` is called once when the ports are open, `each_turn` after every round of events, at least
    every 100 ms, and `before_end` once before the library is destroyed, with everything still alive. `stopped` is its
    last act, however it came to its end. `legs` is asked by the gate.
    """

    def __init__(
        self,
        settings: SipSettings,
        *,
        opened: Callable[[], None],
        each_turn: Callable[[], None],
        before_end: Callable[[], None],
        stopped: Callable[[], None],
        legs: LegBook,
    ) -> None:
        self.settings = settings
        self.host = settings.public_address
        self.port = 0
        self.max_calls = 0
        self._opened = opened
        self._each_turn = each_turn
        self._before_end = before_end
        self._stopped = stopped
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._ending = False
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="sip-endpoint")
        self._nudger: socket.socket | None = None
        self.endpoint: pj.Endpoint | None = None
        self.gate = PjsipGate(legs, settings.codecs, settings.connections.edges)
        self._connections = ConnectionBook(settings.connections, legs.has_leg)
        self._tcp: TcpWatch | None = None
        self.metronome: Metronome | None = None

    def start(self) -> None:
        """Start the thread and wait until the ports are open. Raises HostError when they cannot be."""
        if not _one_endpoint.acquire(blocking=False):
            raise HostError("this process already has a SIP endpoint", remedy="start one process per line")
        self._thread.start()
        try:
            self._started.result(_START_TIMEOUT_S)
        except BaseException:
            self._ending = True
            self._thread.join()
            raise

    def post(self, work: Callable[[], None]) -> None:
        """Have `work` done on the endpoint's thread, in order, within milliseconds. From any thread."""
        self._work.put(work)
        self.nudge()

    def nudge(self) -> None:
        """Wake the thread: a datagram of two bytes (the keep-alive of RFC 5626) ends its wait on the sockets."""
        if self._nudger is not None:
            # If it cannot be sent, the next turn comes by itself.
            with contextlib.suppress(OSError):
                self._nudger.send(b"\r\n")

    def stop(self) -> None:
        """End the library and join the thread. Blocks for at most some seconds."""
        self.post(self._end)
        self._thread.join()

    def _end(self) -> None:
        self._ending = True

    # ------------------------------------------------------------ on the thread

    def _run(self) -> None:
        try:
            self._open()
            self._opened()
            self._started.set_result(None)
        except BaseException as failure:
            self._started.set_exception(failure)
            self._ending = True
        try:
            self._pump()
        except Exception:
            _LOG.critical("the SIP endpoint's thread has died", exc_info=True)
        finally:
            self._close()
            _one_endpoint.release()
            self._stopped()

    def _pump(self) -> None:
        wait_ms = _POLL_MS if self._nudger is not None else _POLL_UNNUDGED_MS
        # A program that ends without closing its line must not hang on this thread.
        main = threading.main_thread()
        while not self._ending and main.is_alive():
            self.turn(wait_ms)

    def turn(self, wait_ms: int) -> None:
        """One round: the library's events, the posted work, then whatever falls due."""
        assert self.endpoint is not None
        self.endpoint.libHandleEvents(wait_ms)
        while True:
            try:
                work = self._work.get_nowait()
            except queue.Empty:
                break
            self._guarded(work)
        if self._tcp is not None:
            self._guarded(self._tcp.each_turn)
        self._guarded(self._each_turn)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something whose failure must not take the other legs down with it."""
        try:
            work()
        except Exception:
            _LOG.exception("the SIP endpoint could not do what it was asked")

    def calls_in_library(self) -> int:
        """How many places of the library's call table are taken."""
        return int(_LIBRARY.pjsua_call_get_count())

    def _open(self) -> None:
        settings = self.settings
        os.environ.setdefault(*_LOOKUPS)
        require_locks()
        # The library announces itself on standard output unless told not to before its creation.
        _LIBRARY.pj_log_set_level(settings.log_level)
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        # The table's size is compiled in; asking for more than there is gives what there is.
        config.uaConfig.maxCalls = 1000
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.uaConfig.userAgent = settings.user_agent
        config.logConfig.level = settings.log_level
        config.logConfig.consoleLevel = settings.log_level
        config.logConfig.msgLogging = False
        if settings.log_level:
            writer = PjsipLog()
            config.logConfig.writer = writer
            writer.__disown__()
        media = config.medConfig
        media.clockRate = settings.clock_hz
        media.sndClockRate = settings.clock_hz
        media.channelCount = 1
        media.audioFramePtime = 20
        # No silence suppression: a peer that counts our packets must never think that we are gone.
        media.noVad = True
        media.quality = 4
        media.sndAutoCloseTime = -1
        self.endpoint.libInit(config)
        self.max_calls = int(_LIBRARY.pjsua_call_get_max_count())
        if settings.max_calls:
            self.max_calls = min(self.max_calls, settings.max_calls)
        self.endpoint.audDevManager().setNullDev()
        known = self.endpoint.codecEnum2()
        for codec in known:
            self.endpoint.codecSetPriority(codec.codecId, 0)
        for rank, name in enumerate(settings.codecs):
            self.endpoint.codecSetPriority(CODECS[name], 255 - rank)
        if not self.gate.register() or not restrict_capabilities():
            raise _unknown_build()
        self._open_transports()
        self.endpoint.libStart()
        if settings.tcp:
            self._tcp = TcpWatch(self._connections, self.gate.secret, self.port)
            if not self._tcp.start():
                raise _unknown_build()
            self.gate.stream_line_ends = self._tcp.line_ends_dropped
        self._prove_gate()
        self.metronome = Metronome(settings.clock_hz)
        self.metronome.createPort("metronome", port_format(settings.clock_hz))

    def _open_transports(self) -> None:
        settings = self.settings
        if not settings.udp:
            self.port = self._transport(pj.PJSIP_TRANSPORT_TCP, settings.port)[1]
            return
        for _ in range(_TCP_TRIES):
            udp_id, self.port = self._transport(pj.PJSIP_TRANSPORT_UDP, settings.port)
            if not settings.tcp:
                break
            try:
                self._transport(pj.PJSIP_TRANSPORT_TCP, self.port)
                break
            except HostError:
                if settings.port:
                    raise
                # The free UDP port's number is taken in TCP: pick another.
                assert self.endpoint is not None
                self.endpoint.transportClose(udp_id)
        host = "127.0.0.1" if settings.bind in ("", "0.0.0.0") else settings.bind
        self._nudger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._nudger.setblocking(False)
        self._nudger.connect((host, self.port))

    def _prove_gate(self) -> None:
        """Have a message go round, so that what the gate reads in the library's memory is known to be right."""
        endpoint = self.endpoint
        assert endpoint is not None
        with contextlib.ExitStack() as opened:
            messenger = self._nudger
            if messenger is None:
                host = "127.0.0.1" if self.settings.bind in ("", "0.0.0.0") else self.settings.bind
                messenger = opened.enter_context(socket.create_connection((host, self.port), _PROOF_TIMEOUT_S))
            messenger.send(self.gate.probe(messenger.getsockname()[:2], datagram=self._nudger is not None))
            deadline = time.monotonic() + _PROOF_TIMEOUT_S
            while not self.gate.proven:
                if time.monotonic() > deadline:
                    raise _unknown_build()
                endpoint.libHandleEvents(10)

    def _transport(self, kind: int, port: int) -> tuple[int, int]:
        assert self.endpoint is not None
        settings = self.settings
        if port:
            self._check_free(kind, port)
        config = pj.TransportConfig()
        config.boundAddress = settings.bind
        config.port = port
        config.publicAddress = settings.public_address
        try:
            number = int(self.endpoint.transportCreate(kind, config))
            name = self.endpoint.transportGetInfo(number).localName
        except pj.Error as failure:
            raise _host_error(kind, settings.bind, port, failure.status, failure.reason) from None
        host, _, number_of_port = name.rpartition(":")
        # Bound to all addresses, the library names the one that it advertises.
        self.host = self.host or host
        return number, int(number_of_port)

    def _check_free(self, kind: int, port: int) -> None:
        """Raise HostError when the port is taken: the library's own sockets may share one silently."""
        stream = kind == pj.PJSIP_TRANSPORT_TCP
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM) as probe:
            if stream:
                # As the library does: a connection in TIME_WAIT does not make the port a taken one.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.settings.bind, port))
            except OSError as failure:
                status = 120000 + (failure.errno or 0)
                raise _host_error(kind, self.settings.bind, port, status, failure.strerror or str(failure)) from None

    def _close(self) -> None:
        endpoint = self.endpoint
        if endpoint is None:
            return
        try:
            if self.metronome is not None:
                self._before_end()
        except Exception:
            _LOG.exception("the SIP endpoint could not be cleared")
        finally:
            if self._tcp is not None:
                self._tcp.stop()
                self._tcp = None
            self.gate.unregister()
            # From here no clock ticks, so ports may go.
            endpoint.audDevManager().setNoDev()
            if self.metronome is not None:
                destroy_port(self.metronome)
                self.metronome = None
            endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
            pj.Endpoint.__swig_destroy__(endpoint)
            self.endpoint = None
            if self._nudger is not None:
                self._nudger.close()
                self._nudger = None


def _unknown_build() -> HostError:
    return HostError(
        "the SIP library's memory is not laid out as expected: no message could be judged",
        where=f"pjsua2 in {binding.__file__}",
        remedy="install the version that requirements.lock names",
    )


def _host_error(kind: int, bind: str, port: int, status: int, reason: str) -> HostError:
    protocol = "TCP" if kind == pj.PJSIP_TRANSPORT_TCP else "UDP"
    where = f"{protocol} {bind}:{port or 'any'}"
    if status == _ADDRESS_IN_USE:
        return HostError("the SIP port is in use", where=where, remedy="stop the other one, or set sip.port")
    if status == _ADDRESS_NOT_AVAILABLE:
        return HostError("this machine has no such address", where=where, remedy="set sip.bind to one of its addresses")
    if status == _PERMISSION_DENIED:
        return HostError("the SIP port needs a right", where=where, remedy="set sip.port to 1024 or more")
    return HostError(f"the SIP port cannot be opened: {reason}", where=where, remedy="check sip.bind and sip.port")
