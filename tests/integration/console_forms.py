"""The console's pages described as OpenAPI, from the table of pages and the fields of their templates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import ivr.console
from ivr.bootstrap.identity_provider import RETURN_PATH
from ivr.console.app import For, Route, routes
from ivr.console.operation import LIVE
from ivr.console.pages import Pages
from ivr.domain.access import Role
from ivr.domain.rights.breach import Exemption, Loss, Risk
from ivr.domain.rights.request import Channel, ExtensionReason, IdentityCheck, Outcome, RefusalGround, Right
from tests.integration.console_house import names_of

HERE = Path(ivr.console.__file__).parent
_FORM = re.compile(r'<form method="post" action="([^"]*)"(.*?)</form>', re.DOTALL)
_FIELD = re.compile(r'name="([a-z_.]+)"')
#: Values that lead further than what is made up.
KNOWN: dict[str, list[str]] = {
    "right": [one.value for one in Right],
    "channel": [one.value for one in Channel],
    "check": [one.value for one in IdentityCheck],
    "outcome": [one.value for one in Outcome],
    "ground": [one.value for one in RefusalGround],
    "risk": [one.value for one in Risk],
    "exemption": [one.value for one in Exemption],
    "role": [one.value for one in Role],
    "reason": [*(one.value for one in ExtensionReason), "revue"],
    "act": [
        "ask_identity", "identify", "extend", "answer", "refuse", "dispute", "note", "search", "erase", "restrict",
        "unrestrict", "bar", "freeze", "copy", "describe", "assess", "tell_authority", "tell_persons", "close",
        "request", "approve", "reject", "renew", "release",
    ],
    "do": ["save", "finish", "drop", "second", "uphold", "close", "take"],
    "sure": ["yes", "1"],
    "recording_id": ["rec-1", "rec-2", "rec-sale", "rec-none"],
    "purpose": ["quality_audio", "sales_audio", ""],
    "review": ["2027-01-15", "0001-01-01", "9999-12-31"],
    "received_on": ["2026-11-20", "0001-01-01", "9999-12-31"],
    "aware_at": ["2026-11-29T10:00", "0001-01-01T00:00", "9999-12-31T23:59+00:00", "0001-01-01T00:00+14:00"],
    "at": ["2026-11-30T08:00", "0001-01-01T00:00", "9999-12-31T23:59-14:00"],
    "since": ["2026-11-01", "0001-01-01", "2199-12-31", "2000-01-01T00:00+14:00"],
    "until": ["2026-12-01", "9999-12-31", "2199-12-31T23:59-14:00"],
    "month": ["2026-11", "2099-12", "2000-01"],
    "first": ["2026-01", "2099-12"],
    "last": ["2026-11", "2099-12"],
    "person": ["caller", "agent"],
    "voice": ["agreed", "unintelligible"],
    "phone": ["0612345678", "+33 6 12 34 56 78", "sip:a@b", "+999999999999999"],
    "member": ["12 34", "0" * 30],
    "played": ["0-5000", "999999999-0"],
    "revision": ["1", "999999999"],
    "persons": ["3", "999999999"],
    "losses": [one.value for one in Loss],
    "days": ["7", "99"],
    "language": ["fr", "en"],
    "back": ["/", "//evil.test", "/\\evil.test"],
}  # fmt: skip
#: What pages read of an address, by the path of the page.
QUERIES: dict[str, tuple[str, ...]] = {
    "/connexion": ("fin",),
    "/invitation": ("jeton",),
    RETURN_PATH: ("state", "code", "iss", "error"),
}
_MORE = ("act", "do", "after", "quiet", "leaving", "filters", *(one.value for one in Loss))


def described(pages: Pages) -> dict[str, object]:
    """Return every page as a description; what is not signed in is among them."""
    paths: dict[str, dict[str, object]] = {}
    for route in routes(pages):
        if route.path == LIVE:
            # It never ends: tests/unit/console/test_live.py.
            continue
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {"openapi": "3.1.0", "info": {"title": "pages", "version": "1"}, "paths": paths}


def _operation(route: Route) -> dict[str, object]:
    operation: dict[str, object] = {
        "responses": {"default": {"description": "a page"}},
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
                for name in names_of(route.path)
            ),
            *(
                {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}
                for name in (QUERIES.get(route.path, ()) if route.method == "GET" else ())
            ),
        ],
        "x-open": route.who is For.ALL,
    }
    if route.method == "POST":
        fields = {name: _field(name) for name in sorted(_fields_of(route.path))}
        schema = {"type": "object", "properties": fields, "additionalProperties": {"type": "string"}}
        operation["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}
    return operation


def _field(name: str) -> dict[str, object]:
    known = KNOWN.get(name)
    return {"anyOf": [{"enum": known}, {"type": "string"}]} if known else {"type": "string"}


def _fields_of(path: str) -> Iterable[str]:
    """The fields of the forms that are sent there, and those that say which step is taken."""
    wanted = re.compile(re.sub(r"\{[a-z_]+\}", r"(\\{\\{.*?\\}\\}|[a-z]+)", path))
    found = {"csrf", *_MORE}
    for template in (HERE / "templates").glob("*.html"):
        for action, body in _FORM.findall(template.read_text("utf-8")):
            if wanted.fullmatch(action) or action == "{{ path }}" or action == "{{ action }}":
                found |= set(_FIELD.findall(body))
    return found - {"form_token", "csrf"}
