"""What `ivr lint` says of menus and of the programs that name them: those of this installation, or of another house
whose prompts, programs and queues lie beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.domain.menu.menu import Menu
from ivr.domain.program.program import Program, Prompt
from ivr.errors import ConfigurationError
from ivr.services.lint.lint import Finding
from ivr.services.lint.menu_checks import lint_menu, lint_program, no_menu
from ivr.services.lint.sources import menu_files, program_files
from ivr.settings import Settings
from ivr.settings.menus import menu_of, read_menu
from ivr.settings.programs import load_programs, load_prompts
from ivr.settings.queues import load_queues


@dataclass(frozen=True)
class _House:
    """What a menu or a program is held against."""

    folder: Path
    prompts: Mapping[str, Prompt]
    programs: Mapping[str, Program]
    queues: tuple[str, ...]

    def menus(self) -> Iterator[tuple[str, Menu]]:
        """Yield the menus that can be read; what is wrong with the others is told where they stand."""
        for path in sorted((self.folder / "menus").glob("*.toml")):
            try:
                yield path.stem, read_menu(path)
            except ConfigurationError:
                continue


def menu_findings(settings: Settings, paths: Iterable[Path]) -> list[Finding]:
    """Return every fault of menus, and of what programs name as theirs, in files and trees given (MENU, REC-004)."""
    found = []
    given = list(paths)
    for file, content in menu_files(given):
        house = _house(settings, file)
        try:
            menu = menu_of(file.stem, content.values, file=str(file))
        except ConfigurationError as error:
            found.append(no_menu(error, file=file, lines=content.lines))
            continue
        found += lint_menu(
            menu,
            file=file,
            lines=content.lines,
            prompts=house.prompts,
            programs=house.programs,
            queues=house.queues,
        )
    for file, content in program_files(given):
        house = _house(settings, file)
        program = house.programs.get(file.stem) if file.absolute().parent == house.folder / "programs" else None
        if program is not None and program.menu:
            found += lint_program(
                program, file=file, lines=content.lines, prompts=house.prompts, menus=dict(house.menus())
            )
    return found


def _house(settings: Settings, file: Path) -> _House:
    """Return the house of a menu or a program: that beside its folder, or else this installation."""
    folder = file.absolute().parent.parent
    installed = _House(settings.config_dir, settings.prompts, settings.programs, tuple(settings.queues.queues))
    if folder == settings.config_dir:
        return installed
    try:
        prompts = load_prompts(folder / "prompts", controller=settings.controller.name)
        programs = load_programs(
            folder / "programs", prompts=prompts, profile=settings.profile, retention=settings.retention
        )
        return _House(folder, prompts, programs, tuple(load_queues(folder / "queues.toml").queues))
    except ConfigurationError:
        # What is wrong with them is told where they stand.
        return installed
