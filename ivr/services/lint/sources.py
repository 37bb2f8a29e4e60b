"""Reads what we say, or let others say, out of files: prompts and programs in TOML, scripts in Markdown or text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from ivr.domain.call.party import Direction
from ivr.domain.program.notice import is_recording_notice
from ivr.domain.program.program import with_objection_key
from ivr.services.lint.files import Lines, Table, Unreadable, found_files, read_table, read_text, tables_of

#: A text file of at most so many words that announces a recording is a disclosure; a longer one is a script.
_NOTICE_MAX_WORDS = 90
#: The objection key of a program that names none, and of texts that no program says.
_ANY_KEY = "9"
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


#: How many lines of a file one text without line breaks may be spread over.
_PASSAGE_LINES = 200


class Moment(Enum):
    """What a passage is for, as far as the checks care."""

    DISCLOSURE = "disclosure"
    AGENT_DISCLOSURE = "agent_disclosure"
    CLOSING = "closing"
    NOT_UNDERSTOOD = "not_understood"
    OTHER = "other"


@dataclass(frozen=True)
class Passage:
    """One text that is said, where it stands, and on what calls.

    `direction` None: not known. `claims` are the elements it says it holds; `objection_keys` are those of the
    programs that say it. `spoken_by_engine` is False for what an agent reads. `collects` are the numbers of digits it
    waits for; `english` is said after the text; `source` are the lines of a file whose text is not one to one what
    is said (TOML). With `grid` it is not said at all: a reviewer reads it and answers.
    """

    file: str
    line: int
    id: str
    text: str
    moment: Moment = Moment.OTHER
    direction: Direction | None = None
    sales: bool = False
    claims: tuple[str, ...] = ()
    objection_keys: frozenset[str] = frozenset()
    spoken_by_engine: bool = True
    collects: tuple[int, ...] = ()
    english: str = ""
    source: tuple[str, ...] = ()
    grid: bool = False

    def line_of(self, offset_lines: int, words: str) -> int:
        """Return the line of the file (from 1) where words of this passage stand, `offset_lines` into its text."""
        if not self.source:
            return self.line + offset_lines
        opening = " ".join(words.split()[:3])
        begin = max(0, self.line - 1)
        for n in range(begin, min(len(self.source), begin + self.text.count("\n") + _PASSAGE_LINES)):
            if opening and opening in " ".join(self.source[n].split()):
                return n + 1
        return self.line + offset_lines


@dataclass(frozen=True)
class _Use:
    """How one program uses a prompt."""

    moment: Moment
    direction: Direction | None
    sales: bool
    objection_key: str


@dataclass
class _Uses:
    by_prompt: dict[str, list[_Use]] = field(default_factory=dict)

    def add(self, program: Mapping[str, Any]) -> None:
        for name, prompt_id in program["prompts"].items():
            self._note(program, name, prompt_id)

    def add_menu(self, menu: Mapping[str, Any], programs: Mapping[str, Mapping[str, Any]]) -> None:
        """What a menu says, each program that it serves says."""
        serves = menu.get("programs")
        for name in serves if isinstance(serves, list) else ():
            for prompt_id in _menu_prompts(menu) if name in programs else ():
                self._note(programs[name], "menu", prompt_id)

    def _note(self, program: Mapping[str, Any], name: str, prompt_id: object) -> None:
        direction = next((d for d in Direction if d.value == program.get("direction")), None)
        activities = program.get("activities", program.get("purposes", ()))
        sales = isinstance(activities, Sequence) and "sales" in activities
        if isinstance(prompt_id, str) and prompt_id:
            moment = next((one for one in Moment if one.value == name), Moment.OTHER)
            use = _Use(moment, direction, sales, str(program.get("objection_key", _ANY_KEY)))
            self.by_prompt.setdefault(prompt_id, []).append(use)


def read_passages(paths: Iterable[Path], direction: Direction | None = None) -> Iterator[Passage | Unreadable]:
    """Yield every passage of the files and trees given, in order.

    `direction` is assumed for passages that no program places. Raises ConfigurationError for a path that does not
    exist. A prompt file given without its programs and menus takes those of the `programs` and `menus` folders beside
    its own folder.
    """
    files = [file for path in paths for file in found_files(path)]
    parsed: dict[Path, Table | Unreadable] = {f: read_table(f) for f in files if f.suffix == ".toml"}
    uses = _Uses()
    programs = {file.stem: values for file, values in _beside(parsed, "programs") if _is_program(values)}
    for program in programs.values():
        uses.add(program)
    for _, menu in _beside(parsed, "menus"):
        if _is_menu(menu):
            uses.add_menu(menu, programs)
    for file in files:
        content = parsed.get(file)
        if isinstance(content, Unreadable):
            yield content
        elif content is not None:
            yield from _prompts(file, content, uses, direction)
        else:
            yield from _script(file, direction)


def grid_files(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each analysis grid among the files and trees given. Raises as `read_passages` does."""
    for file in (file for path in paths for file in found_files(path) if file.suffix == ".toml"):
        content = read_table(file)
        if not isinstance(content, Unreadable) and _is_grid(content.values):
            yield str(file), "\n".join(content.lines.all)


def grid_passages(text: str, file: str) -> Iterator[Passage]:
    """Yield every text of a grid's TOML, which can be read."""
    content = tomllib.loads(text)
    yield from _grid(file, Table(content, Lines(text), list(tables_of(content, ()))))


def menu_files(paths: Iterable[Path]) -> Iterator[tuple[Path, Table]]:
    """Yield each menu among the files and trees given. Raises as `read_passages` does."""
    for file in (file for path in paths for file in found_files(path) if file.suffix == ".toml"):
        content = read_table(file)
        if not isinstance(content, Unreadable) and _is_menu(content.values):
            yield file, content


def program_files(paths: Iterable[Path]) -> Iterator[tuple[Path, Table]]:
    """Yield each program among the files and trees given. Raises as `read_passages` does."""
    for file in (file for path in paths for file in found_files(path) if file.suffix == ".toml"):
        content = read_table(file)
        if not isinstance(content, Unreadable) and _is_program(content.values):
            yield file, content


def _beside(parsed: Mapping[Path, Table | Unreadable], name: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the files given, and those of the folder of this name beside theirs."""
    folders = {file.parent.parent / name for file in parsed}
    beside = {f: read_table(f) for folder in sorted(folders) for f in sorted(folder.glob("*.toml")) if f not in parsed}
    for file, content in {**parsed, **beside}.items():
        if not isinstance(content, Unreadable):
            yield file, content.values


def _is_program(content: Mapping[str, Any]) -> bool:
    prompts = content.get("prompts")
    return isinstance(prompts, Mapping) and isinstance(prompts.get("disclosure"), str)


def _is_menu(content: Mapping[str, Any]) -> bool:
    """Say whether a file is a menu: nodes, and the one that begins."""
    nodes = content.get("nodes")
    return isinstance(content.get("start"), str) and isinstance(nodes, Mapping) and bool(nodes)


def _menu_prompts(menu: Mapping[str, Any]) -> Iterator[object]:
    for table in (menu.get("emergency"), *menu["nodes"].values()):
        if isinstance(table, Mapping):
            yield table.get("prompt")
    yield menu.get("not_understood")
    yield menu.get("no_answer")


def _prompts(file: Path, content: Table, uses: _Uses, direction: Direction | None) -> Iterator[Passage | Unreadable]:
    if _is_reference(content.values):
        return
    lines = content.lines
    if _is_grid(content.values):
        yield from _grid(str(file), content)
        return
    if _is_menu(content.values):
        yield from _collected(file, content)
        return
    said = content.values.get("direction")
    direction = next((d for d in Direction if d.value == said), direction)
    for path, table in content.tables:
        yield from _strings(file, path, table, lines, direction)
        text = table.get("text")
        if not isinstance(text, str):
            continue
        prompt_id = str(table.get("id") or (path[-1] if path else file.stem))
        known = uses.by_prompt.get(prompt_id, [])
        claims = table.get("elements")
        directions = {use.direction for use in known}
        passage = Passage(
            file=str(file),
            line=lines.line_of(path, text, "text"),
            id=prompt_id,
            text=text,
            moment=_moment(prompt_id, table, known),
            direction=_direction(table, directions, direction),
            collects=_collects(table),
            english=str(table.get("english", "")),
            source=lines.all,
            sales=any(use.sales for use in known),
            claims=tuple(str(c) for c in claims) if isinstance(claims, list) else (),
        )
        # What names its key is said with another one by each program that has one.
        for key in sorted({use.objection_key for use in known}):
            yield replace(passage, text=with_objection_key(text, key), objection_keys=frozenset({key}))
        if not known:
            yield replace(passage, text=with_objection_key(text, _ANY_KEY))


def _direction(table: Mapping[str, Any], used: set[Direction | None], assumed: Direction | None) -> Direction | None:
    """What is said on an outbound call too must be fit for one."""
    said = next((d for d in Direction if d.value == table.get("direction")), None)
    if said is not None or not used:
        return said or assumed
    return Direction.OUTBOUND if Direction.OUTBOUND in used else used.pop()


def _is_reference(content: Mapping[str, Any]) -> bool:
    """Say whether a file is a phrase bank or a profile of law: it speaks of questions, and nobody says it."""
    return {"families", "acts", "mentions"} <= content.keys() or isinstance(content.get("rules"), Mapping)


def _is_grid(content: Mapping[str, Any]) -> bool:
    """Say whether a file is an analysis grid: sections that hold questions."""
    sections = content.get("sections")
    return isinstance(sections, list) and any(isinstance(one, Mapping) and "questions" in one for one in sections)


def _grid(file: str, content: Table) -> Iterator[Passage]:
    for path, table in content.tables:
        for key in ("title", "text", "help"):
            if isinstance(text := table.get(key), str) and text.strip():
                line = _line_with(content.lines.all, text)
                yield Passage(file, line, ".".join(path), text, source=content.lines.all, grid=True)


def _line_with(lines: Sequence[str], text: str) -> int:
    """Return the line (from 1) on which a text of a TOML file begins; 1 when it is spelled in another way there."""
    opening = " ".join(text.split())[:40]
    return next((at for at, line in enumerate(lines, start=1) if opening in line), 1)


def _collects(table: Mapping[str, Any]) -> tuple[int, ...]:
    counts = [table.get(key) for key in _KEY_COUNTS]
    return tuple(dict.fromkeys(c for c in counts if isinstance(c, int) and not isinstance(c, bool)))


def _strings(
    file: Path, path: tuple[str, ...], table: Mapping[str, Any], lines: Lines, direction: Direction | None
) -> Iterator[Passage]:
    """Yield the other texts of a table, whatever their keys, and the menus that wait for keys."""
    said = next((d for d in Direction if d.value == table.get("direction")), direction)
    dotted = ".".join(path)
    for key, value in table.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and len(text.split()) > 1 and key not in ("text", "remedy", "source"):
                yield Passage(str(file), lines.line_of(path, text, key), f"{dotted}.{key}".strip("."), text,
                              direction=said, source=lines.all)  # fmt: skip
    if _collects(table) and not isinstance(table.get("text"), str):
        yield _waiting(file, path, table, lines)


def _collected(file: Path, content: Table) -> Iterator[Passage]:
    """Of a menu: how many keys are waited for. Its phrases are what callers say, and its prompts stand elsewhere."""
    for path, table in content.tables:
        if _collects(table):
            yield _waiting(file, path, table, content.lines)


def _waiting(file: Path, path: tuple[str, ...], table: Mapping[str, Any], lines: Lines) -> Passage:
    at = lines.line_of(path, "", *_KEY_COUNTS)
    return Passage(str(file), at, ".".join(path), "", collects=_collects(table))


def _moment(prompt_id: str, table: Mapping[str, Any], known: Sequence[_Use]) -> Moment:
    used = [use.moment for use in known if use.moment is not Moment.OTHER]
    if used:
        return used[0]
    said = next((one for one in Moment if one.value == table.get("kind")), None)
    if said is not None:
        return said
    if "disclosure" in prompt_id:
        return Moment.AGENT_DISCLOSURE if "agent" in prompt_id else Moment.DISCLOSURE
    return Moment.DISCLOSURE if table.get("elements") else Moment.OTHER


def _script(file: Path, direction: Direction | None) -> Iterator[Passage | Unreadable]:
    text = read_text(file)
    if isinstance(text, Unreadable):
        yield text
        return
    short = len(text.split()) <= _NOTICE_MAX_WORDS
    named = _DISCLOSURE_NAME.search(file.stem) is not None
    disclosure = (short and named) or ((short or named) and is_recording_notice(text))
    first = next((n for n, line in enumerate(text.splitlines(), start=1) if line.strip()), 1)
    yield Passage(
        file=str(file),
        line=first,
        id=file.stem,
        text=text,
        moment=Moment.DISCLOSURE if disclosure else Moment.OTHER,
        direction=direction,
        spoken_by_engine=False,
    )
