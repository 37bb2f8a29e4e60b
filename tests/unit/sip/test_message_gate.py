"""Which SIP message is passed to the library, and what the others are answered."""

from __future__ import annotations

import re

import pytest

from ivr.sip.message import LARGEST_BYTES, Message, UnreadableError, read_message
from ivr.sip.message_gate import PASS, Arrival, GateAction, decide_request, decide_response, sockets_wanted, too_fast
from ivr.sip.offer_bounds import BOUNDS, excess_of
from ivr.sip.reply import way_back, write_reply

_OFFER = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"
_HERE = Arrival(full_buffer=False, in_dialog=False, retransmitted=False, places=4)
_IN_DIALOG = Arrival(full_buffer=False, in_dialog=True, retransmitted=True, places=0)


def _text(method: str = "INVITE", *headers: str, body: str = "", tag: str = "", length: int | None = None) -> bytes:
    lines = [
        f"{method} sip:ivr@192.0.2.9 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1",
        "From: <sip:a@192.0.2.1>;tag=theirs",
        "To: <sip:ivr@192.0.2.9>" + (f";tag={tag}" if tag else ""),
        "Call-ID: call",
        f"CSeq: 7 {method}",
        *headers,
    ]
    if body:
        lines.append("Content-Type: application/sdp")
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _message(method: str = "INVITE", *headers: str, body: str = "", tag: str = "") -> Message:
    return read_message(_text(method, *headers, body=body, tag=tag))


def test_a_value_may_begin_on_the_line_after_its_name() -> None:
    """As in the first torture test of RFC 4475."""
    text = _text(body=_OFFER).replace(b"Content-Length: ", b"Content-Length   :\r\n ")
    text = text.replace(b"CSeq: 7 INVITE", b"cseq:\r\n\t0007\r\n  INVITE").replace(b"To: <", b"TO :\r\n <")
    text = text.replace(b"Via: ", b"Via:\r\n ").replace(b"Content-Type: ", b"c:\r\n ")
    message = read_message(text)
    assert (message.cseq, message.declared, message.content_type) == (7, len(_OFFER), "application/sdp")
    assert message.get("via").startswith("SIP/2.0/UDP")
    assert message.get("to") == "<sip:ivr@192.0.2.9>"


def test_a_message_is_read_with_compact_and_folded_headers() -> None:
    text = (
        b"INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/TCP c;branch=z9hG4bKx ,\r\n SIP/2.0/UDP d\r\n"
        b'f: "x;tag=no" <sip:a;tag=no@b>;tag=yes\r\nt: sip:b;tag=mine\r\ni: one\r\nCSeq : 4  INVITE\r\n'
        b"l: 2\r\nc: Application/SDP ;charset=x\r\n\r\nabc"
    )
    message = read_message(text)
    assert (message.method, message.cseq, message.call_id) == ("INVITE", 4, "one")
    assert (message.from_tag, message.to_tag, message.branch) == ("yes", "mine", "z9hG4bKx")
    assert message.all("via") == ("SIP/2.0/TCP c;branch=z9hG4bKx , SIP/2.0/UDP d",)
    assert message.content_type == "application/sdp"
    assert (message.declared, message.body, message.cut) == (2, b"abc", False)
    assert text[message.head_bytes :] == b"abc"


@pytest.mark.parametrize(
    "spoilt",
    [
        (b"\r\n\r\n", b"\r\n"),
        (b"INVITE sip", b"INV ITE sip"),
        (b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia"),
        (b"Via: ", b"Xia: "),
        (b"Call-ID: call\r\n", b""),
        (b"Call-ID: call\r\n", b"Call-ID: call\r\ni: other\r\n"),
        (b"Call-ID: call\r\n", b"Call-ID: call\n"),
        (b"Call-ID: call\r\n", b"Call-ID: ca\0ll\r\n"),
        (b"Content-Length: 0", b"Content-Length: 0\r\nContent-Length: 0"),
        (b"Content-Length: 0", b"Content-Length: -1"),
        (b"CSeq: 7 INVITE", b"CSeq: 7 BYE"),
        (b"CSeq: 7 INVITE", b"CSeq: 4294967296 INVITE"),
        (b"Via: ", b" Via: "),
        (b"To: ", b": "),
    ],
)
def test_what_can_be_read_in_two_ways_is_no_message(spoilt: tuple[bytes, bytes]) -> None:
    text = _text()
    assert read_message(text).method == "INVITE"
    assert spoilt[0] in text
    with pytest.raises(UnreadableError):
        read_message(text.replace(spoilt[0], spoilt[1], 1))


@pytest.mark.parametrize(
    ("method", "outside", "inside"),
    [
        ("INVITE", 0, 0),
        ("BYE", 481, 0),
        ("UPDATE", 481, 0),
        ("PRACK", 481, 0),
        ("OPTIONS", 200, 200),
        ("REFER", 603, 603),
        ("SUBSCRIBE", 489, 489),
        ("NOTIFY", 481, 481),
        ("MESSAGE", 405, 405),
        ("REGISTER", 405, 405),
        ("PUBLISH", 405, 405),
        ("invite", 501, 501),
        ("X-9", 501, 501),
        ("CANCEL", 0, 0),
        ("ACK", 0, 0),
    ],
)
def test_every_method_has_its_answer(method: str, outside: int, inside: int) -> None:
    assert decide_request(_message(method), _HERE).status == outside
    assert decide_request(_message(method, tag="ours"), _IN_DIALOG).status == inside
    if method not in ("ACK", "CANCEL", "REFER", "SUBSCRIBE") and outside not in (405, 501):
        assert decide_request(_message(method, tag="nobodys"), _HERE).status == 481


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "INFO", "PRACK", "UPDATE"])
def test_what_a_request_requires_and_we_lack_is_named_to_it(method: str) -> None:
    strange = ("Require: 100rel, x-one", "Require: TIMER,x-two , x-one")
    inside = decide_request(_message(method, *strange, tag="ours"), _IN_DIALOG)
    assert (inside.status, dict(inside.headers)["Unsupported"]) == (420, "x-one, x-two")
    outside = decide_request(_message(method, *strange), _HERE)
    assert outside.status == (420 if method in ("INVITE", "OPTIONS") else 481)
    known = decide_request(_message(method, "Require: 100rel, Timer", tag="ours"), _IN_DIALOG)
    assert known.status in (0, 200)


def test_no_extension_keeps_anybody_on_the_line() -> None:
    for method in ("BYE", "CANCEL", "ACK"):
        assert decide_request(_message(method, "Require: x-one", tag="ours"), _IN_DIALOG) == PASS
    assert decide_request(_message("MESSAGE", "Require: x-one"), _HERE).status == 405, "the method is looked at first"


def test_a_request_that_names_another_way_back_is_refused_at_its_source() -> None:
    pointed = read_message(_text(body=_OFFER).replace(b":5062;branch", b":5062;MADDR=203.0.113.5;branch"))
    assert decide_request(pointed, _HERE).status == 400
    assert way_back(pointed, ("192.0.2.77", 9)) == ("192.0.2.77", 5062)


def test_numeric_addresses_are_taken() -> None:
    body = _OFFER + "c=IN IP4 0.0.0.0\r\nc=IN IP6 2001:db8::1\r\na=rtcp:4001\r\na=rtcp:4001 IN IP4 192.0.2.1\r\n"
    assert excess_of(body.encode()) == ""


def test_an_info_in_a_dialog_is_asked_about_and_elsewhere_told_that_there_is_none() -> None:
    assert decide_request(_message("INFO", tag="ours"), _IN_DIALOG).action is GateAction.INFO
    assert decide_request(_message("INFO"), _HERE).status == 481


@pytest.mark.parametrize("header", ["Replaces: other;to-tag=1;from-tag=2", "Join: other;to-tag=1;from-tag=2"])
def test_nobody_takes_over_or_joins_a_call(header: str) -> None:
    assert decide_request(_message("INVITE", header, body=_OFFER), _HERE).status == 603


def test_a_message_that_is_cut_is_never_a_call() -> None:
    cut = read_message(_text(body=_OFFER, length=len(_OFFER) + 1))
    assert decide_request(cut, _HERE).status == 400
    cut_ack = read_message(_text("ACK", body=_OFFER, length=len(_OFFER) + 1, tag="ours"))
    assert decide_request(cut_ack, _IN_DIALOG).action is GateAction.BLANK
    whole = _message(body=_OFFER)
    assert decide_request(whole, _HERE) == PASS
    full = Arrival(full_buffer=True, in_dialog=False, retransmitted=False, places=4)
    assert decide_request(whole, full).status == 513


def test_what_leaves_no_room_for_an_answer_is_refused_early() -> None:
    route = f"Record-Route: <sip:{'p' * 100}@192.0.2.1;lr>"
    assert decide_request(_message("INVITE", *[route] * 5, body=_OFFER), _HERE) == PASS
    assert decide_request(_message("INVITE", *[route] * 20, body=_OFFER), _HERE).status == 513
    via = f"Via: SIP/2.0/UDP 192.0.2.1;branch={'b' * 100}"
    assert decide_request(_message("BYE", *[via] * 20, tag="ours"), _IN_DIALOG) == PASS
    assert decide_request(_message("BYE", *[via] * 27, tag="ours"), _IN_DIALOG).status == 513


def test_a_full_line_refuses_new_calls_and_not_those_told_again() -> None:
    full = Arrival(full_buffer=False, in_dialog=False, retransmitted=False, places=0)
    refusal = decide_request(_message(body=_OFFER), full)
    assert (refusal.status, dict(refusal.headers)["Retry-After"]) == (503, "5")
    assert decide_request(_message(body=_OFFER), Arrival(False, False, retransmitted=True, places=0)) == PASS
    assert decide_request(_message(body=_OFFER, tag="ours"), _IN_DIALOG) == PASS


def test_another_invite_with_the_call_id_of_a_leg_is_no_second_call() -> None:
    merged = Arrival(full_buffer=False, in_dialog=False, retransmitted=False, places=4, merged=True)
    assert decide_request(_message(body=_OFFER), merged).status == 482
    told_again = Arrival(full_buffer=False, in_dialog=False, retransmitted=True, places=4, merged=True)
    assert decide_request(_message(body=_OFFER), told_again) == PASS
    assert sockets_wanted(_message(body=_OFFER), merged) == 2
    assert sockets_wanted(_message(body=_OFFER), told_again) == 0
    assert sockets_wanted(_message(body=_OFFER + "m=audio 5000 RTP/AVP 8\r\n", tag="ours"), told_again) == 4
    assert sockets_wanted(_message("BYE", tag="ours"), _IN_DIALOG) == 0


def test_a_source_with_enough_calls_that_are_not_up_is_asked_to_come_back() -> None:
    full = Arrival(full_buffer=False, in_dialog=False, retransmitted=False, places=4, source_full=True)
    assert decide_request(_message(body=_OFFER), full).status == 503
    assert too_fast(_message(body=_OFFER)).status == 503
    assert too_fast(_message(body=_OFFER, tag="ours")).status == 500


@pytest.mark.parametrize(
    ("media", "common"),
    [
        ("m=audio 4000 RTP/AVP 8\r\n", True),
        ("m=audio 4000 RTP/AVP 18 3\r\n", False),
        ("m=audio 4000 RTP/AVP 98\r\na=rtpmap:98 opus/48000/2\r\n", False),
        ("m=audio 4000 RTP/AVP 98\r\na=rtpmap:98 pcma/8000\r\n", True),
        ("m=audio 4000 RTP/AVP 8\r\na=rtpmap:8 opus/48000/2\r\n", False),
        ("m=audio 0 RTP/AVP 98\r\na=rtpmap:98 opus/48000/2\r\n", True),
        ("m=video 4000 RTP/AVP 98\r\n", True),
        ("m=audio 4000 RTP/AVP 18\r\nm=audio 4002 RTP/AVP 8\r\n", True),
        ("m=video 4000 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 18\r\n", False),
    ],
)
def test_new_media_needs_a_codec_that_the_line_speaks(media: str, common: bool) -> None:
    body = _OFFER.partition("m=")[0] + media
    there = Arrival(False, in_dialog=True, retransmitted=False, places=0, codecs=frozenset({"PCMA", "PCMU"}))
    assert decide_request(_message(body=body, tag="ours"), there).status == (0 if common else 488)


@pytest.mark.parametrize(
    ("session", "media", "status"),
    [
        ("IP4 192.0.2.1", "", 0),
        ("IP6 2001:db8::1", "", 488),
        ("IP6 2001:db8::1", "c=IN IP4 192.0.2.1\r\n", 0),
        ("IP4 192.0.2.1", "c=IN IP6 2001:db8::1\r\n", 488),
        ("IP4 192.0.2.1", "m=video 4002 RTP/AVP 31\r\nc=IN IP6 2001:db8::1\r\n", 0),
        ("IP6 2001:db8::1", "m=audio 4002 RTP/AVP 8\r\nc=IN IP4 192.0.2.1\r\n", 0),
    ],
)
def test_audio_at_an_ipv6_address_is_none_that_the_line_could_speak_with(session: str, media: str, status: int) -> None:
    there = Arrival(False, in_dialog=True, retransmitted=False, places=0, codecs=frozenset({"PCMA"}))
    body = _OFFER.replace("c=IN IP4 192.0.2.1", f"c=IN {session}") + media
    assert decide_request(_message(body=body, tag="ours"), there).status == status


@pytest.mark.parametrize(("codecs", "status"), [(("18", "18"), 488), (("18", "8"), 0), (("8", "18"), 0)])
def test_of_the_descriptions_in_a_multipart_body_one_must_be_spoken(codecs: tuple[str, str], status: int) -> None:
    there = Arrival(False, in_dialog=True, retransmitted=False, places=0, codecs=frozenset({"PCMA"}))
    parts = [f"--b\r\nContent-Type: application/sdp\r\n\r\n{_OFFER.replace('8 0 101', one)}\r\n" for one in codecs]
    text = _text(body="".join(parts) + "--b--\r\n", tag="ours").replace(b"application/sdp", b"multipart/alternative", 1)
    assert decide_request(read_message(text), there).status == status


def test_what_lies_behind_a_message_in_its_datagram_is_nothing() -> None:
    """Some stacks send the NUL that ends their string."""
    bye = read_message(_text("BYE", tag="ours") + b"\0")
    assert (bye.body, bye.content) == (b"\0", b"")
    assert decide_request(bye, _IN_DIALOG) == PASS
    assert decide_request(read_message(_text("INVITE") + b"\0"), _HERE) == PASS
    untyped = read_message(_text("BYE", tag="ours", length=1) + b"x")
    assert decide_request(untyped, _IN_DIALOG).status == 400
    assert read_message(_text("INFO", length=1) + b"9\0").content == b"9"
    endless = read_message(_text("INFO").replace(b"Content-Length: 0\r\n", b"") + b"9")
    assert endless.content == b"9"


def test_a_body_that_is_no_description_is_refused() -> None:
    text = _text(body=_OFFER)
    assert decide_request(read_message(text.replace(b"application/sdp", b"text/plain")), _HERE).status == 415
    assert decide_request(read_message(text.replace(b"Content-Type: application/sdp\r\n", b"")), _HERE).status == 400
    packed = _message("INVITE", "Content-Encoding: gzip", body=_OFFER)
    assert decide_request(packed, _HERE).status == 415


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("a=x\r\n" * (BOUNDS.attributes_per_media + 1), "attributes"),
        ("m=video 0 RTP/AVP 31\r\n" * BOUNDS.media_lines, "media lines"),
        ("m=audio 4002 RTP/AVP 0\r\n" * BOUNDS.audio_lines, "audio lines"),
        ("m=audio 4002 RTP/AVP 0\r" * BOUNDS.audio_lines, "audio lines"),
        ("m=audio 4002 RTP/AVP" + " 1" * (BOUNDS.formats_per_media + 1), "formats"),
        ("m=audio 65536 RTP/AVP 8\r\n", "media port"),
        ("m=audio 4002/2 RTP/AVP 8\r\n", "media port"),
        ("m=audio\r\n", "media line"),
        ("a=candidate:1\r\n" * (BOUNDS.candidate_lines + 1), "candidate lines"),
        ("a=crypto:1 x\r\n" * (BOUNDS.crypto_lines + 1), "crypto lines"),
        ("b=AS:64\r\n" * (BOUNDS.bandwidth_lines + 1), "bandwidths"),
        ("c=IN IP4 media.example.org\r\n", "connection address"),
        ("c=IN IP6 192.0.2.1\r\n", "connection address"),
        ("c=IN IP4 224.2.36.42/127\r\n", "connection address"),
        ("c=IN IP4 224.0.0.1\r\n", "connection address"),
        ("c=IN IP4 239.255.255.255\r\n", "connection address"),
        ("c=IN IP4 240.0.0.1\r\n", "connection address"),
        ("c=IN IP4 255.255.255.255\r\n", "connection address"),
        ("c=IN IP4 0.0.0.1\r\n", "connection address"),
        ("c=IN IP6 ff02::1\r\n", "connection address"),
        ("c=IN IP6 ::ffff:224.0.0.1\r\n", "connection address"),
        ("a=rtcp:4001 IN IP4 239.1.1.1\r\n", "rtcp address"),
        ("a=rtcp:4001 IN IP4 media.example.org\r\n", "rtcp address"),
        ("a=rtcp:70000\r\n", "rtcp address"),
        ("c=IN IP4 192.0.2.1\r\n" * (BOUNDS.connection_lines + 1), "connections"),
        ("a=" + "x" * BOUNDS.line_bytes, "line"),
        ("\n" * BOUNDS.lines, "lines"),
        ("\0", "body"),
        ("x" * BOUNDS.body_bytes, "body"),
    ],
)
def test_an_offer_and_an_answer_are_bounded(more: str, what: str) -> None:
    assert excess_of(_OFFER.encode()) == ""
    body = _OFFER + more
    assert excess_of(body.encode()) == what
    if len(body) < LARGEST_BYTES:
        assert decide_request(_message(body=body), _HERE).status == 488
        assert decide_request(_message(body=body, tag="ours"), _IN_DIALOG).status == 488
        assert decide_request(_message("ACK", body=body, tag="ours"), _IN_DIALOG).action is GateAction.BLANK
    answer = read_message(re.sub(rb"^INVITE [^\r]*", b"SIP/2.0 200 OK", _text(body=body)))
    assert decide_response(answer, full_buffer=False).action is GateAction.BLANK


def test_a_response_that_is_cut_loses_its_body_and_others_pass() -> None:
    whole = re.sub(rb"^INVITE [^\r]*", b"SIP/2.0 200 OK", _text(body=_OFFER))
    assert decide_response(read_message(whole), full_buffer=False) == PASS
    assert decide_response(read_message(whole), full_buffer=True).action is GateAction.BLANK
    assert decide_response(read_message(whole[:-1]), full_buffer=False).action is GateAction.BLANK


def test_an_answer_repeats_the_request_and_goes_back_to_its_source() -> None:
    request = _message("REFER", "Via: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK0")
    reply = write_reply(request, 603, ("192.0.2.77", 9), secret=b"s", headers=(("X", "y"),)).decode()
    assert reply.startswith(
        "SIP/2.0 603 Decline\r\nVia: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;received=192.0.2.77\r\n"
    )
    assert "Via: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK0\r\n" in reply
    assert re.search(r"^To: <sip:ivr@192\.0\.2\.9>;tag=[0-9a-f]{16}\r$", reply, re.MULTILINE)
    assert reply == write_reply(request, 603, ("192.0.2.77", 9), secret=b"s", headers=(("X", "y"),)).decode()
    assert reply.endswith("X: y\r\nContent-Length: 0\r\n\r\n")
    assert "tag=ours\r\n" in write_reply(_message("REFER", tag="ours"), 603, ("192.0.2.77", 9), secret=b"s").decode()


@pytest.mark.parametrize(
    ("via", "port"),
    [
        ("SIP/2.0/UDP 203.0.113.5:5070;branch=z9hG4bK1", 5070),
        ("SIP/2.0/UDP 203.0.113.5;branch=z9hG4bK1", 5060),
        ("SIP/2.0/UDP 203.0.113.5:5070;rport;branch=z9hG4bK1", 9),
        ("SIP/2.0/UDP 203.0.113.5:0;branch=z9hG4bK1", 9),
        ("SIP/2.0/UDP 203.0.113.5:99999;maddr=203.0.113.5", 9),
        ("nonsense", 9),
    ],
)
def test_an_answer_never_goes_to_an_address_that_the_request_names(via: str, port: int) -> None:
    request = read_message(_text("REFER").replace(b"SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1", via.encode()))
    assert way_back(request, ("192.0.2.77", 9)) == ("192.0.2.77", port)
