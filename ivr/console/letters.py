"""Letters of the DPO's desk, filled in, and files for a person packed: for pages and programs alike. French."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date

from ivr.console.request_findings import certificate_lines
from ivr.console.words import Words
from ivr.domain.access import AccessRequest
from ivr.domain.rights.breach import Breach
from ivr.domain.rights.letter import Letter, letters_of
from ivr.domain.rights.request import ARTICLES
from ivr.errors import ArchiveError
from ivr.services.rights.breaches import Breaches
from ivr.services.rights.requests import Opened, Requests
from ivr.settings import Settings

#: Letters are French, whoever prints them.
_words = Words("fr")


def request_letter(
    settings: Settings, service: Requests, asked: AccessRequest, case_id: str, name: str
) -> tuple[Opened, str]:
    """Return a request and the letter of this name that belongs to it as it stands; that it was shown is evidence.

    Raises ArchiveError for a letter that does not belong to it, and what `Requests.show` raises.
    """
    opened = service.show(asked, case_id, letter=name if name in settings.letters else "")
    form = settings.letters.get(name)
    if form is None or name not in letters_of(opened.request):
        raise _no_such_letter()
    return opened, form.filled(_places(settings, service.today, opened))


def breach_letter(settings: Settings, service: Breaches, asked: AccessRequest, case_id: str) -> tuple[Breach, str]:
    """Return a breach and what each person concerned is written. Raises what `Breaches.show` raises."""
    breach, _, told = service.show(asked, case_id, letter="breach")
    form: Letter | None = settings.letters.get("breach")
    if form is None:
        raise _no_such_letter()
    gap, today = _words("requests.by_hand"), settings.profile.day_of(service.clock.now())
    places = {name: told[name] or gap for name in ("nature", "consequences", "measures")}
    person = {"name": gap, "address": "", "reference": breach.reference}
    return breach, form.filled({**sender(settings, today), **places, **person})


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return these files as one ZIP archive, made in memory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


def _places(settings: Settings, today: date, opened: Opened) -> dict[str, str]:
    """What fills the places of a letter."""
    request, told = opened.request, opened.told
    return {
        **sender(settings, today),
        "name": opened.requester.name,
        "address": opened.requester.address,
        "reference": request.reference,
        "received": in_french(request.received_on),
        "due": in_french(opened.due.on),
        "right": _words(f"data_right.{request.right.value}"),
        "found": told["found"] or _words("requests.nothing_found"),
        "kept": told["kept"] or _words("requests.nothing_kept"),
        "certificates": certificate_lines(opened.acts) or _words("requests.nothing_erased"),
        "why": told["refusal"] if request.ground else told["extension"],
        "article": ARTICLES[request.ground] if request.ground else "",
    }


def sender(settings: Settings, today: date) -> dict[str, str]:
    """The places of a letter that say who writes. What the settings lack is left to be written by hand."""
    controller, gap = settings.controller, _words("requests.by_hand")
    return {
        "controller": controller.name,
        "controller_address": controller.address or gap,
        "dpo": controller.dpo or gap,
        "date": in_french(today),
    }


def in_french(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _no_such_letter() -> ArchiveError:
    return ArchiveError("no such letter belongs to this request", where="config/letters", remedy="see its page")
