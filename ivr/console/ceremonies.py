"""What browsers are asked about passkeys, and how their answers are checked (WebAuthn 2, by py_webauthn).

Nothing is asked about the make of a device (no attestation): any that verifies the person will do.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ivr.domain.account.account import Account
from ivr.domain.account.passkey import CHALLENGE, Passkey
from ivr.services.ports.passkeys import Claim, NewCredential

_T = TypeVar("_T")
_TIMEOUT_MS = int(CHALLENGE.total_seconds() * 1000)
_VERIFIED = UserVerificationRequirement.REQUIRED


class WebAuthnCeremonies:
    """Port PasskeyCeremonies. `origin` is where browsers find the console, `name` what they call it."""

    def __init__(self, origin: str, name: str) -> None:
        self._origin = origin
        self._name = name
        self._party = relying_party(origin)

    @property
    def usable(self) -> bool:
        return self._party is not None

    def creation(self, challenge: bytes, account: Account, there: list[Passkey]) -> str:
        assert self._party is not None
        options = generate_registration_options(
            rp_id=self._party,
            rp_name=self._name,
            user_id=account.id.encode(),
            user_name=account.login,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            # Kept on the device with the account's id: a login need not be typed to find it.
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, require_resident_key=True, user_verification=_VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in there],
        )
        return options_to_json(options)

    def created(self, answer: str, challenge: bytes) -> NewCredential | None:
        def verified() -> NewCredential:
            made = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._party or "",
                expected_origin=self._origin,
                require_user_verification=True,
            )
            return NewCredential(made.credential_id, made.credential_public_key, made.sign_count)

        return _unless_wrong(verified)

    def request(self, challenge: bytes) -> str:
        assert self._party is not None
        options = generate_authentication_options(
            rp_id=self._party, challenge=challenge, timeout=_TIMEOUT_MS, user_verification=_VERIFIED
        )
        return options_to_json(options)

    def claimed(self, answer: str) -> Claim | None:
        def read() -> Claim:
            credential = parse_authentication_credential_json(answer)
            return Claim(credential.raw_id, (credential.response.user_handle or b"").decode())

        return _unless_wrong(read)

    def proven(self, answer: str, challenge: bytes, public_key: bytes) -> int | None:
        def verified() -> int:
            proven = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._party or "",
                expected_origin=self._origin,
                credential_public_key=public_key,
                # The domain judges the count, so that the evidence can tell it from a wrong signature.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
            return proven.new_sign_count

        return _unless_wrong(verified)


def relying_party(url: str) -> str | None:
    """Return the name to which browsers bind passkeys of a console at `url`; None where they allow none.

    They want HTTPS, or this machine by its name, and never an address (WebAuthn 2, section 5.1.3, step 7).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host if host and (parts.scheme == "https" or host == "localhost") else None
    return None


def _unless_wrong(read: Callable[[], _T]) -> _T | None:
    """Return what was read, or nothing: a stranger's JSON, CBOR and keys fail in more ways than can be listed."""
    try:
        return read()
    except Exception:
        return None
