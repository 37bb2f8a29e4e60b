"""A leg as the switchboard keeps it: the library's call, its port, and what is due. Endpoint thread only."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, Protocol

import pjsua2 as pj

from ivr.domain.call.leg import LegState
from ivr.sip.audio_stream import AudioStream
from ivr.sip.cause import cause_in_message
from ivr.sip.digits import DtmfPace, EventPresses
from ivr.sip.leg_audio_queue import LegAudioQueue
from ivr.sip.media_port import LegPort
from ivr.sip.message import UnreadableError, read_message

_LOG = logging.getLogger(__name__)
#: PJMEDIA_STREAM_DTMF_IS_END, which the binding leaves out.
_EVENT_ENDED = 1 << 1


class CallListener(Protocol):
    """What a call tells, on the endpoint's thread."""

    def call_changed(self, leg_id: str, reason_cause: int | None, tags: tuple[str, str] | None) -> None: ...

    def media_changed(self, leg_id: str) -> None: ...

    def dtmf_event(self, leg_id: str, digit: str, begin_ms: int, duration_ms: int, *, ended: bool) -> None: ...

    def redirected(self, leg_id: str, sip_status: int) -> None: ...


class LegCall(pj.Call):  # type: ignore[misc]  # the binding has no types
    """The library's call object; forwards to its listener, and what is of its stream to `audio`; keeps nothing itself.

    No exception may leave a callback: it would cross the library's C frames.
    """

    def __init__(
        self,
        listener: CallListener,
        leg_id: str,
        account: pj.Account,
        audio: AudioStream,
        call_id: int | None = None,
    ) -> None:
        if call_id is None:
            super().__init__(account)
        else:
            super().__init__(account, call_id)
        self._listener = listener
        self._audio = audio
        self._leg_id = leg_id

    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: N802 - the binding's name
        try:
            self._listener.call_changed(self._leg_id, _reason_cause(prm.e), _tags_of(prm.e))
        except Exception:
            _LOG.exception("a call's state could not be followed")

    def onStreamPreCreate(self, prm: pj.OnStreamPreCreateParam) -> None:  # noqa: N802
        try:
            info = prm.streamInfo
            if info.type == pj.PJMEDIA_TYPE_AUDIO:
                self._audio.starting(self.getId(), prm.streamIdx, info)
        except Exception:
            _LOG.exception("a call's stream could not be followed")

    def onStreamCreated(self, prm: pj.OnStreamCreatedParam) -> None:  # noqa: N802
        try:
            self._audio.started(int(prm.stream))
        except Exception:
            _LOG.exception("a call's stream could not be followed")

    def onStreamDestroyed(self, prm: pj.OnStreamDestroyedParam) -> None:  # noqa: N802
        try:
            self._audio.ending(self)
        except Exception:
            _LOG.exception("a call's stream could not be followed")

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        try:
            self._listener.media_changed(self._leg_id)
        except Exception:
            _LOG.exception("a call's media could not be followed")

    def onCallRedirected(self, prm: pj.OnCallRedirectedParam) -> int:  # noqa: N802
        try:
            event = prm.e
            self._listener.redirected(self._leg_id, _status_of(event))
        except Exception:
            _LOG.exception("a redirection could not be noted")
        # Nobody makes the engine dial: a program calls whom it means to call.
        return int(pj.PJSIP_REDIRECT_STOP)

    def onDtmfEvent(self, prm: pj.OnDtmfEventParam) -> None:  # noqa: N802
        try:
            ended = bool(prm.flags & _EVENT_ENDED)
            self._listener.dtmf_event(self._leg_id, prm.digit, prm.timestamp, prm.duration, ended=ended)
        except Exception:
            _LOG.exception("a DTMF digit could not be passed on")


def destroy_call(call: LegCall) -> None:
    """Delete the library's call object now, on the endpoint's thread, whoever still refers to ours."""
    pj.Call.__swig_destroy__(call)


def _reason_cause(event: Any) -> int | None:
    """Return the Q.850 cause carried by the message that brought this event, if a message did."""
    if event.type != pj.PJSIP_EVENT_TSX_STATE or event.body.tsxState.type != pj.PJSIP_EVENT_RX_MSG:
        return None
    return cause_in_message(event.body.tsxState.src.rdata.wholeMsg)


def _tags_of(event: Any) -> tuple[str, str] | None:
    """Return the From and To tags of the INVITE, or answer to it, that brought this event; None when none did."""
    if event.type != pj.PJSIP_EVENT_TSX_STATE:
        return None
    change = event.body.tsxState
    if change.type not in (pj.PJSIP_EVENT_RX_MSG, pj.PJSIP_EVENT_TX_MSG):
        return None
    text = change.src.rdata.wholeMsg if change.type == pj.PJSIP_EVENT_RX_MSG else change.src.tdata.wholeMsg
    try:
        message = read_message(text.encode("utf-8", "surrogateescape"))
    except UnreadableError:
        return None
    return (message.from_tag, message.to_tag) if message.cseq_method == "INVITE" else None


def _status_of(event: Any) -> int:
    """Return the status of the response that brought this event; 302 when it cannot be read."""
    if event.type == pj.PJSIP_EVENT_TSX_STATE and event.body.tsxState.type == pj.PJSIP_EVENT_RX_MSG:
        first = event.body.tsxState.src.rdata.wholeMsg.split(" ", 2)
        if len(first) == 3 and first[1].isdigit():
            return int(first[1])
    return 302


@dataclass
class Leg:
    """One leg. Times are monotonic seconds; a deadline of None is not running."""

    leg_id: str
    state: LegState
    port: LegPort
    audio: AudioStream
    incoming: bool = False
    call: LegCall | None = None
    sip_call_id: str = ""
    dialog: tuple[str, str] = ("", "")
    """The tags of its dialog, ours and theirs: the Call-ID alone may be that of another leg too."""
    source: str = ""
    """The address that an incoming leg's INVITE came from."""
    negotiated: bool = False
    """Whether offer and answer have met: without that there is no media to come up."""
    media: Any = None
    """The call's conference port while its media flows."""
    audio_queue: LegAudioQueue | None = None
    unfit: bool = False
    """Whether it must not go on, since its party could not be heard."""
    held: bool = False
    """Whether the party holds us; `holding` is whether we hold it, `hold_wanted` what we are about to ask of it."""
    holding: bool = False
    hold_wanted: bool | None = None
    by_event: bool = False
    """Whether its DTMF digits come as telephone-events, as was told last."""
    peers: set[str] = field(default_factory=set)
    ring_deadline: float | None = None
    ack_deadline: float | None = None
    dtmf_presses: EventPresses = field(default_factory=EventPresses, repr=False)
    dtmf_pace: DtmfPace = field(default_factory=DtmfPace)
    last_info: int = -1
    """The highest CSeq of an INFO that came; -1 before the first."""
    ended_by_us: bool = False
    end_status: int = 0
    """The status to report when we end the leg for a reason of our own; 0 means the one of the dialog."""
    end_cause: int | None = None
    forget_at: float | None = None
    """When to report the end even though the far end has not confirmed it."""
    reported: bool = False

    @property
    def confirmed(self) -> bool:
        return self.state is LegState.CONFIRMED
