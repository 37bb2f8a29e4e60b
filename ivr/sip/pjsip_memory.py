"""The library's structures as they lie in memory, field by field (pjsip 2.15.1, 64 bits), and what is read there.

That they lie so is proven when a line opens (`PjsipGate.probe`). Endpoint thread only.
"""

from __future__ import annotations

import ctypes
import os
import socket

import pjsua2._pjsua2 as binding

from ivr.sip.message import LARGEST_BYTES

LIBRARY = ctypes.CDLL(binding.__file__)
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
DROP_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
LINE_ENDS = 70020
"""The status of what is dropped for being line ends before a message (PJ_EIGNORED)."""


class String(ctypes.Structure):
    """pj_str_t."""

    _fields_ = (("ptr", ctypes.c_char_p), ("slen", ctypes.c_ssize_t))


class Module(ctypes.Structure):
    """pjsip_module."""

    _fields_ = (
        ("prev", ctypes.c_void_p),
        ("next", ctypes.c_void_p),
        ("name", String),
        ("id", ctypes.c_int),
        ("priority", ctypes.c_int),
        ("load", ctypes.c_void_p),
        ("start", ctypes.c_void_p),
        ("stop", ctypes.c_void_p),
        ("unload", ctypes.c_void_p),
        ("on_rx_request", CALLBACK),
        ("on_rx_response", CALLBACK),
        ("on_tx_request", ctypes.c_void_p),
        ("on_tx_response", ctypes.c_void_p),
        ("on_tsx_state", ctypes.c_void_p),
    )


class Received(ctypes.Structure):
    """The head of pjsip_rx_data, as far as it is read."""

    _fields_ = (
        ("pool", ctypes.c_void_p),
        ("transport", ctypes.c_void_p),
        ("tp_data", ctypes.c_void_p),
        ("op_key", ctypes.c_void_p * 35),
        ("timestamp", ctypes.c_long * 2),
        ("packet", ctypes.c_char * LARGEST_BYTES),
        ("zero", ctypes.c_uint32),
        ("len", ctypes.c_ssize_t),
        ("src_addr", ctypes.c_uint32 * 7),
        ("src_addr_len", ctypes.c_int),
        ("src_name", ctypes.c_char * 46),
        ("src_port", ctypes.c_int),
        ("msg_buf", ctypes.c_void_p),
        ("msg_len", ctypes.c_int),
    )


class Dropped(ctypes.Structure):
    """pjsip_tp_dropped_data."""

    _fields_ = (
        ("transport", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("len", ctypes.c_size_t),
        ("status", ctypes.c_int),
    )


def send_on_connection(transport: int, text: bytes) -> None:
    """Write to a TCP connection of the library's; one whose peer does not read is closed."""
    handle = int(LIBRARY.pjsip_tcp_transport_get_socket(ctypes.c_void_p(transport)))
    with socket.socket(fileno=os.dup(handle)) as connection:
        try:
            sent = connection.send(text, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except OSError:
            sent = 0
        if sent < len(text):
            connection.shutdown(socket.SHUT_RDWR)


def read_packet(received: Received, address: int) -> tuple[bytes, tuple[str, int]]:
    """Return a message and where it came from. Raises ValueError when it does not lie where it must."""
    start = address + Received.packet.offset
    at, length = received.msg_buf or 0, received.msg_len
    if not (start <= at and 0 < length <= LARGEST_BYTES and at + length <= start + LARGEST_BYTES):
        raise ValueError("the message does not lie in its packet")
    if not 0 < received.src_port < 1 << 16:
        raise ValueError("the message has no source")
    return ctypes.string_at(at, length), (received.src_name.decode("ascii"), received.src_port)
