"""How many requests one address, or one IPv6 network, may make: a bucket that refills, in this process's memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

#: A household or a host has a whole network of this size at least, and any address of it (RFC 6177, RFC 4941).
_NETWORK_BITS = 64
#: So many addresses are remembered; the one that was quiet longest goes first.
_ADDRESSES = 10_000


@dataclass(frozen=True)
class Allowance:
    """`burst` requests at once, then `per_s` each second."""

    burst: float
    per_s: float


class RateLimit:
    def __init__(self, allowance: Allowance, monotonic: Callable[[], float]) -> None:
        self._allowance = allowance
        self._monotonic = monotonic
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Whether one more request of this address is within its allowance; if so it is counted."""
        address = _whose(address)
        now, most = self._monotonic(), self._allowance.burst
        left, at = self._left.pop(address, (most, now))
        left = min(most, left + (now - at) * self._allowance.per_s)
        allowed = left >= 1
        self._left[address] = (left - 1 if allowed else left, now)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        return allowed


def _whose(address: str) -> str:
    """Return as whom an address is counted: an IPv6 one as its network of 64 bits, anything else as it stands."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return f"{int(found) >> (128 - _NETWORK_BITS):x}/{_NETWORK_BITS}"
