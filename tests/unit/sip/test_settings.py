"""What a line refuses to start with."""

from __future__ import annotations

import pytest

from ivr.errors import ConfigurationError
from ivr.sip.settings import Registration, SipSettings


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"codecs": ("PCMB",)}, "sip.codecs"),
        ({"codecs": ()}, "sip.codecs"),
        ({"srtp": "maybe"}, "sip.srtp"),
        ({"rtp_source": "any"}, "sip.rtp_source"),
        ({"clock_hz": 44100}, "sip.clock_hz"),
        ({"udp": False, "tcp": False}, "sip.udp"),
        ({"port": 70000}, "sip.port"),
        ({"rtp_port_min": 4000}, "sip.rtp_port_max"),
        ({"rtp_port_min": 4000, "rtp_port_max": 4003}, "sip.rtp_port_max"),
        ({"rtp_timeout_s": -1.0}, "sip.rtp_timeout_s"),
        ({"max_calls": -1}, "sip.max_calls"),
        ({"log_level": 5}, "sip.log_level"),
    ],
)
def test_a_wrong_setting_is_named(values: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        SipSettings(**values)  # type: ignore[arg-type]
    assert refusal.value.key == key
    assert refusal.value.remedy


def test_a_password_is_never_shown() -> None:
    settings = SipSettings(registration=Registration("sip:r", "u", "hush"))
    assert "hush" not in repr(settings)
