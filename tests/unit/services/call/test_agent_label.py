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


@pytest.mark.parametrize(
    "user",
    ["+33612345678", "06%2012%2034%2056%2078", "06.12.34.56.78", "06-12-34-56-78", "%2B33%286%29123456", "06 12 34 56"],
)
def test_an_agent_who_is_called_on_a_telephone_is_not_named_by_its_number(user: str) -> None:
    label = agent_label(f"sip:{user}@carrier.invalid")
    assert label.startswith("agent-")
    assert len(label) == len("agent-") + 10
    assert label != agent_label("sip:0699999999@carrier.invalid")
