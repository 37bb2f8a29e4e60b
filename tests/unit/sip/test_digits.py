"""DTMF digits as telephones send them: RFC 4733 packets told apart by their time, and the bodies of INFO."""

from __future__ import annotations

import pytest

from ivr.sip.digits import DtmfPace, EventPresses, read_info


class Sender:
    """Packets of 20 ms; times in ms."""

    def __init__(self) -> None:
        self._presses = EventPresses()
        self.count = 0

    def packet(self, digit: str, begin_ms: int, duration_ms: int, *, ended: bool = False) -> None:
        self.count += self._presses.is_press(digit, begin_ms, duration_ms, ended=ended)

    def press(self, digit: str, begin_ms: int, *, first: int = 1, last: int = 6, ends: int = 3) -> None:
        for number in range(first, last + 1):
            self.packet(digit, begin_ms, 20 * number)
        for _ in range(ends):
            self.packet(digit, begin_ms, 20 * last, ended=True)


def test_the_packets_of_a_press_are_one_and_two_presses_are_two() -> None:
    sender = Sender()
    sender.press("9", 1000)
    assert sender.count == 1
    sender.press("9", 1300)
    assert sender.count == 2
    sender.press("8", 1500)
    assert sender.count == 3


def test_a_flash_of_the_hook_is_no_digit_and_ends_none() -> None:
    sender = Sender()
    sender.press("9", 1000)
    sender.press("R", 1200)
    sender.packet("9", 1000, 120, ended=True)
    assert sender.count == 1
    sender.press("9", 1400)
    assert sender.count == 2


@pytest.mark.parametrize("first", [1, 2, 4, 6])
def test_a_second_press_whose_first_packets_are_lost_is_one(first: int) -> None:
    sender = Sender()
    sender.press("9", 1000, last=3)
    sender.press("9", 1200, first=first)
    assert sender.count == 2


def test_a_press_whose_end_is_lost_ends_with_the_next() -> None:
    sender = Sender()
    sender.press("9", 1000, ends=0)
    sender.press("9", 1300)
    assert sender.count == 2


def test_one_duration_in_every_packet_hides_no_press() -> None:
    sender = Sender()
    for begin_ms in (1000, 1400, 1800):
        for _ in range(5):
            sender.packet("9", begin_ms, 100)
        for _ in range(3):
            sender.packet("9", begin_ms, 100, ended=True)
    assert sender.count == 3


def test_the_rest_of_a_press_after_a_re_invite_is_no_second_one() -> None:
    sender = Sender()
    sender.press("9", 1000, last=3, ends=0)
    # The library takes up the stream anew and tells the next packet as a new DTMF digit.
    sender.press("9", 1000, first=4)
    assert sender.count == 1


def test_a_sender_who_moves_the_time_on_with_every_packet_presses_once() -> None:
    sender = Sender()
    for number in range(8):
        sender.packet("9", 1000 + 20 * number, 20 * (number + 1))
    sender.packet("9", 1140, 160, ended=True)
    assert sender.count == 1


def test_a_digit_held_for_long_goes_on_in_segments() -> None:
    sender = Sender()
    for begin_ms in (1000, 1000 + 8191, 1000 + 2 * 8191):
        for duration_ms in range(20, 8180, 20):
            sender.packet("9", begin_ms, duration_ms)
    assert sender.count == 1


def test_the_clock_may_wrap_between_two_presses() -> None:
    sender = Sender()
    sender.press("9", (1 << 29) - 100)
    sender.press("9", 200)
    assert sender.count == 2


def test_digits_count_as_fast_as_anybody_presses_them_and_no_faster() -> None:
    pace = DtmfPace()
    assert sum(pace.allows(100.0) for _ in range(500)) == 40, "a stored number, at once and twice"
    assert sum(pace.allows(100.0 + number / 500) for number in range(501)) == 20
    dialler = DtmfPace()
    assert all(dialler.allows(number / 12.5) for number in range(1000)), "40 ms and 40 ms of silence"


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/dtmf-relay", b"Signal=9\r\nDuration=160\r\n", (200, "9")),
        ("application/dtmf-relay", b"signal=9\r\nduration=160", (200, "9")),
        ("application/dtmf-relay", b"SIGNAL = 9\n", (200, "9")),
        ("application/dtmf-relay", b"Duration=160\r\nSignal= 9", (200, "9")),
        ("application/dtmf-relay", b"Signal=9;Duration=160", (200, "9")),
        ("application/dtmf-relay", b"Signal=9 Duration=160", (200, "9")),
        ("application/dtmf-relay", b"Duration=160,Signal=9", (200, "9")),
        ("application/dtmf-relay", b"Signal=9\rDuration=160\r", (200, "9")),
        ("application/dtmf-relay", b'Signal="9"\r\nDuration="160"\r\n', (200, "9")),
        ("application/dtmf-relay", b"X-Signal=9", (400, "")),
        ("application/dtmf-relay", b"Signal=*\r\n", (200, "*")),
        ("application/dtmf-relay", b"Signal=11\r\nDuration=250\r\n", (200, "#")),
        ("application/dtmf-relay", b"Signal=d", (200, "D")),
        ("application/dtmf-relay", b"Signal=16", (200, "")),
        ("application/dtmf-relay", b"Signal=\r\nDuration=160\r\n", (400, "")),
        ("application/dtmf-relay", b"Signal=99\r\n", (400, "")),
        ("application/dtmf-relay", b"9", (400, "")),
        ("application/dtmf-relay", b"\xff\xfe", (400, "")),
        ("application/dtmf", b"9", (200, "9")),
        ("application/dtmf", b" 9\r\n", (200, "9")),
        ("application/dtmf", b"Signal=9", (200, "9")),
        ("application/dtmf", b"#", (200, "#")),
        ("application/dtmf", b"nine", (400, "")),
        ("application/media_control+xml", b"<media_control/>", (415, "")),
        ("text/plain", b"9", (415, "")),
    ],
)
def test_the_body_of_an_info_is_read(kind: str, body: bytes, expected: tuple[int, str]) -> None:
    assert read_info(kind, body) == expected
