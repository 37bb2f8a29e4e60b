"""Makes whatever others wrote safe to show on a terminal."""

from __future__ import annotations

import re

# What moves the cursor, changes colours, rings, hides or turns text around: control characters but tab and line feed,
# and the marks of writing direction and of line separation.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def visible(text: str) -> str:
    """Return `text` with each character that a terminal would obey written out, such as \\x1b."""
    return _HIDDEN.sub(lambda match: _written_out(match.group()), text)


def visible_json(text: str) -> str:
    """Return JSON in which such characters are escaped, on one line: it means the same, and no terminal obeys it."""
    return _HIDDEN.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _written_out(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
