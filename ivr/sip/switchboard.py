"""The switchboard: every leg of a line, its wiring on the conference bridge, and what falls due.

Lives on the endpoint's thread. Commands arrive there by `EndpointThread.post`; events leave by `emit`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import pjsua2 as pj

from ivr.domain.call.dtmf_presses import Way
from ivr.domain.call.leg import LEG, LegEvent, LegState
from ivr.services.ports.telephony import (
    DigitPressed,
    DtmfAgreed,
    ForeignRtp,
    IncomingCall,
    LegConfirmed,
    LegDisconnected,
    LegHeld,
    LegProgress,
    LineEvent,
)
from ivr.sip.account import LineAccount, account_config, destroy_account
from ivr.sip.asserted import asserted_uri
from ivr.sip.audio_stream import AudioStream, Look
from ivr.sip.bounded_log import BoundedLog
from ivr.sip.call_media import read_call_media
from ivr.sip.call_teardown import Departures
from ivr.sip.cause import cause_of_status
from ivr.sip.digits import read_info
from ivr.sip.endpoint import EndpointThread
from ivr.sip.leg import Leg, LegCall
from ivr.sip.leg_audio_queue import LegAudioQueue
from ivr.sip.message_gate import retry_after
from ivr.sip.pjsip_gate import InfoRequest
from ivr.sip.prompter import Prompter
from ivr.sip.settings import SipSettings
from ivr.sip.slots import Slots
from ivr.sip.uri import addr_spec
from ivr.sip.wiring import Wiring

_LOG = logging.getLogger(__name__)
_NOT_ACCEPTABLE = 488
_SERVER_ERROR = 500
_SERVICE_UNAVAILABLE = 503
_UNAVAILABLE = 480
_NO_DIALOG = 481
_CANCELLED = 487
_NO_CIRCUIT_CAUSE = 34
_TIMER_CAUSE = 102
_BYE_GRACE_S = 2.0
_LOOK_S = 0.25
_END_TIMEOUT_S = 2.0
_LONGEST_URI = 500


class Switchboard:
    """Follows the legs by the table of `ivr.domain.call.leg` and reports each change exactly once."""

    def __init__(
        self,
        settings: SipSettings,
        emit: Callable[[LineEvent], None],
        publish: Callable[[str, LegAudioQueue], None],
        tell_registration: Callable[[int], None],
        stopped: Callable[[], None],
        new_leg_id: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._emit = emit
        self._publish = publish
        self._tell_registration = tell_registration
        self._new_leg_id = new_leg_id
        self._legs: dict[str, Leg] = {}
        self._account: LineAccount | None = None
        self._next_look = 0.0
        self._closing = False
        self._warnings = BoundedLog(_LOG)
        self.slots = Slots(0)
        self.thread = EndpointThread(
            settings,
            opened=self._opened,
            each_turn=self._each_turn,
            before_end=self._before_end,
            stopped=stopped,
            legs=self,
        )
        self._departures = Departures(self.thread, self.slots, emit)
        self._wiring = Wiring(self.thread, settings.clock_hz)
        self._prompter = Prompter(self._wiring, settings.clock_hz, emit)

    # ------------------------------------------------------------ commands, on the endpoint's thread

    def _opened(self) -> None:
        self.slots.capacity = self.thread.max_calls
        self._account = LineAccount(self._incoming, self._registered)
        self._account.create(account_config(self._settings, self.thread.host, self.thread.port))

    def answer(self, leg_id: str) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.state in (LegState.INCOMING, LegState.EARLY) and not leg.ended_by_us:
            leg.ring_deadline = None
            leg.ack_deadline = time.monotonic() + self._settings.ack_timeout_s if self._settings.ack_timeout_s else None
            self._respond(leg, 200)

    def reject(self, leg_id: str, sip_status: int) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and not leg.confirmed:
            self._end(leg, status=sip_status)

    def place(self, leg_id: str, uri: str, ring_timeout_s: float) -> None:
        if not self.slots.take(leg_id):
            self._emit(LegDisconnected(leg_id, 503, _NO_CIRCUIT_CAUSE, False, False, time.monotonic()))
            return
        leg = Leg(leg_id, LegState.CALLING, self._wiring.take_port(), AudioStream(leg_id, self._settings))
        leg.ring_deadline = time.monotonic() + ring_timeout_s
        leg.call = LegCall(self, leg_id, self._account, leg.audio)
        self._legs[leg_id] = leg
        try:
            assert self.thread.endpoint is not None
            if not self.thread.gate.media_sockets.take(2, time.monotonic()):
                self._report_end(leg, 503, _NO_CIRCUIT_CAUSE)
                return
            # The library ends the process when it is asked of a URI of a thousand bytes.
            if len(uri.encode()) > _LONGEST_URI or self.thread.endpoint.utilVerifySipUri(uri) != 0:
                self._report_end(leg, 484, None)
                return
            leg.call.makeCall(uri, pj.CallOpParam(True))
            leg.sip_call_id = leg.call.getInfo().callIdString
        except pj.Error as failure:
            _LOG.warning("leg %s could not be placed: %s", leg_id, failure.reason)
            self._report_end(leg, 503, None)

    def hangup(self, leg_id: str) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._end(leg)

    def play(self, leg_id: str, play_id: str, path: Path, loop: bool) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._prompter.play(leg, play_id, path, loop=loop, legs=self._legs)

    def stop_playing(self, leg_id: str) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None:
            self._prompter.stop(leg)

    def bridge(self, a_leg: str, b_leg: str) -> None:
        a, b = self._legs.get(a_leg), self._legs.get(b_leg)
        if a is not None and b is not None and a is not b:
            a.peers.add(b_leg)
            b.peers.add(a_leg)
            self._wiring.connect(a, self._legs)
            self._wiring.connect(b, self._legs)

    def unbridge(self, a_leg: str, b_leg: str) -> None:
        a, b = self._legs.get(a_leg), self._legs.get(b_leg)
        if a is not None and b is not None and b_leg in a.peers:
            self._wiring.separate(a, b)
            self._wiring.refresh_hearers(self._legs)

    def send_digits(self, leg_id: str, digits: str, via: str) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.call is not None and leg.confirmed:
            prm = pj.CallSendDtmfParam()
            prm.digits = digits
            prm.duration = 160
            prm.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if via == "info" else pj.PJSUA_DTMF_METHOD_RFC2833
            leg.call.sendDtmf(prm)

    def set_hold(self, leg_id: str, held: bool) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.confirmed:
            leg.hold_wanted = held
            self._re_invite(leg)

    # ------------------------------------------------------------ what the library reports

    def _registered(self, code: int, source: str) -> None:
        if 200 <= code < 300 and source:
            self.thread.gate.registrars.add(source)
        self._tell_registration(code)
        _LOG.log(logging.INFO if 200 <= code < 300 else logging.WARNING, "registration: status %d", code)

    def _incoming(self, library_call: int, source: str, invite: bytes) -> None:
        leg_id = self._new_leg_id()
        audio = AudioStream(leg_id, self._settings)
        call = LegCall(self, leg_id, self._account, audio, library_call)
        if self._closing or not self.slots.take(leg_id):
            # The gate has refused already whoever came to a full line; this is who came in the same moment.
            self._departures.discard(call)
            call.hangup(_final(_SERVICE_UNAVAILABLE))
            return
        info = call.getInfo()
        leg = Leg(leg_id, LegState.INCOMING, self._wiring.take_port(), audio)
        leg.incoming, leg.call, leg.sip_call_id, leg.source = True, call, info.callIdString, source
        if self._settings.answer_timeout_s:
            leg.ring_deadline = time.monotonic() + self._settings.answer_timeout_s
        self._legs[leg_id] = leg
        self._respond(leg, 180)
        caller, called = addr_spec(info.remoteUri), addr_spec(info.localUri)
        asserted = asserted_uri(invite, source, self._settings.asserted_by)
        self._emit(IncomingCall(leg_id, info.callIdString, caller, called, time.monotonic(), asserted))

    def call_changed(self, leg_id: str, reason_cause: int | None, tags: tuple[str, str] | None) -> None:
        leg = self._legs.get(leg_id)
        if leg is None or leg.call is None or leg.reported:
            return
        if tags is not None:
            leg.dialog = (tags[1], tags[0]) if leg.incoming else tags
        info = leg.call.getInfo()
        if info.state == pj.PJSIP_INV_STATE_EARLY:
            leg.state = LEG.after(leg.state, LegEvent.PROGRESS, where=leg_id)
            if not leg.incoming:
                self._emit(LegProgress(leg_id, info.lastStatusCode, time.monotonic()))
        elif info.state == pj.PJSIP_INV_STATE_CONNECTING:
            leg.state = LEG.after(leg.state, LegEvent.ANSWER, where=leg_id)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED and not leg.confirmed:
            leg.ack_deadline = None
            if not leg.negotiated:
                # An ACK without the answer to our offer, or with one that could not be read.
                _LOG.warning("leg %s: the party has not answered our offer: ended", leg_id)
                self._end(leg, status=_NOT_ACCEPTABLE)
                return
            leg.state = LEG.after(leg.state, LegEvent.CONFIRM, where=leg_id)
            leg.sip_call_id = info.callIdString
            self._begin_media(leg)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._report_end(leg, info.lastStatusCode, reason_cause)

    def media_changed(self, leg_id: str) -> None:
        leg = self._legs.get(leg_id)
        if leg is None or leg.call is None or leg.reported:
            return
        leg.negotiated = True
        media = read_call_media(leg.call)
        held, leg.holding, leg.media = media.held, media.holding, media.port
        changed, leg.held = held != leg.held, held
        now = time.monotonic()
        leg.audio.changed(media, now)
        connected = self._wiring.connect(leg, self._legs)
        if changed:
            self._emit(LegHeld(leg_id, held, now))
        if leg.confirmed and leg.by_event != leg.audio.telephone_event:
            leg.by_event = leg.audio.telephone_event
            self._emit(DtmfAgreed(leg_id, leg.by_event, now))
        # Ended in the next turn: the library does not bear it in the midst of its answer.
        leg.unfit |= not connected

    def redirected(self, leg_id: str, sip_status: int) -> None:
        """A called party sent us elsewhere (3xx), where we do not go; the library reports the end as a 487."""
        leg = self._legs.get(leg_id)
        if leg is not None:
            leg.end_status = leg.end_status or sip_status

    def dtmf_event(self, leg_id: str, digit: str, begin_ms: int, duration_ms: int, *, ended: bool) -> None:
        leg = self._legs.get(leg_id)
        if leg is not None and leg.dtmf_presses.is_press(digit, begin_ms, duration_ms, ended=ended):
            self._pressed(leg, digit, Way.EVENT)

    def info_received(self, info: InfoRequest) -> int:
        """Return the status that an INFO in a dialog deserves; the library does not see it."""
        leg = self._leg_of(info.sip_call_id, info.to_tag, info.from_tag)
        if leg is None:
            return _NO_DIALOG
        # Not in order (RFC 3261 section 12.2.2). The same one again was answered before, as it was the first time.
        if info.cseq <= leg.last_info:
            return _SERVER_ERROR
        leg.last_info = info.cseq
        if not info.body.strip():
            return 200
        status, digit = read_info(info.content_type, info.body)
        if digit and leg.confirmed and not self._pressed(leg, digit, Way.INFO):
            return _SERVICE_UNAVAILABLE
        return status

    def _pressed(self, leg: Leg, digit: str, way: Way) -> bool:
        """Tell of a DTMF digit; False when the party presses so many that this one is dropped."""
        now = time.monotonic()
        if not leg.dtmf_pace.allows(now):
            self._warnings.warning(
                now, "leg %s presses DTMF digits faster than anybody can: one was dropped", leg.leg_id
            )
            return False
        self._emit(DigitPressed(leg.leg_id, digit, now, way))
        return True

    def answer_refused(self, sip_call_id: str, ours: str, theirs: str) -> None:
        leg = self._leg_of(sip_call_id, ours, theirs)
        if leg is not None and leg.confirmed:
            leg.unfit = True

    def _leg_of(self, sip_call_id: str, ours: str, theirs: str) -> Leg | None:
        """The leg of a dialog, by Call-ID and both tags (RFC 3261 section 12)."""
        dialog = sip_call_id, (ours, theirs)
        return next((leg for leg in self._legs.values() if (leg.sip_call_id, leg.dialog) == dialog), None)

    def has_leg(self, sip_call_id: str) -> bool:
        return any(leg.sip_call_id == sip_call_id for leg in self._legs.values())

    def has_incoming_leg(self, sip_call_id: str) -> bool:
        return any(leg.incoming and leg.sip_call_id == sip_call_id for leg in self._legs.values())

    def places(self) -> int:
        """How many more legs the line takes; a slot that is kept for an agent is none."""
        return 0 if self._closing else min(self.slots.free, self.thread.max_calls - self.thread.calls_in_library())

    def source_is_full(self, source: str) -> bool:
        """Whether as many calls of this address as it may have are not up yet; an edge speaks for many sources."""
        if source in self._settings.connections.edges:
            return False
        most = self._settings.calls_per_source or max(1, self.slots.capacity - 1)
        return sum(1 for leg in self._legs.values() if leg.source == source and not leg.confirmed) >= most

    # ------------------------------------------------------------ how it works

    def _begin_media(self, leg: Leg) -> None:
        assert leg.call is not None
        leg.ring_deadline = None
        media = read_call_media(leg.call)
        leg.audio.changed(media, time.monotonic())
        limit = max(1, int(self._settings.queue_s * 50))
        leg.audio_queue = LegAudioQueue(rate_hz=self._settings.clock_hz, limit=limit)
        self._publish(leg.leg_id, leg.audio_queue)
        leg.port.audio_queue = leg.audio_queue
        connected = self._wiring.connect(leg, self._legs)
        leg.by_event = leg.audio.telephone_event
        up = LegConfirmed(leg.leg_id, leg.sip_call_id, leg.audio.codec, time.monotonic(), telephone_event=leg.by_event)
        self._emit(up)
        leg.unfit |= not connected

    def _respond(self, leg: Leg, status: int) -> None:
        assert leg.call is not None
        prm = pj.CallOpParam(True)
        prm.statusCode = status
        try:
            leg.call.answer(prm)
        except pj.Error as failure:
            # The dialog ended between our decision and now, or no media could be agreed; its end is reported.
            _LOG.warning("leg %s: status %d could not be sent: %s", leg.leg_id, status, failure.reason)

    def _end(self, leg: Leg, *, status: int = 0, cause: int | None = None) -> None:
        """Send BYE, CANCEL or a final status; the end is reported when the dialog is over, or soon without that."""
        if leg.ended_by_us or leg.call is None:
            return
        leg.ended_by_us = True
        leg.end_cause = cause
        leg.ring_deadline = leg.ack_deadline = None
        leg.forget_at = time.monotonic() + _BYE_GRACE_S
        leg.end_status = status or (0 if leg.confirmed else _UNAVAILABLE if leg.incoming else _CANCELLED)
        try:
            leg.call.hangup(_final(leg.end_status if leg.incoming and not leg.confirmed else 0))
        except pj.Error as failure:
            _LOG.warning("leg %s could not be ended in its dialog: %s", leg.leg_id, failure.reason)
            self._report_end(leg, leg.end_status or 200, cause)

    def _end_unacknowledged(self, leg: Leg) -> None:
        """Give up a leg that was answered and not confirmed; it is told with the 200 that nobody heard."""
        _LOG.warning("leg %s of %s was answered and not confirmed in time: ended", leg.leg_id, leg.source)
        leg.ack_deadline = None
        leg.ended_by_us = True
        leg.end_status, leg.end_cause = 200, _TIMER_CAUSE
        self.thread.gate.end_unacknowledged(leg.sip_call_id)
        self._report_end(leg, 200, _TIMER_CAUSE)

    def _re_invite(self, leg: Leg) -> None:
        """Ask for the wanted hold; while another re-INVITE is under way it stays wanted for the next turn."""
        assert leg.call is not None
        prm = pj.CallOpParam(True)
        try:
            if leg.hold_wanted:
                leg.call.setHold(prm)
            else:
                prm.opt.flag = pj.PJSUA_CALL_UNHOLD
                leg.call.reinvite(prm)
            leg.hold_wanted = None
        except pj.Error as failure:
            _LOG.debug("leg %s: re-INVITE postponed: %s", leg.leg_id, failure.reason)

    def _report_end(self, leg: Leg, status: int, reason_cause: int | None) -> None:
        """Say that a leg is over: its prompt first, itself last, once."""
        if leg.reported:
            return
        leg.reported = True
        was_confirmed = leg.confirmed
        self._prompter.stop(leg)
        self._wiring.disconnect(leg, self._legs)
        leg.state = LEG.after(leg.state, LegEvent.DISCONNECT, where=leg.leg_id)
        status = 200 if was_confirmed else leg.end_status or status
        cause = leg.end_cause or reason_cause or cause_of_status(status)
        del self._legs[leg.leg_id]
        by_peer = not leg.ended_by_us
        if leg.call is not None:
            leg.audio.ending(leg.call)
        end = LegDisconnected(leg.leg_id, status, cause, by_peer, was_confirmed, time.monotonic(), leg.audio.told)
        self._departures.leave(end, leg.call)
        leg.call = None

    def _each_turn(self) -> None:
        now = time.monotonic()
        look = now >= self._next_look
        if look:
            self._next_look = now + _LOOK_S
        for leg in tuple(self._legs.values()):
            if leg.port.done:
                self._prompter.tell_finished(leg)
            if leg.unfit or leg.audio.unfit:
                self._end(leg)
            if leg.hold_wanted is not None and not leg.ended_by_us:
                self._re_invite(leg)
            if leg.state is LegState.CONNECTING and not (leg.incoming or leg.negotiated or leg.ended_by_us):
                # A 2xx without the answer to our offer, or with one that could not be read.
                self._end(leg, status=_NOT_ACCEPTABLE)
            elif leg.ack_deadline is not None and now >= leg.ack_deadline:
                self._end_unacknowledged(leg)
            elif leg.forget_at is not None and now >= leg.forget_at:
                self._report_end(leg, leg.end_status or 200, leg.end_cause)
            elif leg.ring_deadline is not None and now >= leg.ring_deadline:
                if leg.incoming:
                    self._end(leg, status=_UNAVAILABLE)
                else:
                    self._end(leg, status=408, cause=_TIMER_CAUSE)
            elif leg.confirmed and not leg.ended_by_us:
                self._follow_audio(leg, now, look=look)
        self._departures.reap(len(self._legs))

    def _follow_audio(self, leg: Leg, now: float, *, look: bool) -> None:
        """End a leg whose party has gone without a BYE, and no hold explains its silence; tell of strangers."""
        assert leg.call is not None
        try:
            leg.audio.lock_source(leg.call)
            seen = leg.audio.look(leg.call, now) if look else Look(gone=False, foreign=0)
        except (OSError, pj.Error):
            _LOG.exception("leg %s: its stream cannot be followed", leg.leg_id)
            leg.unfit = True
            return
        if seen.foreign:
            _LOG.warning("leg %s: %d RTP packets from elsewhere than its SDP says: dropped", leg.leg_id, seen.foreign)
            self._emit(ForeignRtp(leg.leg_id, seen.foreign, now))
        if seen.gone and not (leg.held or leg.holding):
            _LOG.info("leg %s has sent nothing for %g s: ended", leg.leg_id, self._settings.rtp_timeout_s)
            self._end(leg, cause=_TIMER_CAUSE)

    def _before_end(self) -> None:
        """End every leg and the registration, and let go of every library object while the library lives."""
        self._closing = True
        for leg in tuple(self._legs.values()):
            self._end(leg)
        deadline = time.monotonic() + _END_TIMEOUT_S
        while (self._legs or self._departures) and time.monotonic() < deadline:
            self.thread.turn(10)
        for leg in tuple(self._legs.values()):
            self._report_end(leg, leg.end_status or 200, leg.end_cause)
        self._departures.reap(0)
        if self._account is not None:
            if self._settings.registration is not None:
                self._account.unregister(lambda: self.thread.turn(10), deadline)
            destroy_account(self._account)
            self._account = None
        self._departures.delete_all()
        assert self.thread.endpoint is not None
        self.thread.endpoint.audDevManager().setNoDev()
        self._wiring.drop_ports()


def _final(status: int) -> pj.CallOpParam:
    """The library's parameter for a final status; 0 leaves it to the library. A 503 asks to come back later."""
    prm = pj.CallOpParam()
    prm.statusCode = status
    if status == _SERVICE_UNAVAILABLE:
        header = pj.SipHeader()
        header.hName, header.hValue = retry_after()
        prm.txOption.headers.append(header)
    return prm
