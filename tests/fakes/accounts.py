"""What proves people, for tests: no hashing that takes its time, and codes that anybody can work out."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import datetime

from ivr.recording.sealer import AccountSealer

SEALER = AccountSealer(bytes(range(32)))


@dataclass
class FakeHasher:
    """Port PasswordHasher: knows how often it was asked. A password's score is 4, or 0 when it says "weak"."""

    asked: int = 0

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verifies(self, hashed: str | None, password: str) -> bool:
        self.asked += 1
        return hashed == self.hash(password)

    def score(self, password: str, known: tuple[str, ...]) -> int:
        return 0 if "weak" in password else 4


class FakeCodes:
    """Port OneTimeCodes: the code of a step is its number and what the secret begins with."""

    def step_of(self, secret: bytes, code: str, now: datetime) -> int | None:
        step = int(now.timestamp()) // 30
        return next((one for one in (step - 1, step, step + 1) if code == code_of(secret, one)), None)


def code_of(secret: bytes, step: int) -> str:
    return f"{step}-{secret.hex()[:6]}"


class Random:
    """Never the same bytes twice, and the same ones in each run."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def __call__(self, count: int) -> bytes:
        return hashlib.shake_256(str(next(self._numbers)).encode()).digest(count)
