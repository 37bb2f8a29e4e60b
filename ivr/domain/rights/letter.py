"""Letters that are sent to persons: plain text of the house with named places, checked when it is read.

Pure. A place is `{name}`; `{{` and `}}` are the signs themselves. Which places a letter may have, and which it must
have, stands here, so that no letter goes out without what the law asks it to tell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.domain.rights.request import RequestState, RightsRequest
from ivr.errors import ConfigurationError, nearest

_PLACE = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
#: What every letter knows.
COMMON = frozenset({"controller", "controller_address", "dpo", "date", "reference", "name", "address"})
_MUST = frozenset({"controller", "name", "reference"})
_REQUEST = COMMON | {"received", "due", "right"}
_FOUND = _REQUEST | {"found", "kept"}


@dataclass(frozen=True)
class LetterForm:
    """Which places a letter may have, and those without which it is no letter of its kind."""

    may: frozenset[str]
    must: frozenset[str]


#: The receipt of an authority tells what was handed out, and what it is checked with.
_HANDED = frozenset({"authority", "asked_reference", "basis", "items", "count", "index_sha256", "key_sha256"})
_RECEIPT = COMMON | _HANDED | {"received", "checked_by", "approved_by", "handed_out", "handed_out_by", "key_id"}

#: By the name of its file, without `.txt`.
FORMS: Mapping[str, LetterForm] = {
    "received": LetterForm(_REQUEST, _MUST | {"received", "due"}),
    "identity": LetterForm(_REQUEST, _MUST | {"due"}),
    "extension": LetterForm(_REQUEST | {"why"}, _MUST | {"why", "due"}),
    "access": LetterForm(_FOUND, _MUST | {"found"}),
    "copy": LetterForm(_FOUND, _MUST | {"found"}),
    "rectification": LetterForm(_FOUND, _MUST),
    "erasure": LetterForm(_FOUND | {"certificates"}, _MUST | {"certificates", "kept"}),
    "restriction": LetterForm(_FOUND, _MUST | {"found"}),
    "objection": LetterForm(_FOUND | {"certificates"}, _MUST | {"kept"}),
    "portability": LetterForm(_FOUND, _MUST),
    "after_death": LetterForm(_FOUND, _MUST),
    "refusal": LetterForm(_REQUEST | {"why", "article"}, _MUST | {"why", "article"}),
    "authority_receipt": LetterForm(_RECEIPT, _MUST | _HANDED),
    "breach": LetterForm(
        COMMON | {"nature", "consequences", "measures"}, _MUST | {"nature", "consequences", "measures"}
    ),
}


@dataclass(frozen=True)
class Letter:
    """A letter that was checked."""

    name: str
    body: str

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the letter with its places filled. Raises KeyError for a place that nobody filled."""

        def fill(match: re.Match[str]) -> str:
            return match.group()[0] if match[1] is None else values[match[1]]

        return _PLACE.sub(fill, self.body)


def letters_of(request: RightsRequest) -> tuple[str, ...]:
    """Return the names of the letters that belong to a request as it stands, the newest last."""
    names = ["received"]
    if request.state is RequestState.IDENTITY_ASKED:
        names.append("identity")
    if request.extended_on is not None:
        names.append("extension")
    if request.ground is not None:
        names.append("refusal")
    if request.outcome is not None:
        names.append(request.right.value)
    return tuple(names)


def read_letter(name: str, body: str, *, file: str) -> Letter:
    """Return the letter of this name.

    Raises ConfigurationError, with file, place and line, for a letter that nobody sends, a place that it cannot have,
    one that it lacks, or a brace that opens or closes nothing.
    """
    if name not in FORMS:
        raise ConfigurationError("no such letter is sent", file=file, key=name, remedy=nearest(name, FORMS))
    form, found = FORMS[name], set()
    for match in _PLACE.finditer(body):
        if match.group() in ("{{", "}}"):
            continue
        line = body.count("\n", 0, match.start()) + 1
        place = match[1]
        if place is None:
            raise ConfigurationError(
                "a brace stands alone", file=file, line=line, remedy="write {{ or }} for the sign itself"
            )
        if place not in form.may:
            raise ConfigurationError(
                "this letter has no such place", file=file, key=place, line=line, remedy=nearest(place, form.may)
            )
        found.add(place)
    missing = sorted(form.must - found)
    if missing:
        raise ConfigurationError(
            "this letter lacks a place that it must have", file=file, key=missing[0], remedy=f"write {{{missing[0]}}}"
        )
    return Letter(name, body)
