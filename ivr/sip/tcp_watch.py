"""TCP connections of the library: counted, bounded, and closed when they are silent. Endpoint thread only.

The library accepts every connection there is room for, closes none that says nothing, and ends the process when more
come and go at once than it has places for. Accepting pauses before that: a socket filter lets no new one begin.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import socket
import stat
import struct
import time
from collections.abc import Callable, Iterator

import pjsua2._pjsua2 as binding

from ivr.sip.bounded_log import BoundedLog
from ivr.sip.connections import ConnectionBook
from ivr.sip.pjsip_memory import send_on_connection
from ivr.sip.reply import write_reply
from ivr.sip.stream_framing import frame_of, request_in

_LOG = logging.getLogger(__name__)
_LIBRARY = ctypes.CDLL(binding.__file__)
_CONNECTED, _DESTROYED = 0, 3
_CHECK_EVERY_S = 0.25
#: Longer than any connection: nothing that comes after bytes that cannot be understood is read.
_TO_ITS_END = 1 << 62
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_STATE_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_DATA_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)

_LIBRARY.pjsua_get_pjsip_endpt.restype = ctypes.c_void_p
_LIBRARY.pjsip_endpt_get_tpmgr.restype = ctypes.c_void_p
_LIBRARY.pjsip_tpmgr_get_state_cb.restype = ctypes.c_void_p


class _StreamData(ctypes.Structure):
    """pjsip_tp_rx_data."""

    _fields_ = (("transport", ctypes.c_void_p), ("data", ctypes.c_void_p), ("len", ctypes.c_size_t))


class TcpWatch:
    """One per endpoint that listens on TCP; `start` after the listener is open, `stop` before the library's end."""

    def __init__(self, book: ConnectionBook, secret: bytes, port: int) -> None:
        self._book = book
        self._secret = secret
        self._port = port
        self._warnings = BoundedLog(_LOG)
        self._skip: dict[int, int] = {}
        self._ours: set[int] = set()
        self._listener: socket.socket | None = None
        self._paused = False
        self._next_check = 0.0
        self._manager = ctypes.c_void_p(None)
        self._before: int | None = None
        self._call_before: Callable[[int, int, int], None] | None = None
        # The library calls these until they are taken back: they must not be collected.
        self._on_state = _STATE_CALLBACK(self._guarded_state)
        self._on_data = _DATA_CALLBACK(self._guarded_data)

    def start(self) -> bool:
        """Begin to watch; False when the listening socket cannot be found."""
        self._listener = _listening_socket(self._port)
        if self._listener is None:
            return False
        endpoint = ctypes.c_void_p(_LIBRARY.pjsua_get_pjsip_endpt())
        self._manager = ctypes.c_void_p(_LIBRARY.pjsip_endpt_get_tpmgr(endpoint))
        self._before = _LIBRARY.pjsip_tpmgr_get_state_cb(self._manager)
        self._call_before = _STATE_CALLBACK(self._before) if self._before else None
        _LIBRARY.pjsip_tpmgr_set_state_cb(self._manager, self._on_state)
        _LIBRARY.pjsip_tpmgr_set_recv_data_cb(self._manager, self._on_data)
        return True

    def stop(self) -> None:
        if self._manager:
            _LIBRARY.pjsip_tpmgr_set_recv_data_cb(self._manager, None)
            _LIBRARY.pjsip_tpmgr_set_state_cb(self._manager, ctypes.c_void_p(self._before))
            self._manager = ctypes.c_void_p(None)
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def each_turn(self) -> None:
        """Close what has been silent for too long, and accept again when there is room."""
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + _CHECK_EVERY_S
        self._close(self._book.overdue(now))
        self._pace(now)

    def line_ends_dropped(self, transport: int, count: int) -> None:
        """Note that the library has dropped line ends; in the midst of a message that is read over they are its own."""
        if transport in self._skip:
            self._skip[transport] = max(0, self._skip[transport] - count)

    # ------------------------------------------------------------ called by the library

    def _guarded_state(self, transport: int, state: int, info: int) -> None:
        try:
            if self._call_before is not None:
                self._call_before(transport, state, info)
            self._state(transport, state)
        except BaseException:
            self._warnings.exception(time.monotonic(), "a connection could not be followed")

    def _guarded_data(self, address: int) -> int:
        stream = _StreamData.from_address(address)
        try:
            self._data(stream)
        except BaseException:
            self._warnings.exception(time.monotonic(), "what came on a connection could not be read and was dropped")
            stream.len = 0
        return 0

    def _state(self, transport: int, state: int) -> None:
        now = time.monotonic()
        if state == _CONNECTED:
            with _socket_of(transport) as connection:
                if connection is None or connection.getsockname()[1] != self._port:
                    self._ours.add(transport)
                    return
                source = _peer(connection)
            self._close(self._book.opened(transport, source, now))
        elif state == _DESTROYED:
            self._book.closed(transport, now)
            self._skip.pop(transport, None)
            self._ours.discard(transport)
        self._pace(now)

    def _data(self, stream: _StreamData) -> None:
        transport, now = stream.transport or 0, time.monotonic()
        skipped = min(self._skip.get(transport, 0), stream.len)
        if skipped:
            self._skip[transport] -= skipped
            stream.len -= skipped
            return
        data = ctypes.string_at(stream.data, stream.len)
        frame = frame_of(data)
        if frame.status:
            self._refuse(transport, data, frame.status)
            if frame.broken or frame.size is None:
                # What has arrived already, or arrives before the library sees the end, must not pass for a message.
                self._skip[transport] = _TO_ITS_END
                self._close({transport: "no message that could be read"})
            else:
                # The next message begins where this one ends.
                self._skip[transport] = max(0, frame.size - len(data))
                self._book.received(transport, "", now)
                stream.len = max(0, len(data) - frame.size)
                return
            stream.len = 0
        elif frame.size is not None and frame.size <= len(data):
            self._book.received(transport, frame.sip_call_id, now)
        else:
            self._book.begun(transport, now)

    # ------------------------------------------------------------ how it works

    def _refuse(self, transport: int, data: bytes, status: int) -> None:
        request = request_in(data)
        what = "a message" if request is None else request.method[:32]
        source = (self._book.source(transport) or "a server that we called", 0)
        with _socket_of(transport) as connection, contextlib.suppress(OSError):
            if connection is not None:
                source = connection.getpeername()[:2]
        self._warnings.warning(time.monotonic(), "%s from %s:%d by TCP: answered %d", what, *source, status)
        if request is not None:
            # A peer that has gone needs no answer.
            with contextlib.suppress(OSError):
                send_on_connection(transport, write_reply(request, status, source, secret=self._secret))

    def _close(self, doomed: dict[int, str]) -> None:
        """Take a connection from its peer; the library finds its end at its next look and lets go of it."""
        for transport, why in doomed.items():
            self._warnings.warning(
                time.monotonic(), "TCP connection of %s closed: %s", self._book.source(transport), why
            )
            with _socket_of(transport) as connection:
                if connection is not None:
                    with contextlib.suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)

    def _pace(self, now: float) -> None:
        crowded = self._book.crowded(now, len(self._ours))
        if crowded == self._paused or self._listener is None:
            return
        self._paused = crowded
        if not crowded:
            self._listener.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
            return
        self._warnings.warning(now, "too many TCP connections come and go: none is accepted for a moment")
        # A classic BPF program of one instruction: return 0, that is, drop what begins a connection.
        nothing = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 0))
        program = struct.pack("@HxxxxxxP", 1, ctypes.addressof(nothing))
        self._listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


@contextlib.contextmanager
def _socket_of(transport: int) -> Iterator[socket.socket | None]:
    """Our copy of a connection's socket for a moment; None when it has none any more."""
    handle = int(_LIBRARY.pjsip_tcp_transport_get_socket(ctypes.c_void_p(transport)))
    try:
        copy = socket.socket(fileno=os.dup(handle))
    except OSError:
        yield None
        return
    with copy:
        yield copy


def _peer(connection: socket.socket) -> str:
    try:
        return str(connection.getpeername()[0])
    except OSError:
        return "a peer that has gone"


def _listening_socket(port: int) -> socket.socket | None:
    """Find the library's listening socket among our own by its port; our copy of it."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            copy = socket.socket(fileno=os.dup(int(name)))
            listens = copy.type == socket.SOCK_STREAM and copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if listens and copy.getsockname()[1] == port:
                return copy
            copy.close()
    return None
