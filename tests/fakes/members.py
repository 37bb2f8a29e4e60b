"""Members on file, for tests: two people, one telephone, and a directory that can be away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivr.domain.identity.check import Expected, IdentityItem, digest
from ivr.domain.identity.member import MemberRecord
from ivr.errors import HostError
from ivr.services.ports.members import MemberListHead, WriteEvidence
from ivr.storage.person import spellings_of

#: Every value that stands on file and may appear nowhere else.
VALUES = ("0047382", "1985-03-12", "75011", "Delacroix-Meunier", "Hélène", "0051976", "1982-07-30", "Bastien")

HELENE = MemberRecord("0047382", ("Delacroix-Meunier",), "Hélène", "1985-03-12", "75011")
BASTIEN = MemberRecord("0051976", ("Delacroix-Meunier",), "Bastien", "1982-07-30", "75011")


def expected(record: MemberRecord) -> Expected:
    salt = b"salt of " + record.member_number.encode()
    values = {
        IdentityItem.MEMBER_NUMBER: record.member_number,
        IdentityItem.BIRTH_DATE: record.birth_date,
        IdentityItem.POSTAL_CODE: record.postal_code,
    }
    digests = {item: digest(item, value, salt) for item, value in values.items() if value}
    person = ("persons-test", record.member_number.encode())
    return Expected(salt, digests, record.last_names, record.first_name, person)


@dataclass
class FakeMembers:
    """Port MemberList. `callers` are the URIs of the household's telephone."""

    callers: tuple[str, ...] = ()
    away: bool = False
    asked: list[str] = field(default_factory=list)
    records: tuple[MemberRecord, ...] = (HELENE, BASTIEN)
    told: MemberListHead | None = None

    def by_caller(self, uri: str) -> Sequence[Expected]:
        self._reach("caller")
        known = {uri, *spellings_of(uri)}
        return [expected(one) for one in self.records if known.intersection((*one.phones, *self.callers))]

    def by_number(self, number: str) -> Sequence[Expected]:
        self._reach("number")
        return [expected(one) for one in self.records if one.member_number == number]

    def replace(
        self, records: Iterable[MemberRecord], *, made_at: datetime, write_evidence: WriteEvidence
    ) -> MemberListHead:
        listed = tuple(records)
        head = MemberListHead(f"list-{len(self.asked)}", "kek", made_at.replace(microsecond=0), len(listed))
        write_evidence(head)
        self.records, self.told = listed, head
        return head

    def head(self) -> MemberListHead:
        if self.told is None:
            raise HostError("no members have been imported", where="members", remedy="import them")
        return self.told

    verify = head

    def delete(self, *, write_evidence: WriteEvidence) -> MemberListHead:
        head = self.head()
        write_evidence(head)
        self.records, self.told = (), None
        return head

    def _reach(self, how: str) -> None:
        self.asked.append(how)
        if self.away:
            raise HostError("the database does not answer: away", where="members", remedy="start it")
