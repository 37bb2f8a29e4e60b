"""Which person a SIP or tel URI or a phone number means, so that one person has one spelling.

phonenumbers is loaded by the first number: most commands meet none.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from ivr.domain.numbers.phone_number import PLAN_CODES, canonical, plan_digits, spellings
from ivr.errors import ComplianceError

_SCHEME = re.compile(r"^(sips?|tel):", re.IGNORECASE)
_NUMBER = re.compile(r"^\+?[\d\s()./\-]+$")
_BETWEEN = re.compile(r"[\s()./\-]")
#: A bare E.164 number, as some trunks send it, is longer than what anybody dials at home.
_BARE_DIGITS = range(10, 16)


def person_of(uri: str, *, region: str = "FR") -> str:
    """Return the canonical spelling of the person behind `uri`.

    A phone number (tel URI, bare number, or the user part of a SIP URI) becomes E.164, read as dialled in `region`,
    with the one country code of its line (`ivr.domain.numbers.phone_number`), and the gateway's host is dropped. Any
    other SIP user becomes `user@host` in lower case, without port or parameters. Raises ComplianceError for an empty
    URI: nobody can be barred by it.
    Source: RFC 3261 section 19.1, RFC 3966.
    """
    return _read(uri, region)[0]


def means(party: str, person: str) -> bool:
    """Whether this address means this person; one that a caller sent spoilt is nobody's, and hides no other call."""
    try:
        return bool(party) and person_of(party) == person
    except ComplianceError:
        return False


def spellings_of(uri: str, *, region: str = "FR") -> tuple[str, ...]:
    """Return the canonical spelling of the person, then all others that older versions made of the same person.

    Older versions took a number as its region reads it, so that an overseas line had a spelling for each country code
    it came with, and kept a bare one with the host that sent it. Raises ComplianceError as `person_of` does.
    """
    person, older, host = _read(uri, region)
    digits = plan_digits(person)
    bare = [f"{code}{digits}@{host}" for code in PLAN_CODES] if digits and host else []
    return tuple(dict.fromkeys([person, *spellings(person), *older, *bare]))


def _read(uri: str, region: str) -> tuple[str, tuple[str, ...], str]:
    """Return the person, their spellings by older versions, and the host."""
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
    host = re.split(r"[;?]", host, maxsplit=1)[0]
    host = re.sub(r":\d+$", "", host) if not host.endswith("]") else host
    host = host.strip().lower()
    plain = _plain(user)
    number = _e164(plain, _region(parameters, region))
    name = (f"{user}@{host}" if host else user).strip().lower()
    if number:
        return canonical(number), (number, name) if plain != user else (number,), host
    if not name.strip("@ "):
        raise ComplianceError("an empty address names no person", rules=("RET-005",), remedy="give a URI or a number")
    bare = _bare(plain)
    return (canonical(bare), (name, f"+{_BETWEEN.sub('', plain)}"), host) if bare else (name, (name,), host)


def _plain(user: str) -> str:
    """Return a number's signs as keyboards write them: people paste hyphens, spaces and marks of all kinds."""
    kept = (sign for sign in unicodedata.normalize("NFKC", user) if unicodedata.category(sign) != "Cf")
    return "".join("-" if unicodedata.category(sign) == "Pd" else sign for sign in kept)


def _region(parameters: list[str], region: str) -> str:
    context = next((p.split("=", 1)[1] for p in parameters if p.lower().startswith("phone-context=+")), "")
    if not context:
        return region
    import phonenumbers

    code = re.sub(r"\D", "", context)
    found = phonenumbers.region_code_for_country_code(int(code)) if code else "ZZ"
    return region if found in ("ZZ", "001") else found


def _e164(user: str, region: str) -> str:
    if not _NUMBER.match(user):
        return ""
    import phonenumbers

    try:
        number = phonenumbers.parse(user, region)
    except phonenumbers.NumberParseException:
        return ""
    # Extensions such as 1001 are possible users and no numbers: they keep their host.
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _bare(user: str) -> str:
    """Return the E.164 number that this user is without its plus; empty when it is none."""
    digits = _BETWEEN.sub("", user)
    if not (digits.isascii() and digits.isdigit() and len(digits) in _BARE_DIGITS):
        return ""
    if plan_digits(f"+{digits}"):
        return f"+{digits}"
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
