"""Addresses of headers."""

from __future__ import annotations

from ivr.sip.uri import addr_spec


def test_an_address_is_freed_of_name_and_header_parameters() -> None:
    cases = {
        '"Mme Leroy" <sip:+33102030405@a.example;user=phone>;tag=88': "sip:+33102030405@a.example;user=phone",
        "<sip:ivr@10.0.0.1>": "sip:ivr@10.0.0.1",
        "sip:ivr@10.0.0.1;tag=5": "sip:ivr@10.0.0.1",
        '"<odd>" <sip:a@b>': "sip:a@b",
        "": "",
    }
    assert {header: addr_spec(header) for header in cases} == cases
