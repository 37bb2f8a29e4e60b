"""The members on file for the identity check, encrypted at rest (docs/never-ask.md, "Identifier l'appelant").

Lines of text: `ivr member file, version 1`; a JSON head with the file's id, when it was made, how many rows follow, and
its data key as the KEK wrapped it; one JSON row per member `[number tag, [phone tags], sealed]`; `end` and an
HMAC-SHA256 of all before it but the wrapped key. Tags are keyed hashes, so that a row is found without opening the
others. A sealed row is AES-256-GCM (nonce first) of salt, salted digests and names, bound to the file and to its own
tags: no birth date, postal code, member number or telephone number stands in the file, not even encrypted. The three
keys are HKDF-SHA256 of the data key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivr.domain.identity.check import Expected, IdentityItem, digest
from ivr.domain.identity.member import MemberRecord
from ivr.domain.secret_bytes import clear
from ivr.errors import ArchiveError, HostError
from ivr.private_file import write_private
from ivr.recording.host import refused
from ivr.services.ports.keys import KeyRing, RotatingKeyRing

_FIRST_LINE = b"ivr member file, version 1\n"
_NONCE_BYTES = 12
_SALT_BYTES = 16
_ITEMS = (IdentityItem.MEMBER_NUMBER, IdentityItem.BIRTH_DATE, IdentityItem.POSTAL_CODE)
_REMEDY = "import the list: 'ivr members import FILE.csv'"


@dataclass(frozen=True)
class MemberFileHead:
    """What may be told of a member file. `made_at` is ISO 8601 in UTC."""

    file_id: str
    kek_id: str
    made_at: str
    count: int
    wrapped: bytes = field(repr=False)


class _Keys:
    """The file's three keys. Never shown."""

    def __init__(self, data_key: bytes | bytearray, file_id: str) -> None:
        def derived(use: bytes) -> bytes:
            return HKDF(algorithm=hashes.SHA256(), length=32, salt=file_id.encode(), info=use).derive(bytes(data_key))

        self._rows = AESGCM(derived(b"ivr members rows"))
        self._tags = derived(b"ivr members tags")
        self._whole = derived(b"ivr members whole")

    def tag(self, kind: str, value: str) -> str:
        return hmac.new(self._tags, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()[:32]

    def whole(self, content: bytes) -> str:
        return hmac.new(self._whole, content, hashlib.sha256).hexdigest()

    def seal(self, plain: bytes, bound: bytes, nonce: bytes) -> bytes:
        return nonce + self._rows.encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        return self._rows.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)


def write_members(
    path: Path,
    records: Iterable[MemberRecord],
    keys: KeyRing,
    *,
    made_at: str,
    random: Callable[[int], bytes] = os.urandom,
) -> MemberFileHead:
    """Write the file with mode 0600, in place of what was there. Raises HostError."""
    file_id = f"members-{random(8).hex()}"
    data_key, wrapped = keys.new_data_key(file_id)
    own = _Keys(data_key, file_id)
    clear(data_key)
    rows = [_row(record, own, file_id, random) for record in records]
    content = _content(MemberFileHead(file_id, keys.kek_of(wrapped), made_at, len(rows), wrapped), rows)
    _store(path, content + b"end " + own.whole(_without_key(content)).encode() + b"\n")
    return read_head(path, keys)


def read_head(path: Path, keys: KeyRing) -> MemberFileHead:
    """Raises HostError when there is no file or others may read it, ArchiveError when it is none of ours."""
    return _parsed(_read(path), path, keys)[0]


def rewrap(path: Path, keys: RotatingKeyRing) -> bool:
    """Wrap the file's key with the current KEK; False when there is no file, or it is wrapped by it already."""
    if not path.exists():
        return False
    content = _read(path)
    head, rows, end = _parsed(content, path, keys)
    if head.kek_id == keys.kek_id:
        return False
    data_key = keys.unwrap(head.file_id, head.wrapped)
    wrapped = keys.wrap(head.file_id, data_key)
    clear(data_key)
    renewed = MemberFileHead(head.file_id, keys.kek_of(wrapped), head.made_at, head.count, wrapped)
    _store(path, _content(renewed, rows) + b"end " + end + b"\n")
    return True


class MemberFile:
    """Port MemberDirectory over a member file; a file that was imported anew is noticed at the next question.

    `spellings_of` gives every spelling under which the person behind a SIP URI may stand in the file, also one that an
    older version wrote. Only rows that are asked for are opened.
    """

    def __init__(self, path: Path, keys: KeyRing, *, spellings_of: Callable[[str], Sequence[str]]) -> None:
        """Raises HostError or ArchiveError when the file is missing, open to others, changed, or not of our KEK."""
        self._path = path
        self._ring = keys
        self._spellings_of = spellings_of
        self._seen = (0, 0)
        self._refresh()

    def __repr__(self) -> str:
        return f"MemberFile({self._head.file_id}, {self._head.count} members)"

    def by_caller(self, uri: str) -> Sequence[Expected]:
        self._refresh()
        tags = [self._keys.tag("phone", person) for person in self._spellings_of(uri)]
        # One member may have one line under two spellings.
        return self._open(list(dict.fromkeys(row for tag in tags for row in self._by_phone.get(tag, []))))

    def by_number(self, number: str) -> Sequence[Expected]:
        self._refresh()
        return self._open(self._by_number.get(self._keys.tag("number", number), []))

    def _refresh(self) -> None:
        try:
            status = os.stat(self._path)
        except OSError as error:
            raise HostError("no members have been imported", where=str(self._path), remedy=_REMEDY) from error
        seen = (status.st_ino, status.st_mtime_ns)
        if seen == self._seen:
            return
        content = _read(self._path)
        head, rows, end = _parsed(content, self._path, self._ring)
        data_key = self._ring.unwrap(head.file_id, head.wrapped)
        keys = _Keys(data_key, head.file_id)
        clear(data_key)
        before_end = content[: content.rindex(b"end ")]
        if not hmac.compare_digest(keys.whole(_without_key(before_end)).encode(), end):
            raise _damaged(self._path, "it was changed, or cut")
        by_number: dict[str, list[bytes]] = {}
        by_phone: dict[str, list[bytes]] = {}
        for row in rows:
            number, phones, _ = json.loads(row)
            by_number.setdefault(number, []).append(row)
            for phone in phones:
                by_phone.setdefault(phone, []).append(row)
        self._head, self._keys, self._by_number, self._by_phone = head, keys, by_number, by_phone
        self._seen = seen

    def _open(self, rows: Sequence[bytes]) -> Sequence[Expected]:
        return tuple(self._expected(row) for row in rows)

    def _expected(self, row: bytes) -> Expected:
        number, phones, sealed = json.loads(row)
        try:
            plain = self._keys.open(base64.b64decode(sealed), _bound(self._head.file_id, number, phones))
        except (InvalidTag, ValueError):
            raise _damaged(self._path, "a row was changed") from None
        held = json.loads(plain)
        return Expected(
            bytes.fromhex(held["salt"]),
            {IdentityItem(name): bytes.fromhex(value) for name, value in held["digests"].items()},
            tuple(held["last_names"]),
            held["first_name"],
        )


def _row(record: MemberRecord, keys: _Keys, file_id: str, random: Callable[[int], bytes]) -> bytes:
    salt = random(_SALT_BYTES)
    values = {
        IdentityItem.MEMBER_NUMBER: record.member_number,
        IdentityItem.BIRTH_DATE: record.birth_date,
        IdentityItem.POSTAL_CODE: record.postal_code,
    }
    held = {
        "salt": salt.hex(),
        "digests": {item.value: digest(item, values[item], salt).hex() for item in _ITEMS if values[item]},
        "last_names": list(record.last_names),
        "first_name": record.first_name,
    }
    number = keys.tag("number", record.member_number)
    phones = [keys.tag("phone", phone) for phone in record.phones]
    bound = _bound(file_id, number, phones)
    sealed = keys.seal(json.dumps(held, ensure_ascii=False).encode(), bound, random(_NONCE_BYTES))
    return json.dumps([number, phones, base64.b64encode(sealed).decode()]).encode() + b"\n"


def _bound(file_id: str, number: str, phones: Sequence[str]) -> bytes:
    return b"ivr member\0" + "\0".join([file_id, number, *phones]).encode()


def _content(head: MemberFileHead, rows: Sequence[bytes]) -> bytes:
    told = {
        "id": head.file_id,
        "made_at": head.made_at,
        "count": head.count,
        "key": base64.b64encode(head.wrapped).decode(),
    }
    return _FIRST_LINE + json.dumps(told).encode() + b"\n" + b"".join(rows)


def _without_key(content: bytes) -> bytes:
    """What the end vouches for: all but the wrapped key, which another KEK may wrap one day and which vouches for
    itself."""
    first, head, rows = content.split(b"\n", 2)
    told = json.loads(head)
    return b"\n".join([first, json.dumps([told["id"], told["made_at"], told["count"]]).encode(), rows])


def _parsed(content: bytes, path: Path, keys: KeyRing) -> tuple[MemberFileHead, list[bytes], bytes]:
    """Return head, rows and the HMAC at the end (hex); what they say is not verified here."""
    lines = content.splitlines(keepends=True)
    if len(lines) < 3 or lines[0] != _FIRST_LINE or not lines[-1].startswith(b"end "):
        raise _damaged(path, "not a whole member file of ivr")
    try:
        told: dict[str, Any] = json.loads(lines[1])
        wrapped = base64.b64decode(told["key"], validate=True)
        head = MemberFileHead(told["id"], keys.kek_of(wrapped), told["made_at"], told["count"], wrapped)
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise _damaged(path, "its head cannot be read") from None
    return head, lines[2:-1], lines[-1][4:].strip()


def _damaged(path: Path, what: str) -> ArchiveError:
    return ArchiveError(what, where=str(path), remedy=_REMEDY)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read()
    except FileNotFoundError as error:
        raise HostError("no members have been imported", where=str(path), remedy=_REMEDY) from error
    except OSError as error:
        raise refused(error, path, "read the member file") from error
    if mode & 0o077:
        raise HostError(
            f"the member file can be read or written by others (mode {mode:04o})",
            where=str(path),
            remedy=f"chmod 600 {path}",
        )
    return content


def _store(path: Path, content: bytes) -> None:
    try:
        write_private(path, content)
    except OSError as error:
        raise refused(error, path, "write the member file") from error
