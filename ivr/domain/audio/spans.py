"""Spans of a call's media: not stored, or stored as silence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """A span of the call that was not stored, in milliseconds of the call's media, and why."""

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
