"""Ranges of bytes, as RFC 9110 has them, and never more than a piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.audio.byte_range import asked_range


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("", 0, 400),
        ("bytes=0-", 0, 400),
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("Bytes = 10-19 ", 10, 20),
        ("bytes=10-", 10, 410),
        ("bytes=999-", 999, 1000),
        ("bytes=900-5000", 900, 1000),
        ("bytes=-100", 900, 1000),
        ("bytes=-5000", 0, 400),
        ("bytes=0-1,5-6", 0, 400),
        ("bytes=5-3", 0, 400),
        ("lines=1-2", 0, 400),
        ("bytes=-", 0, 400),
        ("bytes=1٢-", 0, 400),
    ],
)
def test_what_is_asked_is_what_is_sent(header: str, start: int, end: int) -> None:
    found = asked_range(header, 1000, most=400)
    assert (found.start, found.end, found.status) == (start, end, 206)
    assert found.headers["Content-Range"] == f"bytes {start}-{end - 1}/1000"
    assert found.headers["Content-Length"] == str(end - start)
    assert found.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=1000-", 1000), ("bytes=5000-6000", 1000), ("bytes=-0", 1000), ("", 0)]
)
def test_what_lies_behind_the_end_has_no_bytes(header: str, size: int) -> None:
    found = asked_range(header, size, most=400)
    assert (found.status, found.start, found.end) == (416, 0, 0)
    assert found.headers["Content-Range"] == f"bytes */{size}"
    assert found.headers["Content-Length"] == "0"


@given(
    st.text(max_size=40) | st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}"), st.integers(0, 5000), st.integers(1, 500)
)
def test_whatever_is_asked_lies_within_the_file_and_a_piece(header: str, size: int, most: int) -> None:
    found = asked_range(header, size, most=most)
    assert 0 <= found.start <= found.end <= size
    assert found.end - found.start <= most
    assert (found.status == 206) is (found.end > found.start)
