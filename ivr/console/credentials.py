"""What proves people: Argon2id for passwords (RFC 9106), time-based codes (RFC 6238)."""

from __future__ import annotations

import base64
import threading
from datetime import datetime

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError
from pyotp import TOTP
from pyotp.utils import strings_equal
from zxcvbn import zxcvbn

#: Each hash takes 64 MiB: so many at once, the others wait.
_AT_ONCE = 2
_STEP_S = 30
#: What is longer is hard to guess by its length, and takes zxcvbn long.
_SCORED = 72


class Argon2Hasher:
    """Port PasswordHasher, with the second recommended choice of RFC 9106 (64 MiB, 3 passes)."""

    def __init__(self) -> None:
        self._argon2 = Argon2()
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        # Verified where there is no account, so that this takes as long.
        self._nobody = self.hash("nobody has this password")

    def hash(self, password: str) -> str:
        with self._turn:
            return str(self._argon2.hash(password))

    def verifies(self, hashed: str | None, password: str) -> bool:
        with self._turn:
            try:
                return bool(self._argon2.verify(hashed or self._nobody, password)) and hashed is not None
            except (VerificationError, InvalidHashError):
                return False

    def score(self, password: str, known: tuple[str, ...]) -> int:
        return int(zxcvbn(password[:_SCORED], user_inputs=list(known))["score"]) if password else 0


class TotpCodes:
    """Port OneTimeCodes."""

    def step_of(self, secret: bytes, code: str, now: datetime) -> int | None:
        typed = "".join(code.split())
        totp, step = _totp(secret), int(now.timestamp()) // _STEP_S
        steps = (step, step - 1, step + 1)
        return next((one for one in steps if strings_equal(totp.generate_otp(one), typed)), None)


def enrolment_uri(secret: bytes, *, login: str, issuer: str) -> str:
    """Return what an authenticator reads from a QR code."""
    return str(_totp(secret).provisioning_uri(name=login, issuer_name=issuer))


def written_secret(secret: bytes) -> str:
    """Return the secret as it is typed into an authenticator without a camera, in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _totp(secret: bytes) -> TOTP:
    return TOTP(base64.b32encode(secret).decode())
