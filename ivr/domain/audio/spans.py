"""Spans of a call's media: not stored, or stored as silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


class GapCause:
    """Why a span was not stored, as rows, evidence and exports have it: plain text, which outlives the code."""

    #: Reasons of the policy, the weightiest first.
    DOUBT: Final = "doubt"
    NOT_UNDERSTOOD: Final = "not_understood"
    HOLD: Final = "hold"
    UNTOLD: Final = "untold"
    DEAF: Final = "deaf"
    POLICY: Final = "policy"
    #: The line or the network lost frames.
    OVERFLOW: Final = "overflow"
    #: No verdict came in time.
    UNHEARD: Final = "unheard"
    #: The call went wrong.
    FAULT: Final = "fault"


@dataclass(frozen=True)
class Gap:
    """A span of the call that was not stored, in milliseconds of the call's media, and why (a `GapCause`)."""

    start_ms: int
    end_ms: int
    cause: str


@dataclass(frozen=True)
class Mask:
    """A span written as silence on one channel because forbidden data was spoken there."""

    channel: str
    start_ms: int
    end_ms: int
    kind: str
