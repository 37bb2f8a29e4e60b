"""Argon2id and one-time codes, held against their RFCs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from ivr.console.credentials import Argon2Hasher, TotpCodes, enrolment_uri, written_secret

#: RFC 6238, appendix B, SHA-1: eight digits there, the last six here.
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
]
SECRET = b"12345678901234567890"


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert TotpCodes().step_of(SECRET, code, at(seconds)) == seconds // 30


def test_a_code_is_taken_one_step_early_or_late_and_no_more() -> None:
    step = 1111111111 // 30
    for late, found in ((-2, None), (-1, step), (0, step), (1, step), (2, None)):
        assert TotpCodes().step_of(SECRET, "050471", at((step + late) * 30)) == found


@pytest.mark.parametrize("code", ["", "05047", "0504710", "o50471", "٠٥٠٤٧١", "x" * 10_000])
def test_what_is_no_code_is_none(code: str) -> None:
    assert TotpCodes().step_of(SECRET, code, at(1111111111)) is None


def test_a_code_may_be_typed_in_groups() -> None:
    assert TotpCodes().step_of(SECRET, " 050 471 ", at(1111111111)) == 1111111111 // 30


def test_the_secret_is_shown_as_authenticators_read_it() -> None:
    assert written_secret(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    uri = enrolment_uri(SECRET, login="anne", issuer="ivr la Mutuelle")
    assert uri.startswith("otpauth://totp/ivr%20la%20Mutuelle:anne?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=")


class TestArgon2Hasher:
    hasher = Argon2Hasher()

    def test_a_hash_is_argon2id_with_64_mib_and_a_salt(self) -> None:
        hashed = self.hasher.hash("un mot de passe")
        found = extract_parameters(hashed)
        assert (found.type, found.memory_cost >= 64 << 10, found.time_cost >= 3) == (Type.ID, True, True)
        assert self.hasher.hash("un mot de passe") != hashed

    def test_it_verifies_what_it_hashed_and_nothing_else(self) -> None:
        hashed = self.hasher.hash("un mot de passe")
        assert self.hasher.verifies(hashed, "un mot de passe")
        assert not self.hasher.verifies(hashed, "un mot de passe ")
        assert not self.hasher.verifies("no hash", "un mot de passe")

    def test_nobody_has_a_password(self) -> None:
        assert not self.hasher.verifies(None, "nobody has this password")

    @pytest.mark.parametrize(
        ("password", "least", "most"),
        [
            ("", 0, 0),
            ("motdepasse123", 0, 1),
            ("anne.martin1", 0, 2),
            ("quatre chevaux dans la prairie", 4, 4),
            ("a" * 100_000, 0, 2),
        ],
    )
    def test_what_is_easily_guessed_scores_low(self, password: str, least: int, most: int) -> None:
        assert least <= self.hasher.score(password, ("anne.martin",)) <= most
