"""The members on file: where they lie on a node, and how they come there."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ivr.bootstrap.archive import Archive
from ivr.bootstrap.runtime import SystemClock
from ivr.bounded_lines import bounded_lines
from ivr.domain.evidence.events.house import MembersDeleted, MembersImported
from ivr.errors import ConfigurationError, HostError
from ivr.recording.member_file import MemberFile, MemberFileHead, read_head, rewrap, write_members
from ivr.services.members.importer import read_members
from ivr.settings import Settings
from ivr.storage.person import person_of, spellings_of

#: Bytes of one line, and lines: more is no list of members.
_LINE_MAX = 10_000
_LINES_MAX = 10_000_000


def member_path(settings: Settings) -> Path:
    return settings.node.data_dir / "members"


def open_members(settings: Settings, archive: Archive) -> MemberFile | None:
    """Open the directory when some program identifies its callers; None when none does. Raises HostError or
    ArchiveError: a node that is to ask who calls, and has nothing to compare with, does not start."""
    if not any(program.identity for program in settings.programs.values()):
        return None
    return MemberFile(member_path(settings), archive.keys, spellings_of=spellings_of)


def import_members(settings: Settings, archive: Archive, source: str) -> MemberFileHead:
    """Replace the member file by a list, "-" for standard input. Raises ConfigurationError and HostError."""
    with _lines(source) as lines:
        records = list(read_members(lines, file=source, person_of=person_of))
    made_at = SystemClock().now().isoformat(timespec="seconds")
    head = write_members(member_path(settings), records, archive.keys, made_at=made_at)
    archive.audit.append(MembersImported(file=head.file_id, count=head.count, kek=head.kek_id))
    return head


def show_members(settings: Settings, archive: Archive) -> MemberFileHead:
    """Say what is there, after every byte of it was verified."""
    MemberFile(member_path(settings), archive.keys, spellings_of=spellings_of)
    return read_head(member_path(settings), archive.keys)


def delete_members(settings: Settings, archive: Archive) -> MemberFileHead:
    """Remove the member file, whose key goes with it. Raises HostError when there is none."""
    path = member_path(settings)
    head = read_head(path, archive.keys)
    path.unlink()
    archive.audit.append(MembersDeleted(file=head.file_id, count=head.count))
    return head


def rewrap_members(settings: Settings, archive: Archive) -> bool:
    """Wrap the member file's key with the current KEK, after a rotation; False when there was nothing to do."""
    return rewrap(member_path(settings), archive.keys)


@contextmanager
def _lines(source: str) -> Iterator[Iterator[str]]:
    try:
        if source == "-":
            yield _text(sys.stdin.buffer, source)
            return
        with open(source, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise HostError(
                    f"the list can be read or written by others (mode {mode:04o})",
                    where=source,
                    remedy=f"chmod 600 {source}, or hand it over on standard input",
                )
            yield _text(file, source)
    except UnicodeDecodeError as error:
        raise ConfigurationError("not UTF-8 text", file=source, remedy="export it as UTF-8") from error
    except OSError as error:
        raise HostError(f"cannot be read: {error.strerror}", where=source, remedy="name the exported list") from error


def _text(file: BinaryIO, source: str) -> Iterator[str]:
    lines = bounded_lines(file, where=source, longest=_LINE_MAX, most=_LINES_MAX)
    return (line.decode("utf-8") for line in lines)
