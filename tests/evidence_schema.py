"""Holds a body against docs/evidence/events.schema.json: as much of JSON Schema as that file uses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).resolve().parents[1] / "docs" / "evidence" / "events.schema.json"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),),
    "array": (list,), "object": (dict,),
}  # fmt: skip


@cache
def definitions() -> Mapping[str, Any]:
    return dict(json.loads(_FILE.read_text("utf-8"))["$defs"])


def faults(kind: str, body: Mapping[str, object]) -> list[str]:
    """Say what in the body of this kind is not as the schema has it."""
    return list(found(kind, definitions()[kind], json.loads(json.dumps(body))))


def found(where: str, schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    """Say what in the value is not as this schema has it."""
    if "oneOf" in schema:
        tried = [list(found(where, one, value)) for one in schema["oneOf"]]
        if (kept := sum(not one for one in tried)) != 1:
            yield from min(tried, key=len) if not kept else [f"{where}: it is as {kept} versions have it"]
        return
    if "anyOf" in schema:
        tried = [list(found(where, one, value)) for one in schema["anyOf"]]
        if all(tried):
            yield from tried[0]
        return
    if type(value) not in _TYPES[schema["type"]]:
        yield f"{where}: {value!r} is no {schema['type']}"
    elif schema.get("const", value) != value:
        yield f"{where}: {value!r} is not {schema['const']!r}"
    elif value not in schema.get("enum", (value,)):
        yield f"{where}: {value!r} is none of {', '.join(schema['enum'])}"
    elif schema.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        yield f"{where}: {value} has no zone"
    elif isinstance(value, list):
        for one in value:
            yield from found(where, schema["items"], one)
    elif isinstance(value, dict):
        known, other = schema.get("properties", {}), schema["additionalProperties"]
        yield from (f"{where}: {name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, one in value.items():
            if name in known or other:
                yield from found(f"{where}.{name}", known.get(name, other), one)
            else:
                yield f"{where}: {name} is not known"
