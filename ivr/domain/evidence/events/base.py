"""What every event of the evidence is: a class per kind, whose fields are the body, for who writes and who reads.

Version 1 is the bodies of ivr 0.1, byte for byte: their digests stand in chains that nobody can write anew. A kind
that must change gets a higher `version`, which its body then tells as `v`; `read` is given it and reads older ones too.
A field that may be `Absent` and has no default is always written; events from before 0.1 may lack it.
Words of a vocabulary (`SEALED`, `caller`) are text: evidence outlives the enumerations of the code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, Self, TypeVar, get_args, get_origin, get_type_hints

from ivr.domain.evidence.chain import stamp

_T = TypeVar("_T")


class Absent(Enum):
    """The value of a field that an event does not tell, because of what happened or of its age."""

    ABSENT = "absent"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent.ABSENT

#: Field metadata: the name in the body, where it is not the field's.
NAMED = "named"
#: Field metadata: how a time is spelled, where it is not `stamp`.
SPELLED = "spelled"

#: What a field that should be there and is not, or holds something else, is read as. In doubt recovery must go on.
_BLANK: Mapping[object, object] = {
    str: "",
    int: 0,
    float: 0.0,
    bool: False,
    tuple: (),
    Mapping: {},
    datetime: datetime(1970, 1, 1, tzinfo=UTC),
}
_KINDS: dict[str, type[Event]] = {}
_UNION: Final = type(str | None)
_Parser = Callable[[Any], Any]
_Layout = tuple[tuple[str, str, _Parser, object, Callable[[Any], object]], ...]
_LAYOUTS: dict[type[Event], _Layout] = {}


class Event:
    """One kind of event. Subclasses are frozen dataclasses that name their kind: `class Paused(Event, kind="…")`."""

    kind: str
    version: int = 1

    def __init_subclass__(cls, *, kind: str = "") -> None:
        super().__init_subclass__()
        if kind:
            if kind in _KINDS:
                raise TypeError(f"two classes are of kind '{kind}'")
            cls.kind = kind
            _KINDS[kind] = cls

    def body(self) -> dict[str, object]:
        """Return the body as JSON values: what is absent is left out."""
        out: dict[str, object] = {}
        for name, key, _, _, spell in _layout(type(self)):
            if (value := getattr(self, name)) is not ABSENT:
                out[key] = spell(value)
        return out if self.version == 1 else {**out, "v": self.version}

    @classmethod
    def read(cls, body: Mapping[str, object], version: int = 1) -> Self:
        """Read what this class knows of a body of any version, and never fail: who recovers reads what it can."""
        fields = {}
        for name, key, parse, blank, _ in _layout(cls):
            value = parse(body[key]) if key in body else ABSENT
            fields[name] = blank if value is ABSENT else value
        return cls(**fields)

    def redacted(self, value: Callable[..., object]) -> Event:
        """Return the event with each value of its body replaced by `value(it, key=its name)`."""
        return self._again({key: value(one, key=key) for key, one in self.body().items()})

    def _again(self, body: Mapping[str, object]) -> Event:
        return self.read(body, self.version)


@dataclass(frozen=True)
class Unread(Event):
    """An event of a kind that this version of ivr does not know; its body is as it stands."""

    kind: str
    unread: Mapping[str, object]

    def body(self) -> dict[str, object]:
        return dict(self.unread)

    def _again(self, body: Mapping[str, object]) -> Event:
        return Unread(self.kind, body)


def read_event(kind: str, body: Mapping[str, object]) -> Event:
    """Return the event of this kind; `Unread` when there is no such kind. Early chains hold `objection.voice`, too."""
    found = _KINDS.get("objection" if kind.startswith("objection.") else kind)
    if found is None:
        return Unread(kind, body)
    version = body.get("v")
    return found.read(body, version if type(version) is int else 1)


def kinds() -> Mapping[str, type[Event]]:
    """Every kind there is, with its class."""
    return dict(_KINDS)


def known(value: _T | Absent, otherwise: _T) -> _T:
    """Return the value, or the other one when it is absent."""
    return otherwise if isinstance(value, Absent) else value


def _layout(cls: type[Event]) -> _Layout:
    """Name, name in the body, reader, what stands for what is missing, and spelling of each field."""
    if cls not in _LAYOUTS:
        hints = get_type_hints(cls)
        _LAYOUTS[cls] = tuple(
            (
                one.name,
                one.metadata.get(NAMED, one.name),
                _parser(hints[one.name]),
                _blank(hints[one.name]),
                _spelling(one.metadata.get(SPELLED, stamp)),
            )
            for one in fields(cls)  # type: ignore[arg-type]
        )
    return _LAYOUTS[cls]


def _spelling(spell_time: Callable[[datetime], str]) -> Callable[[Any], object]:
    def spell(value: Any) -> object:
        if isinstance(value, (str, int)):
            return value
        if isinstance(value, datetime):
            return spell_time(value)
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, Mapping):
            return {key: spell(one) for key, one in value.items()}
        return spell(vars(value)) if is_dataclass(value) else value

    return spell


def _blank(hint: Any) -> object:
    arms = get_args(hint)
    if Absent in arms:
        return ABSENT
    return None if type(None) in arms else _BLANK[get_origin(hint) or hint]


def _parser(hint: Any) -> _Parser:
    """Return what reads a value as the type asks, and gives ABSENT for what is none of that type."""
    origin, nested = get_origin(hint), is_dataclass(hint)
    if origin is _UNION:
        arms = [_parser(one) for one in get_args(hint) if one is not Absent]
        return lambda value: next((one for arm in arms if (one := arm(value)) is not ABSENT), ABSENT)
    if hint is datetime:
        return _time
    if origin is tuple:
        return _texts
    if origin is Mapping:
        each = _parser(get_args(hint)[1])
        return lambda value: _all({name: each(one) for name, one in value.items()}, dict) if _named(value) else ABSENT
    if nested:
        parts = {name: _parser(one) for name, one in get_type_hints(hint).items()}
        return lambda value: (
            _all({name: read(value.get(name)) for name, read in parts.items()}, hint) if _named(value) else ABSENT
        )
    # A whole number is a fraction too, and true is no number.
    types = (float, int) if hint is float else (hint,)
    return lambda value: value if type(value) in types else ABSENT


def _time(value: object) -> datetime | Absent:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return ABSENT
    return at if at is not None and at.tzinfo is not None else ABSENT


def _texts(value: object) -> tuple[str, ...] | Absent:
    return tuple(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else ABSENT


def _named(value: object) -> bool:
    return isinstance(value, Mapping)


def _all(read: dict[str, Any], make: Callable[..., Any]) -> Any:
    return ABSENT if ABSENT in read.values() else make(**read)
