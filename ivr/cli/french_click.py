"""Has click speak French: it asks gettext for each of its texts, and is answered from ivr/french.toml.

click has no setting for it, and gettext would want compiled files in a folder of the system's languages.
"""

from __future__ import annotations

import tomllib
from functools import cache

from click import core, decorators, exceptions, formatting, parser, types

from ivr.french import CATALOGUE

_MODULES = (core, decorators, exceptions, formatting, parser, types)


def speak_french() -> None:
    """Called once, before any command is made."""
    for module in _MODULES:
        for name, said in (("_", _said), ("ngettext", _counted)):
            if hasattr(module, name):
                setattr(module, name, said)


def _said(text: str) -> str:
    return _texts().get(text, text)


def _counted(one: str, many: str, count: int) -> str:
    # In French none is one.
    return _said(one if count < 2 else many)


@cache
def _texts() -> dict[str, str]:
    found: dict[str, str] = tomllib.loads(CATALOGUE.read_text("utf-8"))["click"]
    return found
