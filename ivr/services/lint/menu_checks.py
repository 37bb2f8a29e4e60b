"""Tells the faults of a menu as findings, each at its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ivr.domain.menu.faults import RULE, MenuFault, menu_faults
from ivr.domain.menu.menu import Menu
from ivr.domain.menu.program_menu import live_faults, program_faults
from ivr.domain.program.program import Program, Prompt
from ivr.domain.text.told import Told
from ivr.errors import ConfigurationError
from ivr.services.lint.files import Lines
from ivr.services.lint.finding import Finding

WRONG_MENU = "wrong_menu"


def lint_menu(
    menu: Menu,
    *,
    file: Path,
    lines: Lines,
    prompts: Mapping[str, Prompt],
    programs: Mapping[str, Program],
    queues: Iterable[str],
) -> list[Finding]:
    """Return what is wrong with a menu as a table: reachability, dead ends, prompts, keys (MENU, REC-004); and where a
    program names it, what calls cannot play of it."""
    faults = [*menu_faults(menu, prompts=prompts, programs=programs), *live_faults(menu, programs.values(), queues)]
    return [_finding(fault, file, lines) for fault in faults]


def lint_program(
    program: Program, *, file: Path, lines: Lines, prompts: Mapping[str, Prompt], menus: Mapping[str, Menu]
) -> list[Finding]:
    """Return what is wrong in a program with the menu that it names (MENU)."""
    return [_finding(fault, file, lines) for fault in program_faults(program, menus, prompts)]


def no_menu(error: ConfigurationError, *, file: Path, lines: Lines) -> Finding:
    """Return the finding that says why a file is no menu."""
    path, key = _place(error.key)
    line = lines.line_in(path, key, str(error.value or key))
    return Finding(str(file), line, RULE, WRONG_MENU, error.key, Told(error.what), Told(error.remedy))


def _finding(fault: MenuFault, file: Path, lines: Lines) -> Finding:
    path, key = _place(fault.key)
    line = lines.line_in(path, key, fault.words)
    return Finding(str(file), line, fault.rule, fault.kind, fault.words, fault.reason, fault.suggestion)


def _place(key: str) -> tuple[tuple[str, ...], str]:
    """Return the table of a dotted key, as its header names it, and the key in it."""
    parts = key.split(".")
    if parts[0] == "nodes":
        return tuple(parts[:2]), parts[-1]
    return tuple(parts[:-1]), parts[-1]
