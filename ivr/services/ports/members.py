"""Port of the members on file, as far as a caller's identity is checked against them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ivr.domain.identity.check import Expected


class MemberDirectory(Protocol):
    """Knows what members' answers must match; never hands out a value. Blocking: ask it at the desk.

    Raises IvrError when the directory cannot be read.
    """

    def by_caller(self, uri: str) -> Sequence[Expected]:
        """The members on whose file the calling number of this SIP URI stands: none, one, or a household."""
        ...

    def by_number(self, number: str) -> Sequence[Expected]:
        """The members with this member number (digits)."""
        ...
