"""A menu for whoever draws or plays it: one of this installation by its name, or a file that is not installed yet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ivr.bootstrap.local_ear import text_judge
from ivr.domain.hearing.verdict import Band, Label
from ivr.domain.menu.menu import Menu
from ivr.errors import ConfigurationError
from ivr.settings import Settings
from ivr.settings.menus import read_menu, refuse_faults

#: What the call attends to before the menu: an objection, and a question about the recording.
_OF_THE_CALL = tuple(label.value for label in Label if label is not Label.NONE)


def find_menu(settings: Settings, named: str) -> Menu:
    """Return the menu of a name, or of a file whose name ends in .toml; '' is the only one there is.

    Raises ConfigurationError when there is none, and for a file whose menu has a fault.
    """
    if named.endswith(".toml"):
        menu = read_menu(Path(named))
        refuse_faults(menu, file=named, prompts=settings.prompts, programs=settings.programs)
        return menu
    if named or len(settings.menus) == 1:
        return settings.menu(named or next(iter(settings.menus)))
    raise ConfigurationError(
        "it is not said which menu",
        file=str(settings.config_dir / "menus"),
        remedy=f"name one with --menu; known: {', '.join(sorted(settings.menus))}",
    )


def objection_keys(settings: Settings, menu: Menu) -> frozenset[str]:
    """Return the keys that object in the programs that a menu serves."""
    return frozenset(settings.programs[name].objection_key for name in menu.programs)


def objections(settings: Settings, menu: Menu) -> Callable[[str, str], bool]:
    """Return what says whether words, said after a prompt, are the call's and no choice, since they object, may object,
    or ask about the recording: as `ivr judge` reads them, by the thresholds of the first program that the menu serves,
    or of the one that answers by default."""
    name = next(iter(menu.programs), settings.routes.default)
    judge = text_judge(settings.programs[name])

    def objects(words: str, prompt: str) -> bool:
        judged = judge(words, prompt, False)
        return judged["label"] in _OF_THE_CALL and judged["band"] != Band.CLEAR.value

    return objects
