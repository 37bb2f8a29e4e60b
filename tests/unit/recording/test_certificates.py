"""When certificates run out: the first end of those in a file, and what keeps one from being read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from ivr.recording.certificates import TlsCertificates
from ivr.services.ports.operation import Certificate

AT = datetime(2027, 1, 1, tzinfo=UTC)


def pem(until: datetime) -> bytes:
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "console.example.org")])
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=AT - timedelta(days=90),
        not_valid_after=until,
    ).sign(key, None)
    return made.public_bytes(serialization.Encoding.PEM)


def test_of_a_chain_the_first_end_counts(tmp_path: Path) -> None:
    file = tmp_path / "chain.pem"
    file.write_bytes(pem(AT + timedelta(days=300)) + pem(AT))
    assert TlsCertificates({"console": file}, {}).all() == [Certificate("console", AT)]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "No such file or directory"),
        (b"", "no certificate in PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate in PEM"),
        (b"\x00\xff" * 1000, "no certificate in PEM"),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes | None, fault: str) -> None:
    file = tmp_path / "cert.pem"
    if content is not None:
        file.write_bytes(content)
    assert TlsCertificates({"console": file}, {}).all() == [Certificate("console", None, fault)]
