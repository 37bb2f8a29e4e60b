"""Members on file, for tests: two people, one telephone, and a directory that can be away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.domain.identity.check import Expected, IdentityItem, digest
from ivr.errors import HostError

#: Every value that stands on file and may appear nowhere else.
VALUES = ("0047382", "1985-03-12", "75011", "Delacroix-Meunier", "Hélène", "0051976", "1982-07-30", "Bastien")


def expected(number: str, last: str, first: str, born: str, postal_code: str) -> Expected:
    salt = b"salt of " + number.encode()
    values = {
        IdentityItem.MEMBER_NUMBER: number,
        IdentityItem.BIRTH_DATE: born,
        IdentityItem.POSTAL_CODE: postal_code,
    }
    return Expected(salt, {item: digest(item, value, salt) for item, value in values.items()}, (last,), first)


HELENE = expected("0047382", "Delacroix-Meunier", "Hélène", "1985-03-12", "75011")
BASTIEN = expected("0051976", "Delacroix-Meunier", "Bastien", "1982-07-30", "75011")


@dataclass
class FakeMembers:
    """Port MemberDirectory. `callers` are the URIs of the household's telephone."""

    callers: tuple[str, ...] = ()
    away: bool = False
    asked: list[str] = field(default_factory=list)

    def by_caller(self, uri: str) -> Sequence[Expected]:
        self._reach("caller")
        return (HELENE, BASTIEN) if uri in self.callers else ()

    def by_number(self, number: str) -> Sequence[Expected]:
        self._reach("number")
        return {"0047382": (HELENE,), "0051976": (BASTIEN,)}.get(number, ())

    def _reach(self, how: str) -> None:
        self.asked.append(how)
        if self.away:
            raise HostError("the member file cannot be read", where="members", remedy="import it again")
