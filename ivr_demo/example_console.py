"""The console on the example house: made in a temporary folder, shown until it is stopped, then gone."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from pyotp import TOTP
from rich.live import Live
from rich.table import Table

from ivr.bootstrap.accounts import open_accounts
from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.node import console_child
from ivr.domain.access import Actor, Role
from ivr.errors import HostError
from ivr.screen import Screen
from ivr.settings import Settings, default_config_dir, load_settings
from ivr_demo.example_house import PEOPLE, ExampleHouse

_STEP = timedelta(seconds=30)
_READY_S = 60.0


@dataclass(frozen=True)
class Person:
    """An account of the example house, with what opens it."""

    login: str
    role: str
    password: str = field(repr=False)
    totp: TOTP = field(repr=False)


def example_settings(folder: Path) -> tuple[Settings, Mapping[str, str]]:
    """Return the settings of a house of its own in this folder, and the environment for its console."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("IVR_") or name == "IVR_CONFIG"},
        "IVR_NODE__DATA_DIR": str(folder),
        "IVR_DATABASE__URL": "",
        "IVR_RECORDING__STORE_DIR": "recordings",
        "IVR_STORE__KIND": "local",
        "IVR_KEYS__PROVIDER": "file",
        "IVR_KEYS__KEK_FILE": "keys/kek",
        "IVR_CONSOLE__BIND": "127.0.0.1",
        "IVR_CONSOLE__PORT": "0",
        "IVR_CONSOLE__PUBLIC_URL": "",
        "IVR_CONSOLE__TLS_CERT_FILE": "",
        "IVR_CONSOLE__TLS_KEY_FILE": "",
    }
    return load_settings(default_config_dir(env), env), env


def fill(settings: Settings) -> None:
    house = ExampleHouse(settings, until=datetime.now(UTC))
    try:
        house.fill()
    finally:
        house.close()


def admit(settings: Settings, url: str) -> list[Person]:
    """Open the accounts of the house through the console's own page, all with one password of this run."""
    password, people = secrets.token_urlsafe(12), []
    archive = open_archive(settings)
    try:
        invitations = open_accounts(settings, archive).invitations
        admin = Actor("admin", Role.ADMINISTRATOR)
        for login, role in PEOPLE.items():
            token = invitations.first(role) or invitations.invite(login, role, admin)
            totp = TOTP(base64.b32encode(invitations.open(token).code_secret).decode())
            # The code of a moment ago, so that the one of now still lets in.
            code = totp.at(datetime.now(UTC) - _STEP)
            _enrol(url, token, {"login": login, "password": password, "again": password, "code": code})
            people.append(Person(login, settings.access.titles[role], password, totp))
        return people
    finally:
        archive.close()


def _enrol(url: str, token: str, form: Mapping[str, str]) -> None:
    """Send the form of an invitation, as its page does in a browser. Raises HostError when no account came of it."""
    headers = {"Origin": url, "Sec-Fetch-Site": "same-origin", "Cookie": f"__Host-link={token}"}
    request = Request(f"{url}/invitation", urlencode(form).encode(), headers)
    try:
        with urlopen(request, timeout=_READY_S) as answer:
            made = answer.url.endswith("/connexion?fin=done")
    except OSError as error:
        raise HostError("the example console does not answer", where=url, remedy="try again") from error
    if not made:
        raise HostError("the example account was not made", where=form["login"], remedy="try again")


async def run_example(show: Callable[[dict[str, object]], None] | None) -> None:
    """Make the house, start its console, and show who gets in, until cancelled. `show` takes it as one object."""
    with tempfile.TemporaryDirectory(prefix="ivr-example-") as folder:
        settings, env = example_settings(Path(folder))
        screen = Screen()
        if show is None:
            screen.print("Huit mois d'appels se racontent, une minute environ…")
        await asyncio.to_thread(fill, settings)
        child = console_child(settings, env=env, on_event=lambda event: None)
        watcher = asyncio.create_task(child.keep_alive())
        try:
            await child.ready(_READY_S)
            people = await asyncio.to_thread(admit, settings, child.uri)
            if show is not None:
                show({"ok": True, "url": child.uri, "people": [_shown(one) for one in people]})
                await watcher
            else:
                await _live(screen, child.uri, people)
        finally:
            await child.end()
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)


def _shown(person: Person) -> dict[str, str]:
    return {
        "login": person.login,
        "role": person.role,
        "password": person.password,
        "key": person.totp.secret,
    }


async def _live(screen: Screen, url: str, people: list[Person]) -> None:
    screen.print(f"Console de la maison d'exemple : {url}", soft_wrap=True)
    screen.print(f"Mot de passe de tous : {people[0].password}   (Ctrl-C arrête et efface tout)")
    if not screen.is_terminal:
        # Nothing is drawn over in a file or a pipe: each stands there once, with the key that makes its codes.
        screen.print(_keys(people), soft_wrap=True)
        screen.file.flush()
        await asyncio.Event().wait()
    with Live(console=screen, auto_refresh=False) as live:
        while True:
            live.update(_table(people), refresh=True)
            await asyncio.sleep(1.0)


def _keys(people: list[Person]) -> str:
    """A line each: who, as what, and the key for an authenticator."""
    return "\n".join(f"{one.login}  {one.role}  clé TOTP : {one.totp.secret}" for one in people)


def _table(people: list[Person]) -> Table:
    now = datetime.now(UTC)
    table = Table("identifiant", "rôle", "code", "encore")
    left = f"{30 - int(now.timestamp()) % 30} s"
    for one in people:
        table.add_row(one.login, one.role, one.totp.at(now), left)
    return table
