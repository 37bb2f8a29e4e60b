"""Reads TOML and checks it against a model; every fault is a ConfigurationError that names file, key, value and fix."""

from __future__ import annotations

import re
import tomllib
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from ivr.errors import ConfigurationError, nearest

ENVIRONMENT = "environment"
_PREFIX = "IVR_"

Table = dict[str, Any]


def _optional(value: Any) -> Any:
    return None if value == "" else value


#: A path; empty: there is none.
OptionalPath = Annotated[Path | None, BeforeValidator(_optional)]
M = TypeVar("M", bound=BaseModel)


class Section(BaseModel):
    """A table of settings: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_toml(path: Path) -> Table:
    """Raises ConfigurationError naming the file, and the line for a syntax error."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"not valid TOML: {error}", file=str(path), remedy="correct the line named") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"not UTF-8 text: byte {error.start} cannot be read", file=str(path), remedy="save the file as UTF-8"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {error.strerror}", file=str(path), remedy="check that the file exists and is readable"
        ) from None


def written_as(table: Table, old: str, new: str) -> str:
    """Return the name that a key bears in this table: `old`, which earlier versions used, or else its name of today."""
    return old if old in table and new not in table else new


def toml_files(folder: Path, *, what: str) -> list[Path]:
    """Return the TOML files of a config folder, sorted; raises ConfigurationError when there is none."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ConfigurationError(
            f"there is no {what} here",
            file=str(folder),
            remedy="restore the folder, or set IVR_CONFIG to the right one",
        )
    return files


def parse(
    model: type[M], table: Mapping[str, Any], *, file: str, under: str = "", written: Mapping[str, str] | None = None
) -> M:
    """Check a table against a model; `under` is the dotted key at which the table stands in the file.

    `written` has, by its name of today, the name that a key of the table bears in the file; errors say that one.
    Raises ConfigurationError for the first fault; an unknown key names the nearest one that exists.
    """
    in_file = written or {}
    today = {name: now for now, name in in_file.items()}
    try:
        return model.model_validate({today.get(key, key): value for key, value in table.items()})
    except ValidationError as error:
        # A misspelt key is both unknown and missing: the unknown one is what the author can see.
        faults = sorted(error.errors(include_url=False), key=lambda f: f["type"] != "extra_forbidden")
        fault, *rest = faults
        place = [str(part) for part in fault["loc"]]
        there = [in_file.get(part, part) for part in place[:1]] + place[1:]
        key = ".".join([*([under] if under else []), *there])
        others = sum(other["loc"] != fault["loc"][: len(other["loc"])] for other in rest)
        more = f"; {others} more fault{'s' if others > 1 else ''} here" if others else ""
        if fault["type"] == "extra_forbidden":
            known = _fields_at(model, place[:-1])
            raise ConfigurationError(
                f"there is no such key{more}",
                file=file,
                key=key,
                value=fault["input"],
                remedy=nearest(place[-1], known),
            ) from None
        if fault["type"] == "missing":
            raise ConfigurationError(f"this key is missing{more}", file=file, key=key, remedy="add it") from None
        reason = _nearest_choice(fault) or fault["msg"].removeprefix("Value error, ")
        what = (
            "these values do not fit together"
            if isinstance(fault["input"], dict)
            else f"{fault['input']!r} is not accepted"
        )
        raise ConfigurationError(
            f"{what}{more}",
            file=file,
            key=key,
            value=fault["input"],
            remedy=reason[:1].lower() + reason[1:],
        ) from None


def _nearest_choice(fault: Mapping[str, Any]) -> str:
    """Of a value that is not among those a key may have: which one was probably meant; empty when none is near."""
    if fault["type"] != "literal_error":
        return ""
    choices = re.findall(r"'([^']*)'", fault["ctx"]["expected"])
    meant = nearest(str(fault["input"]), choices)
    return meant if meant.startswith("did") else ""


def overlay(table: Table, model: type[BaseModel], env: Mapping[str, str]) -> tuple[Table, frozenset[str]]:
    """Return a copy of `table` in which IVR_SECTION__KEY variables win, and the dotted keys that they set.

    A value that begins with [ or { is read as TOML, any other as text. Raises ConfigurationError for a variable that
    names no setting. Variables without a double underscore are not settings and are left alone.
    """
    merged = _copy(table)
    touched: set[str] = set()
    for name in sorted(env):
        if not name.startswith(_PREFIX) or "__" not in name:
            continue
        path = name.removeprefix(_PREFIX).lower().split("__")
        _check_path(model, path, name)
        where = merged
        for part in path[:-1]:
            where = where.setdefault(part, {})
            if not isinstance(where, dict):
                raise ConfigurationError("this key holds no table", file=ENVIRONMENT, key=name, remedy="unset it")
        where[path[-1]] = _value(env[name], name)
        touched.add(".".join(path))
    return merged, frozenset(touched)


def variable(key: str) -> str:
    """Return the environment variable that sets a dotted key."""
    return _PREFIX + key.upper().replace(".", "__")


def _value(text: str, name: str) -> Any:
    if not text.startswith(("[", "{")):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"not valid TOML: {error}", file=ENVIRONMENT, key=name, value=text, remedy='write e.g. ["a", "b"]'
        ) from None


def _check_path(model: type[BaseModel], path: list[str], name: str) -> None:
    here: type[BaseModel] | None = model
    for part in path:
        if here is None:
            return
        if part not in here.model_fields:
            raise ConfigurationError(
                f"there is no setting '{'.'.join(path)}'",
                file=ENVIRONMENT,
                key=name,
                remedy=nearest(part, here.model_fields),
            )
        here = _model_in(here.model_fields[part].annotation)


def _fields_at(model: type[BaseModel], place: list[str]) -> list[str]:
    here: type[BaseModel] | None = model
    for part in place:
        if here is None:
            return []
        if part in here.model_fields:
            here = _model_in(here.model_fields[part].annotation)
        # Otherwise `part` is a list index or the key of a mapping: still the same model.
    return list(here.model_fields) if here is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside X, X | None, list[X], tuple[X, ...] or dict[str, X]."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    if get_origin(annotation) is None:
        return None
    return next((found for arg in get_args(annotation) if (found := _model_in(arg)) is not None), None)


def _copy(table: Table) -> Table:
    return {key: _copy(value) if isinstance(value, dict) else value for key, value in table.items()}
