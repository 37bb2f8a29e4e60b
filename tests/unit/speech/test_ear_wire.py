"""The ear's language: what is sent comes back whole, and garbage is refused without harm."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.audio.channel import Channel
from ivr.domain.call.party import Direction
from ivr.domain.hearing.cleared_mark import Piece
from ivr.domain.hearing.verdict import (
    OPPOSING,
    AskSpan,
    Band,
    Comprehension,
    Ground,
    Label,
    PendingNumber,
    SensitiveSpan,
    Thresholds,
    Verdict,
)
from ivr.services.ports.hearing import ListenContext, Speech
from ivr.speech.wire import (
    VERSION,
    Question,
    Refusal,
    Reply,
    Request,
    WireError,
    decode_question,
    decode_reply,
    decode_request,
    encode_farewell,
    encode_question,
    encode_reply,
    encode_request,
)

_TIMES = st.integers(0, 10**7)
_TEXT = st.text(max_size=50)
_UNIT = st.floats(0, 1)
_PENDING = st.none() | st.builds(PendingNumber, _TIMES, _TIMES)
_CONTEXTS = st.builds(
    ListenContext,
    program=_TEXT,
    last_prompt=_TEXT,
    after_disclosure=st.booleans(),
    thresholds=st.dictionaries(_TEXT, st.builds(Thresholds, _UNIT, _UNIT), max_size=4),
    want_text=st.booleans(),
    pending=_PENDING,
    guard=st.none() | st.sampled_from(Direction),
)


def _verdict(label: Label, band: Band, ground: Ground | None, *rest: Any, **more: Any) -> Verdict:
    """What acts names a ground."""
    acts = band is Band.ACT and label in OPPOSING
    clear = Verdict(label, Band.CLEAR, *rest, **more)
    return replace(clear, band=band, ground=ground or (Ground.EXPLICIT if acts else None))


_VERDICTS = st.builds(
    _verdict,
    st.sampled_from(Label),
    st.sampled_from(Band),
    st.none() | st.sampled_from(Ground),
    _UNIT,
    st.none() | _TIMES,
    st.lists(st.builds(SensitiveSpan, _TEXT, _TIMES, _TIMES), max_size=3).map(tuple),
    _TEXT,
    st.booleans(),
    st.booleans(),
    _PENDING,
    st.lists(st.builds(AskSpan, _TEXT, st.lists(_TEXT, max_size=2).map(tuple), _TIMES, _TIMES), max_size=2).map(tuple),
    comprehension=st.sampled_from(Comprehension),
)


def _speech(start_ms: int = 0, length_ms: int = 100, context: ListenContext | None = None) -> Speech:
    piece = Piece(3, Channel.AGENT, start_ms, start_ms + length_ms, True)
    return Speech("call", piece, bytes(16 * length_ms), context or ListenContext(), 2.5)


@given(_TIMES, st.integers(20, 300), _CONTEXTS, st.text(max_size=20))
def test_a_request_arrives_as_it_was_sent(
    start_ms: int, length_ms: int, context: ListenContext, request_id: str
) -> None:
    request = Request(request_id, _speech(start_ms, length_ms, context))
    assert decode_request(encode_request(request)) == request


@given(_VERDICTS | st.sampled_from(Refusal))
def test_an_answer_arrives_as_it_was_sent(result: Verdict | Refusal) -> None:
    answer = Reply("7", result)
    assert decode_reply(encode_reply(answer)) == answer


def test_a_question_and_its_reply_arrive_as_they_were_sent() -> None:
    assert decode_question(encode_question("9")) == Question("9")
    assert decode_question(encode_farewell("9", "call-1")) == Question("9", forget="call-1")
    reply = Reply("9", {"received": 3, "busy_s": 0.5})
    assert decode_reply(encode_reply(reply)) == reply


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_garbage_frames_are_refused(frames: list[bytes]) -> None:
    for decode in (decode_request, decode_reply):
        with pytest.raises(WireError):
            decode(frames)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(sorted(json.loads(encode_request(Request("1", _speech()))[1]))), _JSON)
def test_a_request_with_one_odd_field_is_understood_or_refused(field: str, value: object) -> None:
    version, header, pcm = encode_request(Request("1", _speech()))
    changed = json.dumps(json.loads(header) | {field: value}).encode()
    try:
        understood = decode_request([version, changed, pcm])
    except WireError:
        return
    assert understood.speech.pcm == pcm


@given(_JSON)
def test_a_verdict_of_odd_shape_is_understood_or_refused(value: object) -> None:
    header = json.dumps({"id": "1", "verdict": value}).encode()
    with pytest.raises(WireError):
        decode_reply([VERSION, header])


@pytest.mark.parametrize(
    ("header", "pcm"),
    [
        (b"[" * 10_000, b"ab"),
        (b"{" + b" " * 20_000 + b"}", b"ab"),
        (b"null", b"ab"),
        (b"\xff\xfe", b"ab"),
    ],
)
def test_hostile_headers_are_refused(header: bytes, pcm: bytes) -> None:
    with pytest.raises(WireError):
        decode_request([VERSION, header, pcm])


@pytest.mark.parametrize("pcm", [b"", b"odd", bytes(16 * 5000), bytes(2_000_000)])
def test_audio_that_cannot_be_the_piece_is_refused_with_the_request_named(pcm: bytes) -> None:
    version, header, _ = encode_request(Request("42", _speech()))
    with pytest.raises(WireError) as caught:
        decode_request([version, header, pcm])
    assert caught.value.request_id == "42"


def test_another_version_is_refused() -> None:
    _, header, pcm = encode_request(Request("1", _speech()))
    with pytest.raises(WireError, match="version"):
        decode_request([b"\x01", header, pcm])
