"""`ivr demo --console`: a house to click through, whose pages open, are accessible and hold what was told."""

from __future__ import annotations

import asyncio
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page
from pyotp import TOTP

from ivr.screen import Screen
from ivr_demo import example_console
from tests.integration.browser import Person, chromium
from tests.integration.house import House

pytestmark = [pytest.mark.integration]

#: So many pages of each person: the first of each list stands for its rows.
_MOST_PAGES = 18
#: What is saved instead of shown.
_FILES = "/grilles/"
_LINKS = "header a[href], main td a[href], main th a[href], main li a[href]"
#: One person of each kind, and a page of theirs.
_LOOKED_AT = {
    "admin": "/comptes", "anne": "/statistiques", "sophie": "/calibrations", "karim": "/demandes",
    "ines": "/autorites",
    "chloe.martin": "/compte", "oscar": "/exploitation",
}  # fmt: skip


@contextmanager
def example(env: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Run it until the block ends; what it tells is what the command prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ivr", "demo", "--console", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield json.loads(line)
    finally:
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")


def sign_in(page: Page, url: str, person: dict[str, str], purpose: str) -> None:
    page.goto(f"{url}/connexion")
    page.fill("#login", person["login"])
    page.fill("#password", person["password"])
    page.fill("#code", str(TOTP(person["key"]).at(int(time.time()))))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/finalite")
    if page.locator(purpose).count():
        page.check(purpose)
        page.fill("#reason", "visite")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/enregistrements")


def walk(person: Person, url: str) -> list[str]:
    """Open whatever the pages lead to, one of each kind; each must answer, be accessible and complain of nothing."""
    page, seen, waiting = person.page, {"/"}, ["/"]
    opened = list[str]()
    while waiting and len(opened) < _MOST_PAGES:
        path = waiting.pop(0)
        answer = page.goto(url + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        person.accessible()
        opened.append(path)
        for found in page.eval_on_selector_all(_LINKS, "all => all.map(one => one.getAttribute('href'))"):
            # Of the items of a list one stands for all.
            kind = found.rsplit("/", 1)[0] + "/" if found.count("/") > 1 else found
            if found.startswith("/") and not found.startswith(_FILES) and kind not in seen:
                seen.add(kind)
                waiting.append(found)
    assert person.complaints == []
    return opened


def test_each_person_of_the_example_house_opens_their_pages(house: House) -> None:
    with example(house.env) as told, chromium() as browser:
        assert told["ok"] is True
        opened = {}
        for one in (one for one in told["people"] if one["login"] in _LOOKED_AT):
            person = Person(browser)
            sign_in(person.page, told["url"], one, "#purpose-quality_audio")
            opened[one["login"]] = walk(person, told["url"])
            person.context.close()
        for login, path in _LOOKED_AT.items():
            assert path in opened[login], opened
        assert any(path.startswith("/enregistrements/") for path in opened["anne"])
        assert any(path.startswith("/demandes/case-") for path in opened["karim"])
        assert any(path.startswith("/autorites/case-") for path in opened["ines"])
    assert list(house.temp_dir.glob("ivr-example-*")) == []


def test_what_is_piped_says_at_once_who_gets_in() -> None:
    key, file = "A" * 32, io.StringIO()
    screen, title = Screen(), "délégué à la protection des données"
    screen.file = file
    people = [example_console.Person("karim", title, "mot de passe", TOTP(key))]

    async def begun() -> str:
        showing = asyncio.create_task(example_console._live(screen, "http://127.0.0.1:1", people))
        await asyncio.sleep(0)
        said = file.getvalue()
        showing.cancel()
        return said

    assert f"karim  {title}  clé TOTP : {key}\n" in asyncio.run(begun())
