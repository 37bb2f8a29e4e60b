"""What an agent is called wherever people read of them."""

from __future__ import annotations

import pytest

from ivr.services.call.agent_label import agent_label


@pytest.mark.parametrize(
    ("uri", "label"),
    [
        ("sip:conseil@agents.invalid", "conseil"),
        ("sip:1042@pbx.invalid;transport=tcp", "1042"),
    ],
)
def test_an_agent_is_named_by_their_account(uri: str, label: str) -> None:
    assert agent_label(uri) == label


def test_an_agent_who_is_called_on_a_telephone_is_not_named_by_its_number() -> None:
    label = agent_label("sip:+33612345678@carrier.invalid")
    assert label.startswith("agent-")
    assert "33612345678" not in label
