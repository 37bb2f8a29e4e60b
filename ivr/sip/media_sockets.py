"""The sockets behind a call's audio, which the binding does not show: read from the library's own structures."""

from __future__ import annotations

import ctypes
import ipaddress
import os
import socket
from dataclasses import dataclass

import pjsua2._pjsua2 as binding

from ivr.sip.source_lock import Source, borrowed

_LIBRARY = ctypes.CDLL(binding.__file__)
#: Far more than a pjmedia_transport_info takes.
_ROOM = 8192
_DECODING = 2


class _SocketAddress(ctypes.Structure):
    """pj_sockaddr: a union as large as its IPv6 member."""

    _fields_ = (
        ("family", ctypes.c_uint16),
        ("port", ctypes.c_uint8 * 2),
        ("address", ctypes.c_uint8 * 4),
        ("rest", ctypes.c_uint32 * 5),
    )

    @property
    def source(self) -> Source | None:
        port = int.from_bytes(bytes(self.port), "big")
        if self.family != socket.AF_INET or not port:
            return None
        return str(ipaddress.IPv4Address(bytes(self.address))), port


class _SocketInfo(ctypes.Structure):
    """pjmedia_sock_info."""

    _fields_ = (
        ("rtp", ctypes.c_long),
        ("rtp_name", _SocketAddress),
        ("rtcp", ctypes.c_long),
        ("rtcp_name", _SocketAddress),
    )


class _TransportInfo(ctypes.Structure):
    """The beginning of pjmedia_transport_info."""

    _fields_ = (
        ("sockets", _SocketInfo),
        ("rtp_source", _SocketAddress),
        ("rtcp_source", _SocketAddress),
    )


@dataclass(frozen=True)
class MediaSockets:
    """Descriptors of the RTP and the RTCP socket, and who sent the last RTP packet, if one came."""

    rtp: int
    rtcp: int
    rtp_source: Source | None

    @property
    def identity(self) -> tuple[int, int]:
        """What tells these sockets from later ones with the same descriptors."""
        return os.fstat(self.rtp).st_ino, os.fstat(self.rtcp).st_ino


def drop_waiting_audio(stream: int) -> None:
    """Empty the jitter buffer of a stream, given by its address; what is received from now on is played at once."""
    handle = ctypes.c_void_p(stream)
    # Pausing is what empties it; the library offers no other way.
    _LIBRARY.pjmedia_stream_pause(handle, _DECODING)
    _LIBRARY.pjmedia_stream_resume(handle, _DECODING)


def media_sockets(call_id: int, index: int) -> MediaSockets:
    """Return the sockets of one media line of a call, on the endpoint's thread.

    Raises OSError when the library has none, or when what it says does not fit the sockets: its layout is another.
    """
    room = ctypes.create_string_buffer(_ROOM)
    if _LIBRARY.pjsua_call_get_med_transport_info(call_id, index, room):
        raise OSError("the call has no media transport")
    info = _TransportInfo.from_buffer(room)
    sockets = info.sockets
    for descriptor, name in ((sockets.rtp, sockets.rtp_name), (sockets.rtcp, sockets.rtcp_name)):
        source = name.source
        with borrowed(descriptor) as media:
            if source is None or media.type != socket.SOCK_DGRAM or media.getsockname()[1] != source[1]:
                raise OSError("the library's media transport has another layout than expected")
    return MediaSockets(sockets.rtp, sockets.rtcp, info.rtp_source.source)
