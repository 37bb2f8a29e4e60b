"""Which person a SIP or tel URI or a phone number means, so that one person has one spelling."""

from __future__ import annotations

import re
from urllib.parse import unquote

import phonenumbers

from ivr.errors import ComplianceError

_SCHEME = re.compile(r"^(sips?|tel):", re.IGNORECASE)
_NUMBER = re.compile(r"^\+?[\d\s().\-]+$")


def person_of(uri: str, *, region: str = "FR") -> str:
    """Return the canonical spelling of the person behind `uri`.

    A phone number (tel URI, bare number, or the user part of a SIP URI) becomes E.164, read as dialled in `region`,
    and the gateway's host is dropped. Any other SIP user becomes `user@host` in lower case, without port or
    parameters. Raises ComplianceError for an empty URI: nobody can be barred by it.
    Source: RFC 3261 section 19.1, RFC 3966.
    """
    address = uri.strip()
    if "<" in address:
        address = address.split("<", 1)[1].split(">", 1)[0]
    address = _SCHEME.sub("", address.strip())
    user, at, host = address.rpartition("@")
    if not at:
        user, host = address, ""
    user, *parameters = unquote(user.split("?", 1)[0]).split(";")
    # A SIP user may carry a password (RFC 3261); it names nobody.
    user = user.split(":", 1)[0] if at else user
    number = _e164(user, _region(parameters, region))
    if number:
        return number
    host = re.split(r"[;?]", host, maxsplit=1)[0]
    host = re.sub(r":\d+$", "", host) if not host.endswith("]") else host
    name = f"{user}@{host}" if host else user
    if not name.strip("@ "):
        raise ComplianceError("an empty address names no person", rules=("RET-005",), remedy="give a URI or a number")
    return name.strip().lower()


def _region(parameters: list[str], region: str) -> str:
    context = next((p.split("=", 1)[1] for p in parameters if p.lower().startswith("phone-context=+")), "")
    if not context:
        return region
    code = re.sub(r"\D", "", context)
    found = phonenumbers.region_code_for_country_code(int(code)) if code else "ZZ"
    return region if found in ("ZZ", "001") else found


def _e164(user: str, region: str) -> str:
    if not _NUMBER.match(user):
        return ""
    try:
        number = phonenumbers.parse(user, region)
    except phonenumbers.NumberParseException:
        return ""
    # Extensions such as 1001 are possible users and no numbers: they keep their host.
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
