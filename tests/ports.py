"""Ports of 127.0.0.1 that nobody has, for servers and softphones that must be told theirs.

They lie below those that the system itself gives out: between the choice and the server's own bind, no connection of
another test can be given the same one. Processes of one run begin at different places and never choose a port twice
before they have gone all the way round.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from itertools import cycle

_FIRST, _LAST = 12_000, 31_999
_START = os.getpid() * 1_009 % (_LAST - _FIRST)
_next: Iterator[int] = cycle([*range(_FIRST + _START, _LAST + 1), *range(_FIRST, _FIRST + _START)])


def free_port() -> int:
    """A port that is free for TCP and UDP."""
    return next(port for port in _next if _is_free(port))


def free_ports(count: int) -> list[int]:
    """Ports that are free for TCP and UDP, all different."""
    return [free_port() for _ in range(count)]


def free_rtp_range() -> tuple[int, int]:
    """An even port and the seventh after it, for a line whose first leg must use the first of them."""
    while True:
        first = free_port()
        if first % 2 == 0 and all(free_port() == first + further for further in range(1, 8)):
            return first, first + 7


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
