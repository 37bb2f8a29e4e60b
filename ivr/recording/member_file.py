"""The file in which nodes of version 0.1 kept their list of members; `ivr init` moves it into the database.

To be removed, with `ivr.bootstrap.members.move_member_file`, in version 0.3. Lines of text:
`ivr member file, version 1`; a JSON head; one JSON row per member `[number tag, [phone tags], sealed]`, sealed as the
database holds them; `end` and an HMAC-SHA256 of all before it but the wrapped key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ivr.domain.secret_bytes import clear
from ivr.errors import ArchiveError
from ivr.recording.host import refused
from ivr.recording.sealer import MemberSealer
from ivr.services.ports.keys import KeyRing

_FIRST_LINE = b"ivr member file, version 1\n"


@dataclass(frozen=True)
class MemberFile:
    """A whole file: its list's id and wrapped key, and tags and sealed part of each member."""

    list_id: str
    made_at: datetime
    wrapped: bytes = field(repr=False)
    members: list[tuple[bytes, bytes]] = field(repr=False)


def read_member_file(path: Path, keys: KeyRing) -> MemberFile:
    """Raises HostError when it cannot be read, ArchiveError when it was changed, cut, or is not of our KEK."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refused(error, path, "read the member file") from error
    try:
        first, head, rest = content.split(b"\n", 2)
        at = rest.rindex(b"end ")
        fields = json.loads(head)
        wrapped = base64.b64decode(fields["key"], validate=True)
        data_key = keys.unwrap(fields["id"], wrapped)
        whole = MemberSealer(data_key, fields["id"]).whole_key
        clear(data_key)
        known = b"\n".join([first, json.dumps([fields["id"], fields["made_at"], fields["count"]]).encode(), rest[:at]])
        end = hmac.new(whole, known, hashlib.sha256).hexdigest().encode()
        if first + b"\n" != _FIRST_LINE or not hmac.compare_digest(end, rest[at + 4 :].strip()):
            raise ValueError
        rows = [json.loads(row) for row in rest[:at].splitlines()]
        members = [(bytes.fromhex("".join([one, *more])), base64.b64decode(sealed)) for one, more, sealed in rows]
        return MemberFile(fields["id"], datetime.fromisoformat(fields["made_at"]), wrapped, members)
    except (ValueError, KeyError, TypeError):
        raise ArchiveError(
            "it was changed, or cut",
            where=str(path),
            remedy="import the list: 'ivr members import FILE.csv', and delete this file",
        ) from None
