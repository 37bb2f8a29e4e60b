"""Who asks: what is typed of a person to answer them, checked. Never a NIR nor bank data; nothing of it is shown.

Pure. What comes from here is sealed under the key of its case before it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC

from ivr.domain.redaction.redactor import Redactor
from ivr.domain.rights.desk_words import noted, plain
from ivr.domain.search.query import parse_query
from ivr.errors import ConfigurationError

_PLACEHOLDER = re.compile(r"<[a-z]+>")
_BRACKETS = {ord(sign): " " for sign in "<>"}
_LONGEST_NAME, _LONGEST_ADDRESS = 200, 500


@dataclass(frozen=True)
class Requester:
    """`phone` and `member` are what is searched for; `notes` are the desk's own words, without numbers."""

    name: str = field(repr=False)
    address: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    member: str = field(default="", repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)


def read_requester(given: Mapping[str, str], *, redactor: Redactor) -> Requester:
    """Return what was typed of a person.

    Raises ConfigurationError, which quotes none of it, for a missing name, a value that is too long or is no number,
    and for one that holds what is never asked: a NIR, a card, an account, a code.
    """
    name = _allowed("name", plain("name", given.get("name", ""), longest=_LONGEST_NAME), redactor)
    if not name:
        raise ConfigurationError("who asks must be said", key="name", remedy="write their name as they give it")
    typed = plain("address", given.get("address", ""), longest=_LONGEST_ADDRESS, several_lines=True)
    address = _allowed("address", typed, redactor)
    numbers = {}
    for key in ("phone", "member"):
        query = parse_query({key: given.get(key, "")}, zone=UTC, purposes=())
        numbers[key] = _allowed(key, query.phone or query.member, redactor)
    return Requester(name, address, numbers["phone"], numbers["member"])


def with_note(requester: Requester, note: str, *, by: str, redactor: Redactor) -> Requester:
    """Return them with a note of the desk, or as they are when it is empty; numbers in it become their kind."""
    return replace(requester, notes=noted(requester.notes, note, by=by, redactor=redactor))


def _allowed(key: str, value: str, redactor: Redactor) -> str:
    # A telephone number is what people are found by; whatever else is found is never asked.
    if set(_PLACEHOLDER.findall(redactor.text(value.translate(_BRACKETS)))) - {"<phone>"}:
        raise ConfigurationError(
            "it looks like a social-security number, a card, an account or a code, which is never asked",
            key=key,
            remedy="leave it out: who asks is known in another way",
        )
    return value
