"""TCP connections: who stays, who makes room, and how long anybody may be silent."""

from __future__ import annotations

from ivr.sip.connections import ConnectionBook, ConnectionLimits
from ivr.sip.handle_budget import RECOVERY_S

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
