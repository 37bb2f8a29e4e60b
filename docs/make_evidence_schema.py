"""Writes docs/evidence/ from the classes of the events: python docs/make_evidence_schema.py

`events.schema.json` has the body of each kind as a JSON schema, in every version that was published, `README.md` says
what each event says, and for whom. `earlier.json` has the versions before that of the class, and is written by hand:
whoever raises the `version` of a kind moves its schema of before there.
`tests/unit/domain/evidence/test_schema.py` fails when they are not those of the classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from ivr.domain.evidence.events import MODULES
from ivr.domain.evidence.events.base import NAMED, Absent, Event, kinds
from ivr.domain.recording.state import RecordingState
from ivr.domain.retention.legal_hold import HoldState

FOLDER = Path(__file__).resolve().parent / "evidence"
#: By kind, the schemas of its earlier versions from the first on.
EARLIER: Mapping[str, list[dict[str, object]]] = json.loads((FOLDER / "earlier.json").read_text("utf-8"))
HEAD = """# Events of the evidence

Written by `python docs/make_evidence_schema.py`. Each event of the chain has a kind, and the body of a kind has the
fields of its class in `ivr/domain/evidence/events/`; [events.schema.json](events.schema.json) has them as JSON schemas.
How events are chained, signed and exported is in [recording-format.md](../recording-format.md), section Evidence.

- **What is in no event**: words, digits, audio, telephone numbers, names. Whoever writes such a field is refused; what
  looks like one is replaced (`<phone>`) before it is digested.
- **Versions**: a new kind begins at version 1. One that changes gets a higher version, and its body then holds it as
  `v`; without `v` it is version 1. Old events are never written anew, and every version goes on being read: the
  schema of a kind has each (`oneOf`).
- **States of a recording** (`from_state`, `state`, `recording_state`) bear the name they had when the event was
  written: `HELD` in events of ivr 0.1 is what is `PAUSED` since, and the schema has both. That is no new version
  of a kind: no field comes, goes or says something else, and who reads a chain has to know both names anyway. The kind
  `recording.held` keeps its name.
- **A field with a question mark** is told in some cases only.
- Times are UTC in ISO 8601; names that end in `_ms` are milliseconds of the call's audio.
"""
#: The fields that hold a state, and the names it may have: those of the state table, and one that was.
_STATES = {
    "recording": [*(one.value for one in RecordingState), "HELD"],
    "legal_hold": [one.value for one in HoldState],
}
_STATE_FIELDS = {"from_state", "state", "recording_state"}
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def schema() -> dict[str, object]:
    """One JSON schema with a definition for each kind."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bodies of the events of ivr's evidence, by kind",
        "$defs": {
            kind: {"title": kind, "description": _says(cls), **versions_of(cls)} for kind, cls in kinds().items()
        },
    }


def page() -> str:
    """The README: by theme, for whom, and what each event says."""
    parts = [HEAD]
    for module in MODULES:
        what, _, for_whom = " ".join(str(module.__doc__).split()).partition(". For ")
        parts.append(f"## {what}\n\nFor {for_whom}\n")
        parts.append("| kind | since | what it says | fields |\n| --- | --- | --- | --- |")
        mine = [cls for cls in kinds().values() if cls.__module__ == module.__name__]
        parts += [f"| `{cls.kind}` | {cls.version} | {_says(cls)} | {_fields(cls)} |" for cls in mine]
        parts.append("")
    return "\n".join(parts)


def _says(cls: type[Event]) -> str:
    return " ".join(str(cls.__doc__).split())


def _fields(cls: type[Event]) -> str:
    shown = [f"`{_name(one)}`{'' if one.default is MISSING else '?'}" for one in fields(cls)]  # type: ignore[arg-type]
    return ", ".join(shown) or "none"


def _name(one: Any) -> str:
    return str(one.metadata.get(NAMED, one.name))


def versions_of(cls: type[Event]) -> dict[str, object]:
    """The schema of a kind in all its versions; raises ValueError when an earlier one is not kept."""
    earlier = EARLIER.get(cls.kind, [])
    if len(earlier) != cls.version - 1:
        raise ValueError(f"{cls.kind} is at version {cls.version}, and earlier.json has {len(earlier)} before it")
    return {"oneOf": [*earlier, object_of(cls)]} if earlier else object_of(cls)


def object_of(cls: Any) -> dict[str, object]:
    """The schema of a class of events, or of a part of one; a version after the first stands in the body."""
    hints = get_type_hints(cls)
    told = {_name(one): _type(hints[one.name]) for one in fields(cls)}
    states = _STATES["legal_hold" if cls.__module__.endswith("legal_hold") else "recording"]
    told |= {name: {"type": "string", "enum": states} for name in told if name in _STATE_FIELDS}
    required = [_name(one) for one in fields(cls) if one.default is MISSING]
    if (version := getattr(cls, "version", 1)) > 1:
        told["v"] = {"type": "integer", "const": version}
        required.append("v")
    return {"type": "object", "properties": told, "required": required, "additionalProperties": False}


def _type(hint: Any) -> dict[str, object]:
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if hint is datetime:
        return {"type": "string", "format": "date-time"}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _type(get_args(hint)[0])}
    if get_origin(hint) is Mapping:
        return {"type": "object", "additionalProperties": _type(get_args(hint)[1])}
    if is_dataclass(hint):
        return object_of(hint)
    arms = [_type(one) for one in get_args(hint) if one is not Absent]
    return arms[0] if len(arms) == 1 else {"anyOf": arms}


def main() -> None:
    (FOLDER / "events.schema.json").write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    (FOLDER / "README.md").write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
