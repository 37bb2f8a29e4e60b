"""What a line is told at start: plain, frozen values, checked where they are given."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from ivr.errors import ConfigurationError, nearest
from ivr.sip.connections import ConnectionLimits

CODECS: dict[str, str] = {
    "PCMA": "PCMA/8000/1",
    "PCMU": "PCMU/8000/1",
    "G722": "G722/16000/1",
    "GSM": "GSM/8000/1",
    "iLBC": "iLBC/8000/1",
}
"""Codec name (RFC 3551) -> the library's codec id."""

SRTP_MODES = ("off", "optional", "mandatory")
NEGOTIATED_SOURCE, FIRST_SOURCE = "negotiated", "first"
RTP_SOURCES = (NEGOTIATED_SOURCE, FIRST_SOURCE)
"""Whose RTP a leg takes: that of the address and port agreed in SDP, or that of whoever sends first."""


@dataclass(frozen=True)
class Registration:
    """An account at a registrar (RFC 3261 section 10, digest).

    Challenges are answered when they come from the registrar or an edge. `realm` "*" answers any of theirs, also one
    that they pass on from whoever was called: name the registrar's.
    """

    registrar_uri: str
    username: str
    password: str = field(repr=False)
    realm: str = "*"
    expires_s: int = 300


@dataclass(frozen=True)
class SipSettings:
    """Settings of one SIP endpoint.

    `port` 0 picks a free one, the same for UDP and TCP. `public_address` is the host written into Contact, Via
    and SDP when it differs from `bind`. RTP uses even ports of [`rtp_port_min`, `rtp_port_max`]; 0 lets the system
    choose. `codecs` are in order of preference; all others are off. `max_calls` 0 takes all that the library has.
    `rtp_source` "first" locks a leg's RTP to whoever sends first instead of the party's SDP (a party behind NAT).
    `rtp_timeout_s` ends an answered leg that is not on hold and has sent neither RTP nor RTCP for that long; 0 never
    does.
    `answer_timeout_s` refuses an incoming leg that nobody answered with 480. `ack_timeout_s` ends an answered one whose
    caller does not confirm it. `calls_per_source` is how many legs that are not up yet one address may have; 0: all
    but one of the line's, and no bound for `connections.edges`. `connections` bounds TCP connections.
    `asserted_by` are IP addresses whose P-Asserted-Identity is believed (RFC 3325).
    `log_level` is pjsip's, 0 to 3.
    """

    bind: str = "127.0.0.1"
    port: int = 0
    udp: bool = True
    tcp: bool = True
    public_address: str = ""
    rtp_port_min: int = 0
    rtp_port_max: int = 0
    codecs: tuple[str, ...] = ("PCMA", "PCMU", "G722")
    srtp: str = "off"
    rtp_source: str = NEGOTIATED_SOURCE
    registration: Registration | None = None
    max_calls: int = 0
    user_agent: str = "ivr"
    display_name: str = ""
    user: str = "ivr"
    clock_hz: int = 8000
    answer_timeout_s: float = 60.0
    ack_timeout_s: float = 5.0
    calls_per_source: int = 0
    asserted_by: tuple[str, ...] = ()
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)
    rtp_timeout_s: float = 30.0
    queue_s: float = 60.0
    log_level: int = 0

    def __post_init__(self) -> None:
        for codec in self.codecs:
            if codec not in CODECS:
                raise _wrong("codecs", codec, f"unknown codec '{codec}'", nearest(codec, CODECS))
        if not self.codecs:
            raise _wrong("codecs", self.codecs, "no codec is left", "name at least PCMA")
        if self.srtp not in SRTP_MODES:
            raise _wrong("srtp", self.srtp, f"'{self.srtp}' is not an SRTP mode", nearest(self.srtp, SRTP_MODES))
        if self.rtp_source not in RTP_SOURCES:
            what = f"'{self.rtp_source}' is no source of RTP"
            raise _wrong("rtp_source", self.rtp_source, what, nearest(self.rtp_source, RTP_SOURCES))
        if self.clock_hz not in (8000, 16000):
            raise _wrong("clock_hz", self.clock_hz, f"{self.clock_hz} Hz is not possible", "use 8000 or 16000")
        if not (self.udp or self.tcp):
            raise _wrong("udp", self.udp, "neither UDP nor TCP is on", "turn one of them on")
        for key in ("port", "rtp_port_min", "rtp_port_max"):
            value = getattr(self, key)
            if not 0 <= value <= 65535:
                raise _wrong(key, value, f"{value} is not a port", "use 0 to 65535")
        self._check_rtp_range()
        if not 0 <= self.log_level <= 3:
            raise _wrong(
                "log_level", self.log_level, f"{self.log_level} is out of range", "use 0 to 3: more shows DTMF digits"
            )
        for entry in fields(self):
            value = getattr(self, entry.name)
            if (entry.name.endswith("_s") and value < 0) or (entry.name == "max_calls" and value < 0):
                raise _wrong(entry.name, value, f"{value} is negative", "use 0 or more")

    def _check_rtp_range(self) -> None:
        if bool(self.rtp_port_min) != bool(self.rtp_port_max):
            raise _wrong("rtp_port_max", self.rtp_port_max, "half a range is given", "give both ends, or neither")
        if self.rtp_port_min and self.rtp_port_max - self.rtp_port_min < 7:
            raise _wrong("rtp_port_max", self.rtp_port_max, "the RTP range is too small", "give at least 8 ports")


def _wrong(key: str, value: object, what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(what, key=f"sip.{key}", value=value, remedy=remedy)
