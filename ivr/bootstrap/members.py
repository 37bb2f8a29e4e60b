"""The members on file, and how they come there."""

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
from ivr.errors import ConfigurationError, HostError, IvrError
from ivr.french import french
from ivr.recording.member_file import read_member_file
from ivr.services.members.importer import read_members
from ivr.services.ports.members import MemberDirectory, MemberListHead, WriteEvidence
from ivr.settings import Settings
from ivr.storage.person import person_of

#: Bytes of one line, and lines: more is no list of members.
_LINE_MAX = 10_000
_LINES_MAX = 10_000_000


def open_members(settings: Settings, archive: Archive) -> MemberDirectory | None:
    """The directory, when some program identifies its callers; None when none does. Raises HostError or ArchiveError: a
    node that is to ask who calls, and has nothing to compare with, does not start."""
    if not any(program.identity for program in settings.programs.values()):
        return None
    archive.members.head()
    return archive.members


def import_members(archive: Archive, source: str) -> MemberListHead:
    """Replace the list of members by this one, "-" for standard input. Raises ConfigurationError and HostError."""
    with _lines(source) as lines:
        records = read_members(lines, file=source, person_of=person_of)
        return archive.members.replace(records, made_at=SystemClock().now(), write_evidence=_imported(archive))


def delete_members(archive: Archive) -> MemberListHead:
    """Delete the list and its key. Raises HostError when there is none."""

    def write_evidence(head: MemberListHead) -> None:
        archive.audit.append(MembersDeleted(file=head.list_id, count=head.count))

    return archive.members.delete(write_evidence=write_evidence)


def move_member_file(settings: Settings, archive: Archive) -> list[str]:
    """Take the list of a file of version 0.1 into the database, unless one that was made later stands there or one was
    deleted since; verify it, remove the file. To be repeated when interrupted. What was done or failed, in French."""
    path = _member_file(settings)
    if not path.is_file():
        return []
    try:
        file = read_member_file(path, archive.keys)
        deleted = archive.members.deleted_since(file.made_at)
        moved = not deleted and not archive.members.made_since(file.made_at)
        if moved:
            archive.members.adopt(
                file.list_id, file.wrapped, file.members, made_at=file.made_at, write_evidence=_imported(archive)
            )
        if not deleted:
            archive.members.verify()
    except IvrError as error:
        return [f"fichier d'adhérents {path} laissé en place : {french(str(error))}"]
    path.unlink()
    if not moved:
        return [f"fichier d'adhérents {path} supprimé : cette liste est dans la base, remplacée ou supprimée depuis"]
    return [f"liste de {len(file.members)} adhérents, du fichier {path}"]


def must_have_moved(settings: Settings) -> None:
    """Raises HostError while a list of version 0.1 lies here: only its file knows which KEK it needs."""
    path = _member_file(settings)
    if path.is_file():
        raise HostError("the list of members of version 0.1 is still here", where=str(path), remedy="run 'ivr init'")


def _member_file(settings: Settings) -> Path:
    return settings.node.data_dir / "members"


def _imported(archive: Archive) -> WriteEvidence:
    def write_evidence(head: MemberListHead) -> None:
        archive.audit.append(MembersImported(file=head.list_id, count=head.count, kek=head.kek_id))

    return write_evidence


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
