"""Signs evidence with Ed25519 (RFC 8032); the private key lies in a local file like the KEK, mode 0600."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ivr.recording import secret_file
from ivr.recording.secret_file import Secret

EVIDENCE_USE = "evidence"


class Ed25519Signer:
    """Port Signer. `key_id` is `ed25519-` and twelve hex digits of SHA-256 over the public key."""

    def __init__(self, secret: Secret) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret.key)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.key_id = key_id(self.public_key)

    @classmethod
    def load(cls, path: Path) -> Ed25519Signer:
        """Raises HostError when the key file is missing, readable by others, or not one of ours."""
        return cls(secret_file.load(path, EVIDENCE_USE))

    @classmethod
    def create(cls, path: Path) -> Ed25519Signer:
        """Make the key file when there is none; loads it when there is one."""
        return cls(secret_file.create(path, EVIDENCE_USE))

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.key_id})"

    @property
    def public_pem(self) -> bytes:
        """The public key as others read it: PEM, SubjectPublicKeyInfo (RFC 8410)."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def is_key(self, named: str, public_key: bytes) -> bool:
        return key_id(public_key) == named

    def verifies(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def key_id(public_key: bytes) -> str:
    return f"ed25519-{hashlib.sha256(public_key).hexdigest()[:12]}"
