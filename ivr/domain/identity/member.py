"""One member of the list that a mutual exports."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class MemberRecord:
    """One member in the clear, on the way from the list to the database, which seals it; never shown."""

    member_number: str = field(repr=False)
    last_names: tuple[str, ...] = field(default=(), repr=False)
    first_name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    postal_code: str = field(default="", repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
