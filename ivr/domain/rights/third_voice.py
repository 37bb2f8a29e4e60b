"""The other voice in a copy for the person concerned: silenced, unless that would empty their right (REC-017). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ivr.domain.text.told import Told


class VoiceGround(Enum):
    """Why the other voice stays: it agreed, or without it the person's own words could not be understood."""

    AGREED = "agreed"
    UNINTELLIGIBLE = "unintelligible"


@dataclass(frozen=True)
class VoiceDecision:
    """`silenced` are the places of the lanes that become silence in the copy."""

    silenced: tuple[int, ...]
    reasons: tuple[str, ...]
    detail: Told


def decide_third_voice(channels: Sequence[str], person: str, ground: VoiceGround | None) -> VoiceDecision:
    """Return which lanes of a recording are silenced in a copy for the person who speaks on the lane `person`.

    All other lanes are, unless a ground lets them stay: the strict reading of article 15(4). A recording without the
    person's lane is not theirs, and is silenced whole.
    """
    others = tuple(place for place, channel in enumerate(channels) if channel != person)
    if not others:
        return VoiceDecision((), ("REC-017",), Told("Nobody else is heard in it."))
    if ground is None or len(others) == len(channels):
        return VoiceDecision(others, ("REC-017",), Told("The other voice is silenced: the copy has the person's own."))
    if ground is VoiceGround.AGREED:
        return VoiceDecision((), ("REC-017",), Told("The other voice stays: that person agreed."))
    return VoiceDecision((), ("REC-017",), Told("The other voice stays: without it the copy would say nothing."))
