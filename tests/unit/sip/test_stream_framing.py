"""Where a SIP message on a connection ends (RFC 3261 section 18.3)."""

from __future__ import annotations

import pytest

from ivr.sip.message import LARGEST_BYTES
from ivr.sip.stream_framing import LONGEST_SKIPPED_BYTES, Frame, frame_of, request_in


def test_where_a_message_on_a_connection_ends() -> None:
    head = b"OPTIONS sip:a SIP/2.0\r\nCall-ID: x\r\nl : 5\r\n\r\n"
    whole = len(head) + 5
    assert frame_of(head + b"hello" + b"more") == Frame(whole, sip_call_id="x")
    assert frame_of(head + b"he") == Frame(whole, sip_call_id="x")
    assert frame_of(head[:-2]) == Frame(None)
    assert frame_of(b"x" * 4000) == Frame(None, 513, broken=True)
    assert frame_of(head.replace(b"l : 5\r\n", b"")) == Frame(None, 400, broken=True)
    assert frame_of(head.replace(b"l : 5\r\n", b"l: 5\r\nContent-Length: 6\r\n")) == Frame(None, 400, broken=True)
    assert frame_of(head.replace(b"l : 5\r\n", b"l: 5\r\nContent-Length: x\r\n")) == Frame(None, 400, broken=True)
    assert frame_of(head.replace(b"l : 5", b"l : 5 5")) == Frame(None, 400, broken=True)
    assert frame_of(head.replace(b"Call-ID: x\r\n", b"Call-ID: x\n")) == Frame(None, 400, broken=True)
    hidden = head.replace(b"l : 5\r\n", b"Content\rLength: 90\r\nl: 5\r\n")
    assert frame_of(hidden) == Frame(None, 400, broken=True), "some fold a case by one bit, and a CR is a hyphen then"
    assert frame_of(b"OPTIONS sip:a SIP/2.0\r") == Frame(None), "the rest of a line end may be on its way"
    assert frame_of(b"OPTIONS sip:a SIP/2.0\r\nl: 5\n\r\n") == Frame(None, 400, broken=True)
    assert frame_of(head + b"\nbody") == Frame(whole, sip_call_id="x"), "a body may hold any line end"
    longest = LARGEST_BYTES - 1 - (len(head) + 3)
    assert frame_of(head.replace(b": 5", f": {longest}".encode())).status == 0
    assert frame_of(head.replace(b": 5", f": {longest + 1}".encode())).status == 513
    assert frame_of(head.replace(b": 5", b": 5000")).status == 513
    assert not frame_of(head.replace(b": 5", b": 5000")).broken
    assert frame_of(head.replace(b": 5", f": {LONGEST_SKIPPED_BYTES}".encode())).broken


@pytest.mark.parametrize(
    ("first", "named"), [("INVITE sip:a SIP/2.0", "INVITE"), ("SIP/2.0 200 OK", None), ("x", None)]
)
def test_what_is_too_long_is_refused_by_what_has_come_of_it(first: str, named: str | None) -> None:
    head = f"{first}\r\nVia: SIP/2.0/TCP a\r\nFrom: <sip:a>\r\nTo: <sip:b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n".encode()
    request = request_in(head + b"X-Cut: here is the e")
    assert (request.method if request else None) == named
    assert request_in(head[:40]) is None
