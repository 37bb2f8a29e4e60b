"""Which SIP message the library may act on, and what the others are answered: docs/sip.md is the same table in words.

Pure: message and circumstances in, decision out. What is not passed is answered here and never seen by the library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from ivr.sip.message import Message
from ivr.sip.offer import audio_lines, has_common_codec
from ivr.sip.offer_bounds import BOUNDS, OfferBounds, excess_of

ALLOWED = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "PRACK", "UPDATE")
"""The methods of RFC 3261, 3262, 3311 and 6086 that the engine serves; its Allow header."""

EXTENSIONS = ("100rel", "timer")
"""RFC 3262 and RFC 4028; its Supported header. `replaces` and `norefersub` are not among them."""

_KNOWN_UNSERVED = ("REGISTER", "MESSAGE", "PUBLISH")
MAY_OFFER = ("INVITE", "UPDATE", "PRACK", "ACK")
"""The methods that offer and answer media, themselves or in their 2xx."""
_SDP = "application/sdp"
_BODIES = (_SDP, "multipart/mixed", "multipart/alternative")
_RETRY_AFTER_S = 5
_ANSWER_BYTES = 1_500
_PLAIN_ANSWER_BYTES = 500
_LARGEST = 4_000
_CHALLENGE_BYTES = 700
_CHALLENGES = ("www-authenticate", "proxy-authenticate")
_ECHOED = ("via", "record-route", "route", "contact", "from", "to", "call-id", "cseq")


_MADDR = re.compile(r";\s*maddr\s*=", re.IGNORECASE)


class GateAction(Enum):
    PASS = auto()
    ANSWER = auto()
    INFO = auto()
    """Ask whoever follows the leg which status an INFO deserves."""
    BLANK = auto()
    """Let a response pass without its body: the call ends for want of an answer."""
    UNCHALLENGED = auto()
    """Let a 401 or 407 pass as one that no credentials answer: the request has failed."""


@dataclass(frozen=True)
class GateDecision:
    action: GateAction
    status: int = 0
    rule: str = ""
    """Why, as a word for the log; "" when it is nothing unusual."""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Arrival:
    """The circumstances of a message. `full_buffer`: as long as the library's buffer, so perhaps cut.

    `in_dialog`: its tags and Call-ID are those of a dialog that the library has. `retransmitted`: the library still has
    the transaction of this very INVITE (RFC 3261 section 17.2.1). `merged`: its Call-ID is that of a leg that came in.
    `places` is how many more legs the line takes. `source_full`: as many calls of this source as it may have are not
    up yet. `codecs` are those that the line speaks.
    """

    full_buffer: bool
    in_dialog: bool
    retransmitted: bool
    places: int
    merged: bool = False
    source_full: bool = False
    codecs: frozenset[str] = frozenset()


PASS = GateDecision(GateAction.PASS)
_BY_METHOD = {
    "CANCEL": PASS,
    "REFER": GateDecision(GateAction.ANSWER, 603, "refer"),
    "SUBSCRIBE": GateDecision(GateAction.ANSWER, 489, "subscribe"),
    "NOTIFY": GateDecision(GateAction.ANSWER, 481, "notify"),
}


def decide_request(request: Message, arrival: Arrival, bounds: OfferBounds = BOUNDS) -> GateDecision:
    """Return what becomes of a request. Nothing but a PASS can make the library send anything."""
    if request.method == "ACK":
        return _decide_ack(request, arrival, bounds)
    decisions = (step(request, arrival, bounds) for step in _STEPS)
    return next((decision for decision in decisions if decision is not None), PASS)


def decide_response(
    response: Message, *, full_buffer: bool, known: bool = False, bounds: OfferBounds = BOUNDS
) -> GateDecision:
    """Return what becomes of a response to a request of ours. `known`: it comes from our registrar, or from an edge."""
    if response.status in (401, 407) and response.cseq_method != "REGISTER":
        # A digest answer is worth a guess at the password, and may be handed on to the registrar as ours.
        if not known:
            return GateDecision(GateAction.UNCHALLENGED, rule="a stranger's challenge")
        size = sum(len(value) for name in _CHALLENGES for value in response.all(name))
        if size > _CHALLENGE_BYTES:
            return GateDecision(GateAction.UNCHALLENGED, rule=f"a challenge of {size} bytes: our answer may not fit")
    if full_buffer or response.cut:
        return GateDecision(GateAction.BLANK, rule="cut")
    if response.status < 300 and response.cseq_method in MAY_OFFER and _echo(response) > _LARGEST - _ANSWER_BYTES:
        return GateDecision(
            GateAction.BLANK, rule=f"{_echo(response)} bytes in each request of ours: they would not fit"
        )
    if response.body.strip() and response.cseq_method in MAY_OFFER:
        excess = excess_of(response.body, bounds)
        if excess:
            return GateDecision(GateAction.BLANK, rule=f"answer {excess}")
    return PASS


def sockets_wanted(request: Message, arrival: Arrival) -> int:
    """Return how many sockets the library will open for a request that is passed: RTP and RTCP of each audio line."""
    if request.method not in ("INVITE", "UPDATE") or (arrival.retransmitted and not request.to_tag):
        return 0
    return 2 * max(1, audio_lines(request.body))


def too_fast(request: Message) -> GateDecision:
    """Refuse what would take sockets faster than the library can give them back (RFC 3261 sections 14.2, 21.5.4)."""
    return GateDecision(GateAction.ANSWER, 500 if request.to_tag else 503, "too-fast", (retry_after(),))


def retry_after() -> tuple[str, str]:
    """The header of a 503 that asks to come back, or to go elsewhere (RFC 3261 section 21.5.4)."""
    return "Retry-After", str(_RETRY_AFTER_S)


def _malformed(request: Message, arrival: Arrival, _: OfferBounds) -> GateDecision | None:
    if arrival.full_buffer:
        return GateDecision(GateAction.ANSWER, 513, "too-large")
    if request.cut:
        return GateDecision(GateAction.ANSWER, 400, "cut")
    # The library would send its answers there (RFC 3261 section 18.2.2), whoever that is.
    return GateDecision(GateAction.ANSWER, 400, "maddr") if _MADDR.search(request.get("via")) else None


def _by_method(request: Message, _arrival: Arrival, _: OfferBounds) -> GateDecision | None:
    if request.method in _BY_METHOD:
        return _BY_METHOD[request.method]
    if request.method in _KNOWN_UNSERVED:
        return GateDecision(GateAction.ANSWER, 405, request.method.lower(), _allow())
    return None if request.method in ALLOWED else GateDecision(GateAction.ANSWER, 501, "unknown-method", _allow())


def _of_no_dialog(request: Message, arrival: Arrival, _: OfferBounds) -> GateDecision | None:
    lost = not arrival.in_dialog if request.to_tag else request.method in ("INFO", "BYE", "UPDATE", "PRACK")
    return GateDecision(GateAction.ANSWER, 481, "no-dialog") if lost else None


def _extended(request: Message, _arrival: Arrival, _: OfferBounds) -> GateDecision | None:
    # RFC 3261 section 8.2.2.3. A BYE ends the leg whatever it requires: nobody is kept on the line.
    unknown = [] if request.method == "BYE" else _unknown_extensions(request)
    return (
        GateDecision(GateAction.ANSWER, 420, "extension", (("Unsupported", ", ".join(unknown)),)) if unknown else None
    )


def _served_here(request: Message, _arrival: Arrival, _: OfferBounds) -> GateDecision | None:
    if request.method == "OPTIONS":
        return GateDecision(GateAction.ANSWER, 200, "", (*_allow(), ("Accept", "application/sdp"), _supported()))
    if request.method == "INFO":
        return GateDecision(GateAction.INFO)
    replaces = request.method == "INVITE" and (request.has("replaces") or request.has("join"))
    return GateDecision(GateAction.ANSWER, 603, "replaces") if replaces else None


def _beyond_an_answer(request: Message, _arrival: Arrival, _: OfferBounds) -> GateDecision | None:
    room = _LARGEST - (_ANSWER_BYTES if request.method in MAY_OFFER else _PLAIN_ANSWER_BYTES)
    return GateDecision(GateAction.ANSWER, 513, "answer-too-large") if _echo(request) > room else None


def _without_room(request: Message, arrival: Arrival, _: OfferBounds) -> GateDecision | None:
    if request.method != "INVITE" or request.to_tag or arrival.retransmitted:
        return None
    if arrival.merged:
        return GateDecision(GateAction.ANSWER, 482, "merged")
    if arrival.places < 1:
        return GateDecision(GateAction.ANSWER, 503, "full", (retry_after(),))
    return GateDecision(GateAction.ANSWER, 503, "source-full", (retry_after(),)) if arrival.source_full else None


def _decide_ack(request: Message, arrival: Arrival, bounds: OfferBounds) -> GateDecision:
    """An ACK is never answered; one whose body is too much loses it, and the call ends for want of an answer."""
    if not request.body.strip():
        return PASS
    if request.cut or arrival.full_buffer:
        return GateDecision(GateAction.BLANK, rule="cut")
    excess = excess_of(request.body, bounds)
    return GateDecision(GateAction.BLANK, rule=f"answer {excess}") if excess else PASS


def _decide_body(request: Message, arrival: Arrival, bounds: OfferBounds) -> GateDecision | None:
    if not request.body.strip():
        return None
    if not request.content_type:
        return GateDecision(GateAction.ANSWER, 400, "body-without-type") if request.content.strip() else None
    if request.method not in MAY_OFFER:
        return None
    if request.content_type not in _BODIES or request.get("content-encoding"):
        return GateDecision(GateAction.ANSWER, 415, "body-type", (("Accept", "application/sdp"),))
    excess = excess_of(request.body, bounds)
    if excess:
        return GateDecision(GateAction.ANSWER, 488, f"offer {excess}")
    if arrival.codecs and not has_common_codec(request.body, arrival.codecs):
        return GateDecision(GateAction.ANSWER, 488, "no-common-codec")
    return None


def _echo(message: Message) -> int:
    """How many bytes of a message come back in an answer, or in requests along its route.

    The library writes each value on a line of its own, also where several came on one.
    """
    return sum(
        len(value) + (len(name) + 4) * (1 + value.count(",")) for name, value in message.headers if name in _ECHOED
    )


def _unknown_extensions(request: Message) -> list[str]:
    """What a request requires and we do not have, in its order, each once."""
    wanted = (option.strip() for value in request.all("require") for option in value.split(","))
    return list(dict.fromkeys(option for option in wanted if option and option.lower() not in EXTENSIONS))


def _allow() -> tuple[tuple[str, str], ...]:
    return (("Allow", ", ".join(ALLOWED)),)


def _supported() -> tuple[str, str]:
    return "Supported", ", ".join(EXTENSIONS)


#: In this order; the first that knows decides.
_STEPS: tuple[Callable[[Message, Arrival, OfferBounds], GateDecision | None], ...] = (
    _malformed,
    _by_method,
    _of_no_dialog,
    _extended,
    _served_here,
    _beyond_an_answer,
    _decide_body,
    _without_room,
)
