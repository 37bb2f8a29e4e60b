"""Where browsers allow passkeys, and what they are asked."""

from __future__ import annotations

import json

import pytest

from ivr.console.ceremonies import WebAuthnCeremonies, relying_party


@pytest.mark.parametrize(
    ("url", "party"),
    [
        ("https://console.example.org", "console.example.org"),
        ("https://console.example.org:8443", "console.example.org"),
        ("http://localhost:8090", "localhost"),
        ("http://127.0.0.1:8090", None),
        ("https://192.0.2.10", None),
        ("https://[2001:db8::1]", None),
        ("http://console.example.org", None),
        ("", None),
    ],
)
def test_passkeys_work_at_a_name_over_https_or_on_this_machine(url: str, party: str | None) -> None:
    assert relying_party(url) == party
    assert WebAuthnCeremonies(url, "ivr").usable is (party is not None)


def test_a_browser_is_asked_to_verify_the_person_and_names_no_account() -> None:
    asked = json.loads(WebAuthnCeremonies("https://console.test", "ivr").request(b"challenge"))
    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "console.test"
    assert asked.get("allowCredentials", []) == []
