"""What an authority is given, for pages and programs alike: the sealed export, and the receipt to sign. French."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from ivr.bootstrap.authority import Authority
from ivr.console.attachment import attachment
from ivr.console.letters import in_french, sender
from ivr.console.times import moment_text
from ivr.console.zip_stream import MEDIA_TYPE, zipped
from ivr.domain.access import AccessRequest
from ivr.domain.authority.requisition import Requisition
from ivr.errors import ArchiveError
from ivr.services.authority.desk import Opened
from ivr.settings import Settings

_LOG = logging.getLogger(__name__)
RECEIPT: Final = "authority_receipt"
#: As what the recordings are handed out.
FORMS: Final = ("wav", "opus")


def sealed_export(requisition: Requisition, files: Iterator[tuple[str, bytes]]) -> Response:
    """The export, sent while it is made; whatever goes wrong on the way breaks it off, and it has no end."""
    headers = attachment(f"{requisition.reference}.zip")
    return StreamingResponse(_unbroken(zipped(files)), headers=headers, media_type=MEDIA_TYPE)


def authority_receipt(
    settings: Settings, authority: Authority, asked: AccessRequest, case_id: str
) -> tuple[Requisition, str]:
    """Return a request and what the authority signs for it; that it was shown is evidence.

    Raises ArchiveError before something was handed out, and what `AuthorityDesk.show` raises.
    """
    opened, form = authority.desk.show(asked, case_id, letter=RECEIPT), settings.letters.get(RECEIPT)
    handed_out_at = opened.requisition.handed_out_at
    if form is None or handed_out_at is None:
        raise ArchiveError("no such letter belongs to this request", where="config/letters", remedy="see its page")
    return opened.requisition, form.filled(_places(settings, authority, opened, handed_out_at))


def _places(settings: Settings, authority: Authority, opened: Opened, handed_out_at: datetime) -> dict[str, str]:
    """What fills the places of the receipt."""
    it, profile, signer = opened.requisition, settings.profile, authority.handing_out.exporter.signer
    key = base64.b64decode(b"".join(signer.public_pem.splitlines()[1:-1]))
    return {
        **sender(settings, profile.day_of(handed_out_at)),
        "name": opened.official["official"],
        "address": opened.official["service"],
        "reference": it.reference,
        "authority": "autorité judiciaire" if it.authority == "judicial" else it.authority,
        "asked_reference": it.asked_reference,
        "basis": it.basis,
        "received": in_french(profile.day_of(it.received_at)),
        "count": str(len(it.items)),
        "items": "\n".join(f"- {item}" for item in it.items),
        "checked_by": it.checked_by,
        "approved_by": it.approved_by,
        "handed_out_by": it.handed_out_by,
        "handed_out": moment_text(handed_out_at, profile.timezone),
        "index_sha256": it.index_sha256,
        "key_id": signer.key_id,
        "key_sha256": hashlib.sha256(key).hexdigest(),
    }


def _unbroken(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Pass the parts on. What breaks them off is told by its name alone: its text may hold anything."""
    try:
        yield from parts
    except Exception as error:
        _LOG.error("an export to an authority broke off: %s", type(error).__name__)
        raise ConnectionAbortedError("the export broke off") from None
