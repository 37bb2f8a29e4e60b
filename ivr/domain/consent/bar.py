"""A bar on further calls: how the number of whoever refused was known, and what may be undone. Pure."""

from __future__ import annotations

from enum import Enum


class KnownBy(Enum):
    """How the engine knew whose number it bars, the weakest knowledge first.

    UNKNOWN: noted by an older version, and no report tells. CLAIMED: an inbound call named it, and whoever calls may
    name anybody (From of RFC 3261 section 8.1.1.3 proves nothing). ASSERTED: a network that is believed vouched for it
    (P-Asserted-Identity, RFC 3325). IDENTIFIED: the caller was identified as a member
    on whose file the number stands. DIALLED: we called it.
    """

    UNKNOWN = "unknown"
    CLAIMED = "claimed"
    ASSERTED = "asserted"
    IDENTIFIED = "identified"
    DIALLED = "dialled"

    @property
    def verified(self) -> bool:
        """Whether the person who refused is the one whose number is barred, as far as can be known."""
        return self in (KnownBy.ASSERTED, KnownBy.IDENTIFIED, KnownBy.DIALLED)

    @property
    def liftable(self) -> bool:
        """Whether somebody authorised may lift the bar: where a stranger may have set it.

        A verified refusal ends with a new consent of the person alone (CAN-012). What is unknown counts as verified.
        """
        return self is KnownBy.CLAIMED

    @property
    def below(self) -> frozenset[KnownBy]:
        """Weaker knowledge, which this replaces."""
        order = list(KnownBy)
        return frozenset(order[: order.index(self)])


def strongest(known: list[KnownBy]) -> KnownBy:
    """Return the best knowledge of these; UNKNOWN when there is none."""
    return max(known, key=list(KnownBy).index, default=KnownBy.UNKNOWN)


def known_by(name: object) -> KnownBy:
    """Read what an event or a row says; what no version wrote is UNKNOWN."""
    return next((one for one in KnownBy if one.value == name), KnownBy.UNKNOWN)
