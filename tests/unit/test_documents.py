"""The documents name only what exists: files, tests, commands, options, make targets, names in the code."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import click
import pytest

from ivr.cli.root import main

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PICTURE = ROOT / "docs" / "images" / "demo.svg"
#: What `ivr init` makes is named in the documents and is not in the tree.
MADE = ("var/",)
TOP = {"ivr", "config", "corpus", "tests", "docs", "scripts", "docker", "benchmarks", "tools", "ivr_demo"}
#: What a cell of files in docs/changes.md may name besides.
NO_FILES = {"ivr init", "Bucket", "Codec"}
SOURCES = {".py", ".toml", ".sh", ".xml", ".yml"}


def spans(page: Path) -> list[str]:
    """Everything that a page sets in code: what stands between backticks, and what is typed in fenced blocks."""
    text = page.read_text("utf-8")
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    typed = [line for block in fenced for line in block.splitlines() if line.startswith((".venv/bin/", "make "))]
    inline = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", inline) + typed


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@cache
def tree() -> tuple[Path, ...]:
    """Every file of the project but what is made: environments, caches, data."""
    found = []
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder)
        folders[:] = [
            name
            for name in folders
            if name not in ("var", "build", "__pycache__")
            and (not name.startswith(".") or name == ".ci")
            and not name.endswith(".egg-info")
            and not (here / name / "pyvenv.cfg").exists()
        ]
        found += [here / name for name in files if not name.startswith(".coverage")]
    return tuple(found)


@cache
def vocabulary() -> frozenset[str]:
    """Every word of the sources and of the configuration, tests of documents excepted."""
    words: set[str] = set()
    for path in tree():
        if path.suffix in SOURCES and path.name != Path(__file__).name:
            words.update(re.findall(r"\w+", path.read_text("utf-8")))
    return frozenset(words)


def commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name), command


COMMANDS = dict(commands(main))
#: The recording format names fields of other people's formats, and bytes that begin with "ivr".
OURS = [page for page in PAGES if page.name != "recording-format.md"]
our_pages = pytest.mark.parametrize("page", OURS, ids=lambda page: str(page.relative_to(ROOT)))
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@each_page
def test_every_path_that_is_named_exists(page: Path) -> None:
    missing = []
    for span in spans(page):
        for word in span.split():
            path, _, name = word.strip(",;:()").partition("::")
            if path.split("/")[0] not in TOP or "/" not in path or path.startswith(MADE):
                continue
            if not (ROOT / path).exists():
                missing.append(path)
            elif name and not re.search(
                rf"^\s*(?:def |class )?{name}\b", (ROOT / path).read_text("utf-8"), re.MULTILINE
            ):
                missing.append(word)
    assert not missing


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@our_pages
def test_every_command_and_option_that_is_shown_exists(page: Path) -> None:
    wrong = []
    for span in spans(page):
        found = re.match(r"(?:\.venv/bin/)?ivr ([a-z-]+)((?: [^|;&]*)?)", span)
        if found is None:
            continue
        words = [found[1], *found[2].split()]
        command = COMMANDS.get((words[0],)) or COMMANDS.get(tuple(words[:2]))
        if command is None:
            is_group = len(words) == 1 and isinstance(main.get_command(click.Context(main), words[0]), click.Group)
            if not is_group:
                wrong.append(span)
            continue
        options = {option for param in command.params for option in param.opts}
        wrong += [f"{span}: {word}" for word in words if word.startswith("--") and word not in {*options, "--help"}]
    assert not wrong


@each_page
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    named = {found[1] for span in spans(page) if (found := re.match(r"make ([a-z-]+)", span))}
    assert named <= targets


@our_pages
def test_every_name_of_the_code_that_is_mentioned_stands_in_the_code(page: Path) -> None:
    names = {
        part
        for span in spans(page)
        if re.fullmatch(r"[A-Za-z_][\w.]*(?:\(\))?", span) and not span.endswith((".md", ".svg"))
        for part in re.findall(r"\w+", span)
        if "_" in part or re.search(r"[a-z][A-Z]", part)
    }
    unknown = {name for name in names if name not in vocabulary() and not name.startswith("IVR_")}
    assert not unknown


@cache
def members() -> dict[str, set[str]]:
    """What each class of the product has: methods, fields, and those of its bases that are ours."""
    own: dict[str, set[str]] = {}
    bases: dict[str, set[str]] = {}
    for path in (*(ROOT / "ivr").rglob("*.py"), *(ROOT / "ivr_demo").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                names = own.setdefault(node.name, set())
                names |= {one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
                names |= {ast.unparse(one.target) for one in node.body if isinstance(one, ast.AnnAssign)}
                bases.setdefault(node.name, set()).update(ast.unparse(base).partition("[")[0] for base in node.bases)
    for name, above in bases.items():
        for base in above:
            own[name] |= own.get(base, set())
    return own


@our_pages
def test_every_method_that_is_named_is_one_of_its_class(page: Path) -> None:
    """The changelog names what was."""
    named = [span.partition(".") for span in spans(page) if re.fullmatch(r"[A-Z]\w+\.\w+", span)]
    unknown = [f"{name}.{method}" for name, _, method in named if method not in members().get(name, {method})]
    assert page.name == "CHANGELOG.md" or not unknown


def test_every_file_that_the_code_names_exists() -> None:
    named = re.compile(r"`((?:ivr|ivr_demo|config|docs|tests|tools)/[\w/.-]+)`")
    sources = (*(ROOT / "ivr").rglob("*.py"), *(ROOT / "ivr_demo").rglob("*.py"))
    found = [(path.name, name) for path in sources for name in named.findall(path.read_text("utf-8"))]
    assert found
    assert [one for one in found if not (ROOT / one[1]).exists()] == []


@each_page
def test_no_page_shows_a_path_of_somebodys_machine(page: Path) -> None:
    assert not re.search(r"(?<![\w./:<>])/(?:home|root|Users|work|tmp)/\w", page.read_text("utf-8"))


def test_each_of_the_ten_changes_names_files_that_exist() -> None:
    """Whatever the three middle cells set in code is a file or a folder; what is not belongs into the remark."""
    text = (ROOT / "docs" / "changes.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    head, _, *changes = rows
    assert [row[0].partition(".")[0] for row in changes] == [*"1234567", "8a", "8b", "9", "10"]
    assert {len(row) for row in changes} == {len(head)}
    named = [span for row in changes for cell in row[1:4] for span in re.findall(r"`([^`]+)`", cell)]
    assert [one for one in named if one not in NO_FILES and not (ROOT / one).exists()] == []


def test_every_command_is_in_the_readme() -> None:
    text = README.read_text("utf-8")
    top = {path[0] for path in COMMANDS}
    assert {name for name in top if f"ivr {name}" not in text} == set()
    for path in COMMANDS:
        row = next(line for line in text.splitlines() if line.startswith(f"| `ivr {path[0]}"))
        assert re.search(rf"\b{path[-1]}\b", row), f"ivr {' '.join(path)} is not in its row"


def test_every_decision_is_numbered_once_and_has_its_four_parts() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text("utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. ")
        for part in ("**Status:**", "## Context", "## Decision", "## Consequences"):
            assert part in text, f"{page.name} lacks {part}"


def test_the_changelog_has_a_section_for_what_is_not_released() -> None:
    assert re.search(
        r"^## \[Unreleased\]\n\n(### \w+\n\n- |## \[\d+\.\d+\.\d+\] - \d{4}-)",
        (ROOT / "CHANGELOG.md").read_text("utf-8"),
        re.MULTILINE,
    )


def test_the_licence_is_the_one_that_the_package_names() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in text.splitlines()[0]
    assert "Version 3, 29 June 2007" in text.splitlines()[1]
    assert 'license = "GPL-3.0-or-later"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_picture_is_small_of_a_whole_run_and_fetches_nothing() -> None:
    svg = PICTURE.read_text("utf-8")
    assert len(svg.encode()) < 200_000
    shown = unescape(re.sub(r"<[^>]+>", "", svg)).replace("\xa0", " ")
    assert "Ce qui s'est passé" in shown
    assert "│non" not in shown.replace(" ", "")
    assert shown.replace(" ", "").count("│oui│") == 4
    remote = set(re.findall(r"https?://[^\"'\s)<]+", svg))
    assert all(address.startswith(("http://www.w3.org/", "https://www.textualize.io")) for address in remote)


def test_no_file_names_a_package_registry() -> None:
    addresses = re.compile(
        r"pypi\.(?:org|python)|pythonhosted\.|npmjs\.|crates\.io|rubygems\.|anaconda\.org|https?://[^\s\"']*/simple\b"
        r"|--(?:extra-)?index-url[ =]"
    )
    guilty = []
    for path in tree():
        if path == Path(__file__).resolve():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        if addresses.search(text.replace("--no-emit-index-url", "")):
            guilty.append(str(path.relative_to(ROOT)))
    assert not guilty
