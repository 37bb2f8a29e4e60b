"""The console's application on a database of its own, asked as a browser would."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

from fastapi.testclient import TestClient
from httpx2 import Response
from pyotp import TOTP
from sqlalchemy import update
from starlette.types import Receive, Scope, Send

from ivr.bootstrap.accounts import Accounts
from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.identity_provider import open_provider
from ivr.console.api.app import build_api
from ivr.console.api.services import services_of
from ivr.console.app import build
from ivr.console.credentials import TotpCodes
from ivr.console.guard import App, Origin
from ivr.console.id_tokens import JoseTokenReader
from ivr.console.pages import open_pages
from ivr.domain.access import Actor, Role
from ivr.services.ports.openid import IdentityProvider
from ivr.settings import Settings, load_settings
from ivr.storage.tables import accounts
from tests.databases import fresh_url
from tests.fakes.accounts import FakeHasher
from tests.fakes.identity_provider import CLIENT, SECRET, SoftProvider
from tests.fakes.vault import TickingClock

REPOSITORY = Path(__file__).resolve().parents[3]
URL = "https://console.test"
#: The day on which the console's tests play.
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
PASSWORD = "quatre chevaux dans la prairie"
#: What a browser says of a form that a page of ours sent.
OURS = {"origin": URL, "sec-fetch-site": "same-origin"}


@dataclass
class ConsoleRig:
    folder: Path
    seconds: float = 0.0
    clock: TickingClock = field(default_factory=lambda: TickingClock(NOW))
    #: What `ivr doctor --json` prints.
    doctor: str = '{"ok": true, "checks": [], "warnings": []}'
    secrets: dict[str, str] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    #: The identity provider through which people may sign in, if there is one.
    provider: SoftProvider | None = None
    _made: App | None = None

    def __post_init__(self) -> None:
        self.settings: Settings = load_settings(
            REPOSITORY / "config",
            {
                "IVR_NODE__DATA_DIR": str(self.folder / "var"),
                "IVR_DATABASE__URL": fresh_url("sqlite", self.folder),
                "IVR_CONSOLE__PUBLIC_URL": URL,
                **(self._through(self.provider) if self.provider else {}),
            },
        )
        self.archive: Archive = open_archive(self.settings, create=True, clock=self.clock)
        self.hasher = FakeHasher()
        self.pages = open_pages(
            self.settings,
            self.archive,
            origin=URL,
            hasher=self.hasher,
            codes=TotpCodes(),
            monotonic=lambda: self.seconds,
            doctor=lambda: self.doctor,
            provider=self._asking(self.provider) if self.provider else None,
        )
        self.accounts: Accounts = self.pages.accounts
        self.quality = self.pages.analyses.quality
        self.listenings = self.pages.player.listenings
        origin = Origin(URL)
        self.app = build(self.pages, origin=lambda: origin, monotonic=lambda: self.seconds, api=self._api)
        self.browser = self.new_browser()

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Made when it is first asked: its routes take a second, and most tests ask the pages only."""
        if self._made is None:
            self._made = build_api(services_of(self.pages), origin=lambda: Origin(URL), monotonic=lambda: self.seconds)
        await self._made(scope, receive, send)

    def _through(self, provider: SoftProvider) -> dict[str, str]:
        secret = self.folder / "client-secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        told = {
            "ISSUER": provider.issuer,
            "CLIENT_ID": CLIENT,
            "CLIENT_SECRET_FILE": str(secret),
            "LABEL": "votre compte de la maison",
        }
        return {f"IVR_CONSOLE__OIDC__{name}": value for name, value in told.items()}

    def _asking(self, provider: SoftProvider) -> IdentityProvider | None:
        return open_provider(self.settings, JoseTokenReader(), lambda: self.seconds, exchange=provider.exchange)

    def new_browser(self) -> TestClient:
        return TestClient(self.app, base_url=URL, follow_redirects=False)

    def get(self, path: str, **headers: str) -> Response:
        self.seconds += 60
        answer: Response = self.browser.get(path, headers=headers)
        return answer

    def post(self, path: str, **form: str) -> Response:
        self.seconds += 60
        answer: Response = self.browser.post(path, data=form, headers=OURS)
        return answer

    def code(self, login: str) -> str:
        """The code of now, or of the next half minute when that one was asked for before; then as if time went by."""
        now = int(self.clock.at.timestamp()) // 30
        step = max(self.steps.get(login, 0), now - 1) + 1
        if step > now + 1:
            with self.archive.database.writing() as connection:
                connection.execute(update(accounts).where(accounts.c.login == login).values(used_step=-1))
            step = now
        self.steps[login] = step
        return str(TOTP(self.secrets[login]).generate_otp(step))

    def make_account(self, login: str, role: Role) -> None:
        """Through the pages, as a person does."""
        first = not self.accounts.book.count()
        invitations = self.accounts.invitations
        token = invitations.first(role) if first else invitations.invite(login, role, Actor("admin", role))
        assert token
        self.enrol(token, login)

    def enrol(self, token: str, login: str) -> None:
        """Make the account of a link."""
        assert self.get(f"/invitation?jeton={token}").headers["location"] == "/invitation"
        page = self.get("/invitation").text
        key = re.search(r'<code id="key">([A-Z2-7 ]+)</code>', page)
        assert key, page
        self.secrets[login] = key[1].replace(" ", "")
        made = self.post("/invitation", login=login, password=PASSWORD, again=PASSWORD, code=self.code(login))
        assert made.headers["location"] == "/connexion?fin=done", made.text

    def sign_in(self, login: str, password: str = PASSWORD, code: str = "") -> Response:
        return self.post("/connexion", login=login, password=password, code=code or self.code(login))

    def form_token(self, path: str = "/") -> str:
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.get(path).text)
        assert found
        return found[1]

    def told(self) -> list[str]:
        return [event.kind for event in self.archive.audit.events()]

    def close(self) -> None:
        self.archive.close()


def words_of(page: Response) -> str:
    """What a person reads: without tags."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))
