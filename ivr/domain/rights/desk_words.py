"""What a desk types in its own words: bounded, of signs that people type, and kept without numbers of persons. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.domain.redaction.redactor import Redactor
from ivr.errors import ConfigurationError

_LONGEST_LINE = 200
_LONGEST_NOTE = 2_000


def plain(key: str, typed: str, *, longest: int, several_lines: bool = False) -> str:
    """Return what was typed as `key`, without what stands around it.

    Raises ConfigurationError, which quotes none of it, for more than `longest` characters, and for what nobody types.
    """
    written = typed.replace("\r\n", "\n").strip()
    if len(written) > longest:
        raise ConfigurationError("the value is too long", key=key, remedy=f"at most {longest} characters")
    if not all(line.isprintable() for line in (written.split("\n") if several_lines else [written])):
        raise ConfigurationError(
            "the value holds characters that nobody types", key=key, remedy="write letters and digits"
        )
    return written


def kept_line(key: str, typed: str, *, redactor: Redactor, keep_phones: bool = False) -> str:
    """Return one line as it is kept: numbers in it become their kind, save a telephone's with `keep_phones`."""
    return redactor.text(plain(key, " ".join(typed.split()), longest=_LONGEST_LINE), keep_phones=keep_phones)


def noted(notes: Sequence[str], note: str, *, by: str, redactor: Redactor) -> tuple[str, ...]:
    """Return the notes of a file with one more, or as they are when it is empty; numbers in it become their kind."""
    kept = redactor.text(plain("note", note, longest=_LONGEST_NOTE, several_lines=True))
    return (*notes, f"{by}: {kept}") if kept else tuple(notes)
