"""What `ivr lint` says of menus: those of this installation, or of another house whose prompts lie beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ivr.domain.program.program import Program, Prompt
from ivr.errors import ConfigurationError
from ivr.services.lint.lint import Finding
from ivr.services.lint.menu_checks import lint_menu, no_menu
from ivr.services.lint.sources import menu_files
from ivr.settings import Settings
from ivr.settings.menus import menu_of
from ivr.settings.programs import load_programs, load_prompts


def menu_findings(settings: Settings, paths: Iterable[Path]) -> list[Finding]:
    """Return every fault of the menus among the files and trees given (MENU, REC-004)."""
    found = []
    for file, content in menu_files(paths):
        prompts, programs = _house(settings, file)
        try:
            menu = menu_of(file.stem, content.values, file=str(file))
        except ConfigurationError as error:
            found.append(no_menu(error, file=file, lines=content.lines))
            continue
        found += lint_menu(menu, file=file, lines=content.lines, prompts=prompts, programs=programs)
    return found


def _house(settings: Settings, file: Path) -> tuple[Mapping[str, Prompt], Mapping[str, Program]]:
    """Return the prompts and programs of a menu's house: beside its folder, or else those of this installation."""
    folder = file.absolute().parent.parent
    if folder == settings.config_dir:
        return settings.prompts, settings.programs
    try:
        prompts = load_prompts(folder / "prompts", controller=settings.controller.name)
        return prompts, load_programs(
            folder / "programs", prompts=prompts, profile=settings.profile, retention=settings.retention
        )
    except ConfigurationError:
        # What is wrong with them is told where they stand.
        return settings.prompts, settings.programs
