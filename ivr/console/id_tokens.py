"""ID tokens read, and their signature checked (RFC 7515, by joserfc). What they say is the domain's to judge."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from joserfc.jwk import import_key
from joserfc.jws import JWSRegistry
from joserfc.jwt import decode

from ivr.domain.account.id_token import ALGORITHMS, IdToken
from ivr.services.ports.openid import Rejected, UnknownKey

_KINDS = {"R": "RSA", "P": "RSA", "E": "EC"}
#: Bits of an RSA key: shorter ones can be broken, longer ones are there to keep the console busy.
_SMALLEST_RSA, _LARGEST_RSA = 2048, 8192
_LONGEST_EXPONENT = 8


class JoseTokenReader:
    """Port TokenReader."""

    def read(self, token: str, keys: Sequence[object], algorithms: Sequence[str]) -> IdToken | Rejected:
        header = _header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS or algorithm not in algorithms:
            return Rejected("signed by an algorithm that is not allowed")
        if "crit" in header or "b64" in header:
            return Rejected("it asks for what is not understood here (crit)")
        fitting = [one for one in keys if isinstance(one, dict) and _fits(one, header)]
        # Without a name for its key there must be one alone that it can be.
        if not fitting or ("kid" not in header and len(fitting) > 1):
            return UnknownKey("signed by a key that the provider does not publish")
        return _verified(token, fitting[0], str(algorithm))


def _verified(token: str, key: dict[str, Any], algorithm: str) -> IdToken | Rejected:
    if key["kty"] == "RSA" and not _is_sound(key):
        return Rejected("signed by a key of a size that is not allowed")
    # What a header says of keys (jwk, jku, x5u, x5c) is never looked at: the key is the published one.
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        found = decode(token, import_key(key), algorithms=[algorithm], registry=registry)
    except Exception:
        # A stranger's Base64, JSON and numbers fail in more ways than can be listed.
        return Rejected("its signature is not good")
    return IdToken(found.header, found.claims)


def _header(token: str) -> Mapping[str, object]:
    """Return the header; nothing of it is proven. Empty for what is none."""
    try:
        found = json.loads(_bytes(token.split(".", 1)[0]))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _fits(key: dict[str, Any], header: Mapping[str, object]) -> bool:
    """Whether a published key may have signed what has this header."""
    algorithm = str(header["alg"])
    return (
        key.get("kty") == (_KINDS.get(algorithm[0]) if algorithm != "Ed25519" else "OKP")
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and ("kid" not in header or key.get("kid") == header["kid"])
    )


def _is_sound(key: dict[str, Any]) -> bool:
    try:
        modulus, exponent = (_bytes(str(key.get(name, ""))).lstrip(b"\0") for name in ("n", "e"))
    except ValueError:
        return False
    bits = int.from_bytes(modulus).bit_length()
    return _SMALLEST_RSA <= bits <= _LARGEST_RSA and len(exponent) <= _LONGEST_EXPONENT


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
