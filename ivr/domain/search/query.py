"""A search for recordings: what was typed or stored, checked and typed. Pure.

A telephone or member number is looked for by its keyed hash; it stands in no representation and in no error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from ivr.domain.call.leg import Disposition
from ivr.domain.recording.state import RecordingState
from ivr.errors import ConfigurationError, nearest

#: Filters that name a person: never saved, logged or shown.
PERSONAL = frozenset({"phone", "member"})
#: Filters by what analyses gave: they tell others' results, which only a supervisor sees.
SCORES = frozenset({"min-score", "max-score"})
#: Filters about a person or the work of an agent: a list by one of them needs a reason, and stands in the evidence.
SENSITIVE = PERSONAL | SCORES | {"agent", "disposition", "doubts"}
LARGEST_PAGE = 1000
_LONGEST = 100
_YEARS = range(2000, 2200)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LENGTH = re.compile(r"(?:(?:([0-9]{1,3}):)?([0-9]{1,3}):)?([0-9]{1,6})")
_SCORE = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]))?(?: ?%)?")
_MEMBER = re.compile(r"[0-9]{1,30}")
_PHONE = re.compile(r"[+0-9][0-9 ().-]{2,30}|(?:sips?|tel):[^\s]{1,90}", re.IGNORECASE)
_YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True)
class RecordingQuery:
    """What to look for; each field given narrows the answer.

    `since` is included, `until` and `due_before` are not; lengths in milliseconds, both included. `purpose` is a
    retention tag. `min_tenths` and `max_tenths` are tenths of a percent, both included, of an analysis that counts
    for the agent. `gaps`, `masks` and `doubts`: whether there are any. Newest first; with `due_before` what is due
    first comes first, and only what still holds audio is found. `after` is where the page before ended.
    """

    since: datetime | None = None
    until: datetime | None = None
    due_before: datetime | None = None
    program: str = ""
    agent: str = ""
    dispositions: tuple[Disposition, ...] = ()
    purpose: str = ""
    states: tuple[RecordingState, ...] = ()
    min_ms: int | None = None
    max_ms: int | None = None
    min_tenths: int | None = None
    max_tenths: int | None = None
    gaps: bool | None = None
    masks: bool | None = None
    doubts: bool | None = None
    phone: str = field(default="", repr=False)
    member: str = field(default="", repr=False)
    after: str = ""
    limit: int = 100

    def __post_init__(self) -> None:
        """Raises ConfigurationError for a query that can find nothing, or more than a page holds."""
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise _refused("until", self.until.isoformat(), "'until' is not later than 'since'", "give a later date")
        if self.min_ms is not None and self.max_ms is not None and self.min_ms > self.max_ms:
            raise _refused("max-length", self.max_ms, "the longest is shorter than the shortest", "give a longer one")
        if self.min_tenths is not None and self.max_tenths is not None and self.min_tenths > self.max_tenths:
            raise _refused("max-score", self.max_tenths, "the highest score is below the lowest", "give a higher one")
        if self.limit < 1:
            raise _refused("limit", self.limit, "a page of no rows", "give 1 or more")
        if self.phone and self.member:
            raise _refused("member", None, "a telephone and a member number at once", "look for one of them")

    @property
    def filters(self) -> tuple[str, ...]:
        """Names of what narrows the answer, sorted; no value."""
        none = RecordingQuery()
        return tuple(
            sorted(
                _NAMES.get(name, name)
                for name in vars(self)
                if name not in ("after", "limit") and getattr(self, name) != getattr(none, name)
            )
        )


#: How a filter is called where people type it, if not as the field.
_NAMES = {
    "due_before": "due-before",
    "dispositions": "disposition",
    "states": "state",
    "min_ms": "min-length",
    "max_ms": "max-length",
    "min_tenths": "min-score",
    "max_tenths": "max-score",
}
FILTERS = (
    "since",
    "until",
    "due-before",
    "program",
    "agent",
    "disposition",
    "purpose",
    "state",
    "min-length",
    "max-length",
    "min-score",
    "max-score",
    "gaps",
    "masks",
    "doubts",
    "phone",
    "member",
)


def parse_query(
    given: Mapping[str, str], *, zone: tzinfo, purposes: Collection[str], after: str = "", limit: int = 100
) -> RecordingQuery:
    """Return the query that these filters ask for, as they are typed: name to text; empty text asks for nothing.

    Dates and times without an offset are in `zone`; lengths are seconds, or minutes:seconds, or hours:minutes:seconds;
    several states or dispositions are divided by commas; traits are "yes" or "no". `purposes` are the retention tags.
    Raises ConfigurationError with the filter's name and what is known that is nearest.
    """
    fields: dict[str, object] = {}
    for name, text in given.items():
        if name not in FILTERS:
            raise _refused(name[:_LONGEST], None, "there is no such filter", nearest(name[:_LONGEST], FILTERS))
        value = text.strip()
        if not value:
            continue
        if len(value) > (10 * _LONGEST if name in ("state", "disposition") else _LONGEST):
            raise _refused(name, None, "the value is too long", f"at most {_LONGEST} characters")
        fields[_FIELDS.get(name, name)] = _read(name, value, zone, purposes)
    if after and not _ID.fullmatch(after):
        raise _refused("after", None, "that is no place in a list", "give what the page before gave")
    if limit > LARGEST_PAGE:
        raise _refused("limit", limit, "the page is too long", f"give at most {LARGEST_PAGE} rows")
    return RecordingQuery(**fields, after=after, limit=limit)  # type: ignore[arg-type]


_FIELDS = {name: one for one, name in _NAMES.items()}


def _read(name: str, value: str, zone: tzinfo, purposes: Collection[str]) -> object:
    if name in ("since", "until", "due-before"):
        return _moment(name, value, zone)
    if name == "state":
        return tuple(RecordingState(one) for one in _words(name, value, [one.value for one in RecordingState]))
    if name == "disposition":
        return tuple(Disposition(one) for one in _words(name, value, [one.value for one in Disposition]))
    if name == "purpose":
        return _words(name, value, purposes, several=False)[0]
    if name in ("gaps", "masks", "doubts"):
        return _YES_NO[_words(name, value, _YES_NO, several=False)[0]]
    return _TEXTS.get(name, _plain)(name, value)


def _words(name: str, value: str, known: Collection[str], *, several: bool = True) -> list[str]:
    words = [one.strip() for one in value.split(",")] if several else [value]
    for one in words:
        if one not in known:
            raise _refused(name, one[:_LONGEST], "there is no such value", nearest(one[:_LONGEST], known))
    return list(dict.fromkeys(words))


def _moment(name: str, value: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise _refused(name, value, "that is no date", "write 2027-06-01 or 2027-06-01T09:00+02:00") from None
    if found.year not in _YEARS:
        raise _refused(name, value, "no call was recorded then", f"give a year from {_YEARS[0]} to {_YEARS[-1]}")
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _length_ms(name: str, value: str) -> int:
    found = _LENGTH.fullmatch(value)
    if found is None:
        raise _refused(name, value, "that is no length", "write 90, 1:30 or 1:00:00")
    hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return int(timedelta(hours=hours, minutes=minutes, seconds=seconds).total_seconds()) * 1000


def _tenths(name: str, value: str) -> int:
    found = _SCORE.fullmatch(value)
    tenths = int(found[1]) * 10 + int(found[2] or 0) if found else 1001
    if tenths > 1000:
        raise _refused(name, None, "that is no score", "write a percentage from 0 to 100, such as 70 or 72,5")
    return tenths


def _phone(name: str, value: str) -> str:
    if not _PHONE.fullmatch(value):
        raise _refused(name, None, "that is no telephone number", "write +33 6 12 34 56 78 or 06 12 34 56 78")
    return value


def _member(name: str, value: str) -> str:
    digits = value.replace(" ", "")
    if not _MEMBER.fullmatch(digits):
        raise _refused(name, None, "that is no member number", "write its digits")
    return digits


def _plain(name: str, value: str) -> str:
    if not value.isprintable():
        raise _refused(name, None, "the value holds characters that nobody types", "write letters and digits")
    return value


_TEXTS: Mapping[str, Callable[[str, str], object]] = {
    "min-length": _length_ms,
    "max-length": _length_ms,
    "min-score": _tenths,
    "max-score": _tenths,
    "phone": _phone,
    "member": _member,
}


def _refused(name: str, value: object, what: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(what, key=name, value=value, remedy=remedy)
