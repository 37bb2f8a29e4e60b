"""The table of routes: what the document says of each, and what each is described with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ivr.console.api.app import api_routes, application
from ivr.console.api.problems import TITLES
from ivr.console.api.services import services_of
from tests.unit.console.rig import ConsoleRig

DOCUMENT = Path(__file__).resolve().parents[4] / "docs/console/api.md"


def test_the_document_has_every_route_with_its_rights_and_every_problem(rig: ConsoleRig) -> None:
    text = DOCUMENT.read_text("utf-8")
    rows = dict(re.findall(r"^\| `((?:GET|POST|PUT|DELETE) [^`]+)` \| (.*?) \|", text, flags=re.MULTILINE))
    routes = {f"{route.method} {route.path}": route.scopes for route in api_routes(services_of(rig.pages))}
    assert set(rows) == set(routes)
    for name, scopes in routes.items():
        told = rows[name]
        assert told == ", ".join(f"`{one.value}`" for one in scopes) if scopes else told, name
    assert {kind for kind, _ in TITLES.values()} == set(re.findall(r"urn:ivr:problem:([a-z-]+)", text))


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "$ref")
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from references(inner)


def test_whatever_the_description_refers_to_stands_in_it(rig: ConsoleRig) -> None:
    described = application(services_of(rig.pages)).openapi()
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    found = set(references(described))
    assert "#/components/schemas/Problem" in found
    assert "#/components/schemas/FieldFault" in found
    assert found <= known
    refused = described["paths"]["/api/v1/recordings/search"]["post"]["responses"]["403"]["content"]
    assert list(refused) == ["application/problem+json"]


def test_each_route_says_what_it_does_and_has_a_name_of_its_own(rig: ConsoleRig) -> None:
    described = application(services_of(rig.pages)).openapi()
    operations = [one for methods in described["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all(len(one["description"].partition("Scopes:")[0]) > 12 for one in operations)
