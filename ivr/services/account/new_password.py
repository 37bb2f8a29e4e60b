"""A password that somebody chooses, typed twice."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.domain.account.password import LONGEST, judge_password
from ivr.domain.text.told import Told
from ivr.services.ports.accounts import PasswordHasher


@dataclass(frozen=True)
class NewPassword:
    text: str = field(repr=False)
    again: str = field(repr=False)

    def fault(self, login: str, hasher: PasswordHasher) -> Told | None:
        """Say what is wrong with it for this account, or nothing."""
        if self.text != self.again:
            return Told("The two passwords differ.")
        # What is too long is refused whatever its score, which takes time to find.
        score = hasher.score(self.text, (login,)) if len(self.text) <= LONGEST else 0
        return judge_password(self.text, login=login, score=score)
