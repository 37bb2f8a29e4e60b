"""TCP connections: who stays, where messages end, and how fast sockets may be taken."""

from __future__ import annotations

import logging

import pytest

from ivr.sip.bounded_log import BoundedLog
from ivr.sip.connections import ConnectionBook, ConnectionLimits
from ivr.sip.handle_budget import RECOVERY_S, HandleBudget
from ivr.sip.message import LARGEST_BYTES
from ivr.sip.stream_framing import LONGEST_SKIPPED_BYTES, Frame, frame_of, request_in

LIMITS = ConnectionLimits(total=3, per_source=2, first_message_s=5, idle_s=60, handles=5, edges=("edge",))


def _book(*calls: str) -> ConnectionBook:
    return ConnectionBook(LIMITS, lambda sip_call_id: sip_call_id in calls)


def test_one_source_has_its_share_and_an_edge_is_bounded_by_the_total_only() -> None:
    book = _book()
    assert book.opened(1, "a", 0) == {}
    assert book.opened(2, "a", 0) == {}
    assert book.opened(3, "a", 0) == {3: "too many of this source"}
    book.closed(3, 0)
    assert book.opened(4, "edge", 0) == {}
    book.closed(1, 0)
    book.closed(2, 0)
    assert book.opened(5, "edge", 0) == {}
    assert book.opened(6, "edge", 0) == {}
    assert book.source(6) == "edge"
    assert len(book) == 3


def test_who_is_silent_longest_and_carries_no_call_makes_room() -> None:
    book = _book("live")
    for key, call_id, at in ((1, "live", 1.0), (2, "over", 3.0), (3, "over", 2.0)):
        book.opened(key, f"s{key}", 0)
        book.received(key, call_id, at)
    assert book.opened(4, "s4", 4) == {3: "too many at all"}
    assert book.opened(5, "s5", 5) == {2: "too many at all"}


def test_when_each_connection_carries_a_call_a_new_one_is_refused() -> None:
    book = _book("live")
    for key in (1, 2, 3):
        book.opened(key, f"s{key}", 0)
        book.received(key, "live", 0)
    assert book.opened(4, "s4", 1) == {4: "too many at all"}


def test_silence_is_bounded_before_within_and_between_messages() -> None:
    book = _book("live")
    book.opened(1, "a", 0)
    assert book.overdue(4.9) == {}
    assert book.overdue(5) == {1: "no whole message"}
    assert book.overdue(99) == {}, "told once"
    book.opened(2, "a", 100)
    book.received(2, "over", 101)
    book.begun(2, 110)
    book.begun(2, 112)
    assert book.overdue(114.9) == {}
    assert book.overdue(115) == {2: "no whole message"}
    book.opened(3, "b", 100)
    book.received(3, "over", 101)
    book.opened(4, "c", 100)
    book.received(4, "live", 101)
    assert book.overdue(161) == {3: "idle"}
    assert book.overdue(999) == {}


def test_a_closed_socket_keeps_its_place_for_a_while() -> None:
    book = _book()
    for key in range(4):
        book.opened(key, f"s{key}", 0)
    assert not book.crowded(0)
    assert book.crowded(0, others=1)
    for key in range(4):
        book.closed(key, 10)
    book.opened(9, "z", 10.1)
    assert book.crowded(10 + RECOVERY_S - 0.01)
    assert not book.crowded(10 + RECOVERY_S)


def test_sockets_are_taken_no_faster_than_they_come_back() -> None:
    budget = HandleBudget(4)
    assert budget.take(2, 0)
    assert budget.take(2, RECOVERY_S / 2)
    assert not budget.take(1, RECOVERY_S - 0.01)
    assert budget.take(2, RECOVERY_S)
    assert not budget.take(1, RECOVERY_S * 1.4)
    assert budget.take(2, RECOVERY_S * 1.5)


def test_one_source_leaves_a_quarter_of_the_sockets_to_others() -> None:
    budget = HandleBudget(8)
    assert [budget.take(2, 0, "a") for _ in range(4)] == [True] * 3 + [False]
    assert budget.take(2, 0, "b")
    assert not budget.take(2, 0, "c"), "all is spent"
    assert budget.take(2, RECOVERY_S, "a")
    unshared = HandleBudget(8)
    assert [unshared.take(2, 0) for _ in range(5)] == [True] * 4 + [False], "ourselves and edges"


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


def test_strangers_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log = BoundedLog(logging.getLogger("ivr.test"))
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            log.warning(0.0, "refused %s", "x")
        assert len(caplog.records) == 30
        log.warning(10.0, "refused %s", "y")
    assert [record.getMessage() for record in caplog.records[30:]] == [
        "70 more refusals were not told one by one",
        "refused y",
    ]
