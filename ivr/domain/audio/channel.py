"""The two sides of a call that are listened to."""

from __future__ import annotations

from enum import Enum


class Channel(Enum):
    """A listened channel. The prompts we play are not listened to: we know what they say."""

    CALLER = "caller"
    AGENT = "agent"
