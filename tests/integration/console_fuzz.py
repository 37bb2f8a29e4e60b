"""Thousands of requests that nobody sends, to every route of the console's API and pages; what no answer may be.

`python -m tests.integration.console_fuzz --requests 10000 [--seed 1]`, or `make fuzz-console`.
"""

from __future__ import annotations

import argparse
import logging
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ivr.console.api.app import UNDER, application
from ivr.console.api.services import services_of
from ivr.console.guard import HEADERS
from tests.integration.console_forms import described
from tests.integration.console_house import ABSENT, CLOSED, CLOSED_CALL, ROLES, SEE_CLOSED, ConsoleHouse, console_house

_CONFORMS = [
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
#: What would tell of the code, the machine or the database behind an answer.
_OURS = re.compile(
    r"Traceback|File \"|\.py\b|sqlalchemy|sqlite|psycopg|pydantic|starlette|uvicorn|site-packages|/tmp/|"
    r"errors\.pydantic|\b[A-Z][A-Za-z]*(?:Error|Exception)\b|SELECT |INSERT ",
)
#: By which right a page is seen.
_RIGHTS = {
    "/demandes": "rights", "/violations": "breach", "/gels": "hold", "/registre": "rights", "/comptes": "accounts",
    "/enregistrements": "listen", "/ecoutes": "listen", "/analyses": "grade", "/brouillons": "grade",
    "/mes-resultats": "results", "/equipe": "supervise", "/accompagnement": "supervise", "/tirages": "supervise",
    "/calibrations": "supervise", "/grilles": "supervise", "/statistiques": "list", "/exploitation": "operate",
    "/autorites": "authority", "/appels": "calls",
}  # fmt: skip
_HOSTILE = (
    "", " ", "\0", "\n", "€", "x\r\nset-cookie: a=b",
    "é" * 400, "𝔘" * 50, "a" * 70_000, "'; drop table accounts --", "<script>alert(1)</script>",
    "{{ 7 * 7 }}", "%00", "../../../etc/passwd", "..%2f..%2f", "\ud7ff", "\u202egnp", "-1", "0", "1e999", "9" * 400,
    "NaN", "=1+1", "${jndi:ldap://x}", "0001-01-01", "9999-12-31T23:59:59-14:00", "rec-sale", "rec-none", "null",
)  # fmt: skip


#: Requests to each route in one round; each round has a seed of its own.
_ROUND = 8


@dataclass
class Fuzz:
    """Sends what it is told, and looks at every answer. `counts` is how many had which status, `routes` where."""

    house: ConsoleHouse
    chance: random.Random
    counts: Counter[int] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    session: requests.Session = field(default_factory=requests.Session)
    browsers: dict[str, dict[str, str]] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)

    def api(self, most: int, number: int) -> None:
        """So many requests at most to every route of the API, half of them against its description."""
        schema = schemathesis.openapi.from_dict(application(services_of(self.house.rig.pages)).openapi())
        self._run(schema, most, number, self._to_api)

    def pages(self, most: int, number: int) -> None:
        """So many requests at most to every page and form."""
        self._run(schemathesis.openapi.from_dict(described(self.house.rig.pages)), most, number, self._to_page)

    def _run(self, schema: Any, most: int, number: int, send: Any) -> None:
        for found in schema.get_all_operations():
            operation = found.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                strategy = operation.as_strategy(generation_mode=mode)

                def once(case: Any) -> None:
                    send(case)

                run = settings(
                    max_examples=max(1, most // 2), database=None, deadline=None, phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck), print_blob=False,
                )(seed(number)(given(case=strategy)(once)))  # fmt: skip
                try:
                    run()
                except Unsatisfiable:
                    # There is nothing to send against the description of what takes nothing.
                    continue

    def _to_api(self, case: Any) -> None:
        chance = self.chance
        needed = set(
            re.findall("`([a-z]+)`", str(case.operation.definition.raw.get("description", "")).partition("Scopes:")[2])
        )
        login = self._who(needed)
        token, who = self.house.tokens[login], login
        if chance.random() < 0.15:
            token, who = chance.choice(
                [("", ""), (self.house.old, ""), ("ivr_" + "A" * 43, ""), (self.house.narrow, "dora")]
            )
        headers = {"authorization": f"Bearer {token}"} if token else {}
        if chance.random() < 0.8:
            headers |= {
                "ivr-reason": "revue 12",
                "ivr-purpose": chance.choice(["quality_audio", "", "quality_audio", "sales_audio"]),
            }
        self._lead(case)
        case.headers = {
            name: value
            for name, value in dict(case.headers or {}).items()
            if name.lower() not in (*headers, "authorization")
        }
        answer = self._sent(case, headers)
        if answer is None:
            return
        here = urlsplit(str(answer.request.url)).path.startswith(UNDER)
        # A client may have made another path of what was to be a name.
        if here and not who and answer.status_code not in (401, 400, 431):
            self._find(case, answer, "without a good token")
        if answer.status_code == 204 and case.path.endswith("/account/token"):
            self.house.renew(token)
        if here and answer.headers.get("content-security-policy"):
            self._conform(case, answer)
        self._look(case, answer, who)

    def _to_page(self, case: Any) -> None:
        chance = self.chance
        login = self._who({right for path, right in _RIGHTS.items() if case.path.startswith(path)})
        if login not in self.browsers:
            self.browsers[login] = self.house.session(login)
        browser = dict(self.browsers[login])
        form_token = browser.pop("form-token")
        self._lead(case)
        if isinstance(case.body, Mapping):
            body = {str(name): str(value) for name, value in case.body.items()}
            if chance.random() < 0.5 and body:
                body[chance.choice(sorted(body))] = chance.choice(_HOSTILE)
            case.body = {**body, "form_token": form_token if chance.random() < 0.95 else "0"}
        for name in case.query or {}:
            if chance.random() < 0.5:
                case.query[name] = chance.choice(_HOSTILE)
        case.headers = {}
        answer = self._sent(case, browser)
        if answer is None:
            return
        location = _header(answer, "location")
        if location.startswith("/connexion"):
            # It was signed out, or its password changed: it signs in again.
            self.browsers.pop(login, None)
        if location and (not location.startswith("/") or location.startswith(("//", "/\\"))):
            self._find(case, answer, "leads elsewhere")
        self._look(case, answer, login)

    def _who(self, needed: set[str]) -> str:
        """Somebody, and most often one who has these rights."""
        actions = self.house.rig.settings.access.actions
        able = [
            login for login, (role, _) in ROLES.items() if needed <= {action.value for action in actions.get(role, ())}
        ]
        return self.chance.choice(able if able and self.chance.random() < 0.8 else list(ROLES))

    def _lead(self, case: Any) -> None:
        """Most requests are for something that is there."""
        chance, ids = self.chance, self.house.ids
        for name in case.path_parameters or {}:
            known = ids.get(name, [])
            if known and chance.random() < 0.8:
                case.path_parameters[name] = chance.choice(known)
            elif chance.random() < 0.1:
                case.path_parameters[name] = chance.choice(_HOSTILE[:15]) or "x"
        if isinstance(case.body, dict) and case.body:
            for name in ("recording_id", "grid", "case", "items"):
                if name in case.body and chance.random() < 0.7:
                    known = ids["grid_id"] if name == "grid" else ids["recording_id"]
                    case.body[name] = chance.choice(known) if name != "items" else [chance.choice(known)]
            if chance.random() < 0.15:
                case.body[chance.choice(sorted(map(str, case.body)))] = chance.choice(_HOSTILE)

    def _sent(self, case: Any, headers: Mapping[str, str]) -> Any:
        try:
            answer = case.call(
                base_url=self.house.url, session=self.session, headers=dict(headers), allow_redirects=False, timeout=60
            )
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError, ValueError):
            # What no client can send.
            return None
        self.counts[answer.status_code] += 1
        self.routes[f"{case.method} {case.path} {answer.status_code}"] += 1
        return answer

    def _look(self, case: Any, answer: Any, who: str) -> None:
        text = answer.content.decode("utf-8", "replace")
        if answer.status_code >= 500:
            self._find(case, answer, "a fault of ours")
        if answer.status_code in (400, 431) and not answer.headers.get("content-security-policy"):
            # The server itself refuses what is no HTTP; it says two words and nothing of ours.
            if len(text) > 60:
                self._find(case, answer, "the server says too much")
            return
        missing = [name for name, value in HEADERS.items() if _header(answer, name) != value]
        if missing:
            self._find(case, answer, f"without {missing}")
        if "server" in answer.headers or "x-powered-by" in answer.headers:
            self._find(case, answer, "names the server")
        sent = f"{case.path_parameters} {case.body!r} {case.query}"
        kind = _header(answer, "content-type")
        for told in set(_OURS.findall(text)) if "audio" not in kind and "zip" not in kind else ():
            if told not in sent and not case.path.endswith("openapi.json"):
                self._find(case, answer, f"tells {told!r}")
        if who and who not in SEE_CLOSED and (CLOSED in text or CLOSED_CALL in text) and CLOSED not in sent:
            self._find(case, answer, f"tells {who} of what is closed")

    def _conform(self, case: Any, answer: Any) -> None:
        try:
            case.validate_response(answer, checks=_CONFORMS)
        except FailureGroup as error:
            self._find(case, answer, f"is not as described: {' '.join(str(error.exceptions[0]).split())[:300]}")

    def _find(self, case: Any, answer: Any, what: str) -> None:
        text = answer.content.decode("utf-8", "replace")[:300]
        # Of one kind once: the first tells what there is to mend.
        self.findings.setdefault(
            f"{case.method} {case.path}: {what}",
            f"sent {case.path_parameters} {str(case.query)[:200]} "
            f"{str(case.body)[:400]!r}"
            f"\n  answered {answer.status_code} {text!r}",
        )


def _header(answer: Any, name: str) -> str:
    """Schemathesis keeps a list of values for each name."""
    return str(answer.headers.get(name, [""])[0])


def alike(house: ConsoleHouse) -> list[str]:
    """What is closed answers whoever may not see it as what is not there, on every page and route that names it."""
    findings = []
    session = requests.Session()
    for login in house.tokens.keys() - SEE_CLOSED:
        browser = house.session(login)
        form_token = browser.pop("form-token")
        bearer = {
            "authorization": f"Bearer {house.tokens[login]}",
            "ivr-reason": "revue",
            "ivr-purpose": "quality_audio",
        }
        grid = house.ids["grid_id"][0]
        opening = {"grid": grid, "reviewers": ["anne", "sophie"]}
        asked: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
            ("GET", "/enregistrements/{}", browser, {}),
            ("GET", "/enregistrements/{}/evaluer", browser, {}),
            ("POST", "/enregistrements/{}/evaluer", browser, {"data": {"grid": grid, "form_token": form_token}}),
            ("GET", "/api/v1/recordings/{}", bearer, {}),
            ("POST", "/api/v1/recordings/{}/listenings", bearer, {}),
            ("POST", "/api/v1/recordings/{}/analyses", bearer, {"json": {"grid": grid}}),
            ("GET", "/api/v1/recordings/{}/notes", bearer, {}),
            ("POST", "/api/v1/recordings/{}/notes", bearer, {"json": {"at_ms": 1_000, "text": "dit vite"}}),
        ]
        for method, path, headers, body in asked:
            answers = [
                session.request(method, house.url + path.format(one), headers=headers, allow_redirects=False, **body)
                for one in (CLOSED, ABSENT)
            ]
            findings += _differ(f"{login} {method} {path}", answers, (CLOSED, ABSENT))
        answers = [
            session.post(f"{house.url}/api/v1/calibrations", headers=bearer, json={**opening, "recording_id": one})
            for one in (CLOSED, ABSENT)
        ]
        findings += _differ(f"{login} calibrations", answers, (CLOSED, ABSENT))
        form = {"form_token": form_token, "grid": grid, "reviewers": "anne sophie"}
        answers = [
            session.post(
                f"{house.url}/calibrations", headers=browser, data={**form, "recording_id": one}, allow_redirects=False
            )
            for one in (CLOSED, ABSENT)
        ]
        findings += _differ(f"{login} POST /calibrations", answers, (CLOSED, ABSENT))
    return findings


def _differ(what: str, answers: list[requests.Response], names: tuple[str, str]) -> list[str]:
    told = []
    for answer, name in zip(answers, names, strict=True):
        headers = {key: value for key, value in answer.headers.items() if key not in ("date", "content-length")}
        told.append(
            (answer.status_code, answer.text.replace(name, "X"), {k: v.replace(name, "X") for k, v in headers.items()})
        )
    return [] if told[0] == told[1] else [f"{what}: {told[0][0]} and {told[1][0]} differ"]


def run(house: ConsoleHouse, *, most: int, number: int) -> Fuzz:
    """Send so many requests at most to each route, of the API and of the pages; `findings` says what was found."""
    fuzz = Fuzz(house, random.Random(number))
    fuzz.findings |= dict.fromkeys(alike(house), "")
    fuzz.api(most, number)
    fuzz.pages(most, number)
    return fuzz


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--routes", action="store_true", help="tell how often each route had which answer")
    given_ = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder, console_house(Path(folder)) as house:
        fuzz, number = Fuzz(house, random.Random(given_.seed)), given_.seed
        fuzz.findings |= dict.fromkeys(alike(house), "")
        shown = 0
        while sum(fuzz.counts.values()) < given_.requests:
            fuzz.api(_ROUND, number)
            fuzz.pages(_ROUND, number)
            number += 1
            print(f"{sum(fuzz.counts.values())} requests: {dict(sorted(fuzz.counts.items()))}", flush=True)
            for what, told in list(fuzz.findings.items())[shown:]:
                print(f"{what}\n  {told}", flush=True)
            shown = len(fuzz.findings)
        if given_.routes:
            print(*(f"{count} {route}" for route, count in sorted(fuzz.routes.items())), sep="\n")
    print(f"{sum(fuzz.counts.values())} requests, {len(fuzz.findings)} findings (seed {given_.seed})")
    return 1 if fuzz.findings else 0


if __name__ == "__main__":
    sys.exit(main())
