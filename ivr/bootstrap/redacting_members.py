"""Port MemberDirectory that keeps the names it hands out from whatever this process tells or logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ivr.domain.identity.check import Expected
from ivr.domain.redaction.redactor import LearningRedactor
from ivr.services.ports.members import MemberDirectory

#: Members of the last calls: more than a line holds at once, few enough to look for in every line of a log.
_REMEMBERED = 64


class NamedMembers:
    """Asks `members`, and has `redactor` know whoever was found, until many others were."""

    def __init__(self, members: MemberDirectory, redactor: LearningRedactor) -> None:
        self._members = members
        self._redactor = redactor
        self._names: deque[str] = deque()

    def by_caller(self, uri: str) -> Sequence[Expected]:
        return self._found(self._members.by_caller(uri))

    def by_number(self, number: str) -> Sequence[Expected]:
        return self._found(self._members.by_number(number))

    def _found(self, found: Sequence[Expected]) -> Sequence[Expected]:
        for one in found:
            for last in one.last_names:
                name = f"{one.first_name} {last}".strip()
                if name not in self._names:
                    self._names.append(name)
                    self._redactor.know(name)
        while len(self._names) > _REMEMBERED:
            self._redactor.forget(self._names.popleft())
        return found
