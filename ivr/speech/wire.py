"""What line and ear say to each other: a version byte, a JSON header, and the raw audio, as ZeroMQ frames.

    request  [version][header][pcm]      header: id, call, piece, context, deadline
    answer   [version][header]           header: id and either verdict or refusal
    question [version][header]           header: id, ask = "metrics"
    reply    [version][header]           header: id, metrics = {name: number}
    farewell [version][header]           header: id, ask = "forget", call: nobody answers it

Everything that arrives is distrusted: it is decoded whole or refused with WireError, and nothing of it is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ivr.domain.audio.channel import Channel
from ivr.domain.call.party import Direction
from ivr.domain.hearing.cleared_mark import Piece
from ivr.domain.hearing.verdict import (
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
from ivr.errors import IvrError
from ivr.services.ports.hearing import ListenContext, Speech

VERSION = b"\x04"
MAX_HEADER = 16_384
MAX_PCM = 30 * 16_000  # 30 seconds
_MAX_TEXT = 4000


class WireError(IvrError):
    """Raised when a message is not one of ours; `request_id` is its id where it could be read."""

    def __init__(self, what: str, *, request_id: str = "") -> None:
        self.request_id = request_id
        super().__init__(what, where="ear wire", remedy="do line and ear run the same version?")


class Refusal(Enum):
    """Why a piece has no verdict."""

    OVERLOADED = "overloaded"
    STALE = "stale"
    LATE = "late"
    FAILED = "failed"
    MALFORMED = "malformed"


@dataclass(frozen=True)
class Request:
    """`id` is chosen by the asker and comes back with the answer."""

    id: str
    speech: Speech


@dataclass(frozen=True)
class Reply:
    id: str
    result: Verdict | Refusal | Mapping[str, float]
    detail: str = ""


def encode_request(request: Request) -> list[bytes]:
    """Return the frames of a request: version, header (JSON), audio (PCM16 mono, 8 kHz)."""
    speech, piece, context = request.speech, request.speech.piece, request.speech.context
    header = {
        "id": request.id,
        "call": speech.call_id,
        "piece": [piece.id, piece.channel.value, piece.start_ms, piece.end_ms, piece.final],
        "program": context.program,
        "last_prompt": context.last_prompt[:_MAX_TEXT],
        "after_disclosure": context.after_disclosure,
        "thresholds": {key: [value.act, value.doubt] for key, value in context.thresholds.items()},
        "want_text": context.want_text,
        "pending": _of_pending(context.pending),
        "guard": context.guard.value if context.guard is not None else "",
        "deadline_s": speech.deadline_s,
    }
    return [VERSION, json.dumps(header).encode(), speech.pcm]


def decode_request(frames: Sequence[bytes]) -> Request:
    """Raises WireError for anything but a well-formed request with plausible audio."""
    if len(frames) != 3:
        raise WireError(f"a request has 3 frames, not {len(frames)}")
    header = _header(frames)
    request_id = _text(header, "id", 200)
    try:
        return Request(request_id, _speech(header, frames[2]))
    except (WireError, KeyError, TypeError, ValueError) as error:
        what = error.what if isinstance(error, WireError) else "the request's header is not as agreed"
        raise WireError(what, request_id=request_id) from None


def encode_reply(answer: Reply) -> list[bytes]:
    """Return the frames of a reply: version, header (JSON) with the verdict, the refusal or the figures."""
    header: dict[str, object] = {"id": answer.id}
    if isinstance(answer.result, Refusal):
        header |= {"refusal": answer.result.value, "detail": answer.detail}
    elif isinstance(answer.result, Verdict):
        verdict = answer.result
        header["verdict"] = {
            "label": verdict.label.value,
            "band": verdict.band.value,
            "score": verdict.score,
            "onset_ms": verdict.onset_ms,
            "sensitive": [[span.kind, span.start, span.end] for span in verdict.sensitive],
            "text": verdict.text,
            "speech": verdict.speech,
            "denies": verdict.denies,
            "pending": _of_pending(verdict.pending),
            "asks": [[ask.rule, list(ask.families), ask.start, ask.end] for ask in verdict.asks],
            "ground": verdict.ground.value if verdict.ground is not None else None,
            "understood": verdict.comprehension.value,
        }
    else:
        header["metrics"] = dict(answer.result)
    return [VERSION, json.dumps(header).encode()]


def encode_question(request_id: str) -> list[bytes]:
    """Ask an ear for its counters."""
    return [VERSION, json.dumps({"id": request_id, "ask": "metrics"}).encode()]


def encode_farewell(request_id: str, call_id: str) -> list[bytes]:
    """Tell an ear that a call is over."""
    return [VERSION, json.dumps({"id": request_id, "ask": "forget", "call": call_id}).encode()]


@dataclass(frozen=True)
class Question:
    """What an ear is asked without audio: its counters, or to forget the call that is over."""

    id: str
    forget: str | None = None


def decode_question(frames: Sequence[bytes]) -> Question:
    """Return a question; raises WireError for anything else of two frames."""
    header = _header(frames)
    request_id = _text(header, "id", 200)
    if header.get("ask") == "forget":
        return Question(request_id, _text(header, "call", 200))
    if header.get("ask") != "metrics":
        raise WireError("an ear can only be asked for its metrics, or to forget a call")
    return Question(request_id)


def decode_reply(frames: Sequence[bytes]) -> Reply:
    """Raises WireError for anything but a well-formed answer."""
    if len(frames) != 2:
        raise WireError(f"an answer has 2 frames, not {len(frames)}")
    header = _header(frames, limit=MAX_HEADER * 16)
    request_id = _text(header, "id", 200)
    try:
        if "refusal" in header:
            return Reply(request_id, Refusal(header["refusal"]), _text(header, "detail", 500))
        if "metrics" in header:
            return Reply(request_id, _metrics(header["metrics"]))
        return Reply(request_id, _verdict(header["verdict"]))
    except (WireError, KeyError, TypeError, ValueError):
        raise WireError("the answer's header is not as agreed", request_id=request_id) from None


def _speech(header: Mapping[str, object], pcm: bytes) -> Speech:
    fields = header["piece"]
    if not isinstance(fields, list) or len(fields) != 5:
        raise WireError("a piece has five fields")
    piece = Piece(_integer(fields[0]), Channel(fields[1]), _integer(fields[2]), _integer(fields[3]), _truth(fields[4]))
    if not pcm or len(pcm) % 2 or len(pcm) > MAX_PCM:
        raise WireError(f"{len(pcm)} bytes are no piece of audio (2..{MAX_PCM}, even)")
    if not 0 <= piece.start_ms < piece.end_ms or abs(len(pcm) - (piece.end_ms - piece.start_ms) * 16) > 16 * 20:
        raise WireError("the audio does not fill the piece's times")
    thresholds = header["thresholds"]
    if not isinstance(thresholds, dict) or len(thresholds) > 20:
        raise WireError("thresholds are not as agreed")
    context = ListenContext(
        program=_text(header, "program", 200),
        last_prompt=_text(header, "last_prompt", _MAX_TEXT),
        after_disclosure=_truth(header["after_disclosure"]),
        thresholds={str(key): Thresholds(_number(act), _number(doubt)) for key, (act, doubt) in thresholds.items()},
        want_text=_truth(header["want_text"]),
        pending=_pending(header["pending"]),
        guard=Direction(guard) if (guard := _text(header, "guard", 20)) else None,
    )
    return Speech(_text(header, "call", 200), piece, pcm, context, _number(header["deadline_s"]))


def _verdict(body: object) -> Verdict:
    if not isinstance(body, dict):
        raise WireError("a verdict is an object")
    onset = body["onset_ms"]
    return Verdict(
        Label(body["label"]),
        Band(body["band"]),
        _number(body["score"]),
        None if onset is None else _integer(onset),
        tuple(SensitiveSpan(str(kind), _integer(start), _integer(end)) for kind, start, end in body["sensitive"]),
        _text(body, "text", MAX_HEADER * 4),
        _truth(body["speech"]),
        _truth(body["denies"]),
        _pending(body["pending"]),
        tuple(
            AskSpan(str(rule), tuple(str(family) for family in families), _integer(start), _integer(end))
            for rule, families, start, end in body["asks"]
        ),
        ground=None if body["ground"] is None else Ground(body["ground"]),
        comprehension=Comprehension(body["understood"]),
    )


def _of_pending(pending: PendingNumber | None) -> list[int] | None:
    return [pending.from_ms, pending.until_ms] if pending is not None else None


def _pending(value: object) -> PendingNumber | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise WireError("a pending number has two times")
    return PendingNumber(_integer(value[0]), _integer(value[1]))


def _metrics(body: object) -> dict[str, float]:
    if not isinstance(body, dict):
        raise WireError("metrics are an object")
    return {str(name): _number(value) for name, value in body.items()}


def _header(frames: Sequence[bytes], limit: int = MAX_HEADER) -> dict[str, object]:
    if frames[0] != VERSION:
        raise WireError("an unknown version of the ear's language")
    if len(frames[1]) > limit:
        raise WireError("the header is too long")
    try:
        header = json.loads(frames[1])
    except (ValueError, RecursionError):
        raise WireError("the header is not JSON") from None
    if not isinstance(header, dict):
        raise WireError("the header is not an object")
    return header


def _text(header: Mapping[str, object], key: str, longest: int) -> str:
    value = header.get(key)
    if not isinstance(value, str) or len(value) > longest:
        raise WireError(f"'{key}' is not a text of at most {longest} characters")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53:
        raise WireError("a whole number is expected")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise WireError("a number is expected")
    return float(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise WireError("true or false is expected")
    return value
