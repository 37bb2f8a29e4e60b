"""A network's word for who calls counts when that network is believed, and the caller does not withhold it."""

from __future__ import annotations

import pytest

from ivr.sip.asserted import asserted_uri

EDGE = "192.0.2.10"


def invite(*lines: str) -> bytes:
    head = [
        "INVITE sip:ivr@192.0.2.1 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1",
        "From: <sip:+33100000001@carrier.example>;tag=1",
        "To: <sip:ivr@192.0.2.1>",
        "Call-ID: a@b",
        "CSeq: 1 INVITE",
        *lines,
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


@pytest.mark.parametrize(
    ("value", "uri"),
    [
        ("<sip:+33612345678@op.example>", "sip:+33612345678@op.example"),
        ('"Jean, D" <sip:+33612345678@op.example;user=phone>', "sip:+33612345678@op.example;user=phone"),
        ("sip:+33612345678@op.example", "sip:+33612345678@op.example"),
        ("<tel:+33612345678>, <sip:x@op.example>", "tel:+33612345678"),
        ("tel:+33612345678", "tel:+33612345678"),
        ("nobody", ""),
        ("", ""),
        ("Jean Dupont <sip:+33612345678@op.example>", "sip:+33612345678@op.example"),
        ('"x", <tel:+33612345678>', "tel:+33612345678"),
        ("<sip:+33612345678@op.example>;x=y", "sip:+33612345678@op.example"),
    ],
)
def test_the_number_that_a_believed_network_vouches_for(value: str, uri: str) -> None:
    assert asserted_uri(invite(f"P-Asserted-Identity: {value}"), EDGE, (EDGE,)) == uri


@pytest.mark.parametrize(
    ("value", "uri"),
    [
        ('"<tel:+33699999999>" <tel:+33612345678>', "tel:+33612345678"),
        ('"a, tel:+33699999999" <tel:+33612345678>', "tel:+33612345678"),
        (r'"\"<tel:+33699999999>" <tel:+33612345678>', "tel:+33612345678"),
        ('"<tel:+33699999999> <tel:+33612345678>', ""),
        ("a tel:+33699999999 <tel:+33612345678>", ""),
    ],
)
def test_a_display_name_names_nobody(value: str, uri: str) -> None:
    """Networks copy it from the caller's own From."""
    assert asserted_uri(invite(f"P-Asserted-Identity: {value}"), EDGE, (EDGE,)) == uri


@pytest.mark.parametrize("source", ["192.0.2.11", "", "192.0.2.1", "192.0.2.100"])
def test_anybody_elses_word_is_none(source: str) -> None:
    assert asserted_uri(invite("P-Asserted-Identity: <tel:+33612345678>"), source, (EDGE,)) == ""
    assert asserted_uri(invite("P-Asserted-Identity: <tel:+33612345678>"), source, ()) == ""


def test_an_address_is_the_same_in_brackets() -> None:
    message = invite("P-Asserted-Identity: <tel:+33612345678>")
    assert asserted_uri(message, "[2001:db8::1]", ("2001:db8::1",)) == "tel:+33612345678"


@pytest.mark.parametrize("privacy", ["id", "user;id", "Header", "critical; id"])
def test_a_caller_who_withholds_the_number_stays_unknown(privacy: str) -> None:
    message = invite("P-Asserted-Identity: <tel:+33612345678>", f"Privacy: {privacy}")
    assert asserted_uri(message, EDGE, (EDGE,)) == ""


def test_privacy_none_withholds_nothing() -> None:
    message = invite("P-Asserted-Identity: <tel:+33612345678>", "Privacy: none")
    assert asserted_uri(message, EDGE, (EDGE,)) == "tel:+33612345678"


@pytest.mark.parametrize("message", [b"", b"INVITE", b"\xff\x00\r\n\r\n"])
def test_what_cannot_be_read_vouches_for_nobody(message: bytes) -> None:
    assert asserted_uri(message, EDGE, (EDGE,)) == ""
