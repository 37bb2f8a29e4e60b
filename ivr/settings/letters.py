"""Reads config/letters/*.txt: what persons are written, checked when the settings are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ivr.domain.rights.letter import Letter, read_letter
from ivr.errors import ConfigurationError


def load_letters(folder: Path) -> Mapping[str, Letter]:
    """Return the letters of the folder by name; none where there is no folder: calls need none.

    Raises ConfigurationError naming file, place and line of what is wrong in one.
    """
    found = {}
    for path in sorted(folder.glob("*.txt")):
        try:
            body = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigurationError(
                f"cannot be read: {reason}", file=str(path), remedy="check that the file exists and is readable"
            ) from None
        found[path.stem] = read_letter(path.stem, body, file=str(path))
    return found
