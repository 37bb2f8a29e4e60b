"""Lets a media socket take datagrams from one source only: the kernel drops all others before they are queued.

A classic BPF filter on the socket (Linux, SO_ATTACH_FILTER): no cost per frame here, no right needed, and, other than
with connect(2), no ICMP error comes back to the socket, and its own address stays as it was bound.
"""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import socket
import struct
from collections.abc import Iterator

from ivr.errors import HostError

Source = tuple[str, int]
ANY_PORT = 0

_ATTACH_FILTER = 26
_DETACH_FILTER = 27
_MEMINFO = 55
_MEMINFO_WORDS = 9
_DROPS = 8
#: Offsets for BPF: from the IP header on (SKF_NET_OFF), and from the UDP header on.
_IP_SOURCE = 0xFFF00000 + 12
_UDP_SOURCE = 0
_LOAD_WORD, _LOAD_HALF, _JUMP_EQUAL, _RETURN = 0x20, 0x28, 0x15, 0x06
_WHOLE, _NOTHING = 0xFFFF, 0


def lock(media: socket.socket, source: Source) -> None:
    """Take datagrams from this IPv4 address and port (ANY_PORT: any port of it) only; replaces an earlier lock.

    What others sent before and is still queued is thrown away, with what the source itself sent before.
    Raises OSError when the kernel refuses, ValueError when the address is not an IPv4 one.
    """
    host, port = source
    address = int(ipaddress.IPv4Address(host))
    program = [(_LOAD_WORD, 0, 0, _IP_SOURCE)]
    if port == ANY_PORT:
        program += [(_JUMP_EQUAL, 0, 1, address)]
    else:
        program += [(_JUMP_EQUAL, 0, 3, address), (_LOAD_HALF, 0, 0, _UDP_SOURCE), (_JUMP_EQUAL, 0, 1, port)]
    program += [(_RETURN, 0, 0, _WHOLE), (_RETURN, 0, 0, _NOTHING)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    media.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(code)))
    _drain(media)


def unlock(media: socket.socket) -> None:
    """Take datagrams from anybody, from now on."""
    with contextlib.suppress(FileNotFoundError):
        media.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)
    _drain(media)


def dropped(media: socket.socket) -> int:
    """How many datagrams the kernel has dropped for this socket: from elsewhere, or too many to be queued."""
    words = media.getsockopt(socket.SOL_SOCKET, _MEMINFO, 4 * _MEMINFO_WORDS)
    drops: int = struct.unpack(f"{_MEMINFO_WORDS}I", words)[_DROPS] if len(words) == 4 * _MEMINFO_WORDS else 0
    return drops


def require_locks() -> None:
    """Raise HostError where sockets cannot be locked, so that no call is taken that a stranger could enter."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            lock(probe, ("127.0.0.1", ANY_PORT))
        except OSError as failure:
            raise HostError(
                f"media sockets cannot be locked to their source: {failure.strerror}",
                remedy="run on Linux, and let the container's security profile pass SO_ATTACH_FILTER",
            ) from failure


@contextlib.contextmanager
def borrowed(descriptor: int) -> Iterator[socket.socket]:
    """The library's own socket, for a moment; it stays open and the library's."""
    media = socket.socket(fileno=descriptor)
    try:
        yield media
    finally:
        media.detach()


def _drain(media: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            media.recv(1, socket.MSG_DONTWAIT)
