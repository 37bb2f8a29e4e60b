"""Reads what we say, or let others say, out of files: prompts and programs in TOML, scripts in Markdown or text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from ivr.domain.call import Direction
from ivr.domain.disclosure import is_recording_notice
from ivr.errors import ConfigurationError

SUFFIXES = (".toml", ".md", ".txt")

#: A text file of at most so many words that announces a recording is a disclosure; a longer one is a script.
_NOTICE_MAX_WORDS = 90
# How menus say how many keys they wait for.
_KEY_COUNTS = (
    "digits",
    "max_digits",
    "min_digits",
    "num_digits",
    "digit_count",
    "expected_digits",
    "dtmf_digits",
    "collect",
)
_DISCLOSURE_NAME = re.compile(r"disclosure|annonce|information", re.IGNORECASE)


class Role(Enum):
    """What a passage is for, as far as the checks care."""

    DISCLOSURE = "disclosure"
    AGENT_DISCLOSURE = "agent_disclosure"
    CLOSING = "closing"
    OTHER = "other"


@dataclass(frozen=True)
class Passage:
    """One text that is said, where it stands, and on what calls.

    `direction` None: not known. `claims` are the elements it says it holds; `objection_keys` are the keys that object
    in the programs that say it. `spoken_by_engine` is False for what an agent reads. `collects` are the numbers of keys
    it waits for; `source` are the lines of a file whose text is not one to one what is said (TOML).
    """

    file: str
    line: int
    id: str
    text: str
    role: Role = Role.OTHER
    direction: Direction | None = None
    sales: bool = False
    claims: tuple[str, ...] = ()
    objection_keys: frozenset[str] = frozenset()
    spoken_by_engine: bool = True
    collects: tuple[int, ...] = ()
    source: tuple[str, ...] = ()

    def line_of(self, offset_lines: int, words: str) -> int:
        """Return the line of the file (from 1) where words of this passage stand, `offset_lines` into its text."""
        if not self.source:
            return self.line + offset_lines
        opening = " ".join(words.split()[:3])
        for n in range(max(0, self.line - 1), len(self.source)):
            if opening and opening in " ".join(self.source[n].split()):
                return n + 1
        return self.line + offset_lines


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be read as what its name says; `line` is 1 when unknown."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class _Use:
    """How one program uses a prompt."""

    role: Role
    direction: Direction | None
    sales: bool
    objection_key: str


@dataclass
class _Uses:
    by_prompt: dict[str, list[_Use]] = field(default_factory=dict)

    def add(self, program: Mapping[str, Any]) -> None:
        prompts = program["prompts"]
        direction = next((d for d in Direction if d.value == program.get("direction")), None)
        purposes = program.get("purposes", ())
        sales = isinstance(purposes, Sequence) and "sales" in purposes
        for moment, prompt_id in prompts.items():
            if isinstance(prompt_id, str) and prompt_id:
                role = next((r for r in Role if r.value == moment), Role.OTHER)
                use = _Use(role, direction, sales, str(program.get("objection_key", "9")))
                self.by_prompt.setdefault(prompt_id, []).append(use)


def read_passages(paths: Iterable[Path], direction: Direction | None = None) -> Iterator[Passage | Unreadable]:
    """Yield every passage of the files and trees given, in order.

    `direction` is assumed for passages that no program places. Raises ConfigurationError for a path that does not
    exist. A prompt file given without its programs takes those of the `programs` folder beside its own folder.
    """
    files = [file for path in paths for file in _files(path)]
    parsed: dict[Path, Mapping[str, Any] | Unreadable] = {f: _parse(f) for f in files if f.suffix == ".toml"}
    uses = _Uses()
    for program in _programs(parsed):
        uses.add(program)
    for file in files:
        content = parsed.get(file)
        if isinstance(content, Unreadable):
            yield content
        elif content is not None:
            yield from _prompts(file, content, uses, direction)
        else:
            yield from _script(file, direction)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ConfigurationError(
            "there is no such file or folder", file=str(path), remedy="name a prompt, a script, or a folder of them"
        )
    found = (p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file())
    return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts))


def _parse(file: Path) -> Mapping[str, Any] | Unreadable:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        return Unreadable(str(file), int(at[1]) if at else 1, f"TOML incorrect : {error}")
    except (UnicodeDecodeError, OSError) as error:
        return Unreadable(str(file), 1, f"fichier illisible : {error}")


def _programs(parsed: Mapping[Path, Mapping[str, Any] | Unreadable]) -> Iterator[Mapping[str, Any]]:
    folders = {file.parent.parent / "programs" for file in parsed}
    beside = {f: _parse(f) for folder in sorted(folders) for f in sorted(folder.glob("*.toml")) if f not in parsed}
    for content in [*parsed.values(), *beside.values()]:
        if isinstance(content, Unreadable):
            continue
        prompts = content.get("prompts")
        if isinstance(prompts, Mapping) and isinstance(prompts.get("disclosure"), str):
            yield content


def _prompts(
    file: Path, content: Mapping[str, Any], uses: _Uses, direction: Direction | None
) -> Iterator[Passage | Unreadable]:
    if _is_reference(content):
        return
    lines = file.read_text(encoding="utf-8").splitlines()
    said = content.get("direction")
    direction = next((d for d in Direction if d.value == said), direction)
    for path, table in _tables(content, ()):
        yield from _strings(file, path, table, lines, direction)
        text = table.get("text")
        if not isinstance(text, str):
            continue
        prompt_id = str(table.get("id") or (path[-1] if path else file.stem))
        known = uses.by_prompt.get(prompt_id, [])
        claims = table.get("elements")
        directions = {use.direction for use in known}
        yield Passage(
            file=str(file),
            line=_line_of(lines, path, text),
            id=prompt_id,
            text=text,
            role=_role(prompt_id, table, known),
            direction=_direction(table, directions, direction),
            collects=_collects(table),
            source=tuple(lines),
            sales=any(use.sales for use in known),
            claims=tuple(str(c) for c in claims) if isinstance(claims, list) else (),
            objection_keys=frozenset(use.objection_key for use in known),
        )


def _direction(table: Mapping[str, Any], used: set[Direction | None], assumed: Direction | None) -> Direction | None:
    """What is said on an outbound call too must be fit for one."""
    said = next((d for d in Direction if d.value == table.get("direction")), None)
    if said is not None or not used:
        return said or assumed
    return Direction.OUTBOUND if Direction.OUTBOUND in used else used.pop()


def _is_reference(content: Mapping[str, Any]) -> bool:
    """Say whether a file is a phrase bank or a profile of law: it speaks of questions, and nobody says it."""
    return {"families", "acts", "mentions"} <= content.keys() or isinstance(content.get("rules"), Mapping)


def _collects(table: Mapping[str, Any]) -> tuple[int, ...]:
    counts = [table.get(key) for key in _KEY_COUNTS]
    return tuple(dict.fromkeys(c for c in counts if isinstance(c, int) and not isinstance(c, bool)))


def _strings(
    file: Path, path: tuple[str, ...], table: Mapping[str, Any], lines: Sequence[str], direction: Direction | None
) -> Iterator[Passage]:
    """Yield the other texts of a table, whatever their keys, and the menus that wait for keys."""
    said = next((d for d in Direction if d.value == table.get("direction")), direction)
    dotted = ".".join(path)
    for key, value in table.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and len(text.split()) > 1 and key not in ("text", "remedy", "source"):
                yield Passage(str(file), _line_of(lines, path, text, key), f"{dotted}.{key}".strip("."), text,
                              direction=said, source=tuple(lines))  # fmt: skip
    if _collects(table) and not isinstance(table.get("text"), str):
        yield Passage(
            str(file), _line_of(lines, path, "", "|".join(_KEY_COUNTS)), dotted, "", collects=_collects(table)
        )


def _role(prompt_id: str, table: Mapping[str, Any], known: Sequence[_Use]) -> Role:
    used = [use.role for use in known if use.role is not Role.OTHER]
    if used:
        return used[0]
    said = next((role for role in Role if role.value == table.get("kind")), None)
    if said is not None:
        return said
    if "disclosure" in prompt_id:
        return Role.AGENT_DISCLOSURE if "agent" in prompt_id else Role.DISCLOSURE
    return Role.DISCLOSURE if table.get("elements") else Role.OTHER


def _tables(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield path, value
        for key, inner in value.items():
            yield from _tables(inner, (*path, str(key)))
    elif isinstance(value, list):
        for inner in value:
            yield from _tables(inner, path)


def _line_of(lines: Sequence[str], path: tuple[str, ...], text: str, key: str = "text") -> int:
    """Return the line (from 1) on which the text of the table at `path` begins."""
    header = re.compile(r"^\s*\[{1,2}\s*" + r"\s*\.\s*".join(f'"?{re.escape(key)}"?' for key in path) + r"\s*\]{1,2}")
    start = next((n for n, line in enumerate(lines) if path and header.match(line)), 0)
    opening = " ".join(text.split())[:20]
    by_key, by_words = re.compile(rf"^\s*\"?(?:{key})\"?\s*="), re.compile(re.escape(opening))
    for wanted in (by_key, by_words) if key == "text" or not opening else (by_words, by_key):
        for n in range(start, len(lines)):
            if wanted.search(lines[n]):
                return n + 1
    return start + 1


def _script(file: Path, direction: Direction | None) -> Iterator[Passage | Unreadable]:
    try:
        text = file.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        yield Unreadable(str(file), 1, f"fichier illisible : {error}")
        return
    short = len(text.split()) <= _NOTICE_MAX_WORDS
    disclosure = is_recording_notice(text) and (short or _DISCLOSURE_NAME.search(file.stem) is not None)
    disclosure = disclosure or (_DISCLOSURE_NAME.search(file.stem) is not None and short)
    first = next((n for n, line in enumerate(text.splitlines(), start=1) if line.strip()), 1)
    yield Passage(
        file=str(file),
        line=first,
        id=file.stem,
        text=text,
        role=Role.DISCLOSURE if disclosure else Role.OTHER,
        direction=direction,
        spoken_by_engine=False,
    )
