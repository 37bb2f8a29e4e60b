"""The audio stream of a leg as RTP shows it: who may send to it, whether its party lives. Endpoint thread only."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pjsua2 as pj

from ivr.services.ports.telephony import LegMedia
from ivr.sip.call_media import CallMedia
from ivr.sip.lateness import LatenessWatch
from ivr.sip.media_sockets import MediaSockets, drop_waiting_audio, media_sockets
from ivr.sip.rtp_watch import RtpWatch
from ivr.sip.settings import FIRST_SOURCE, SipSettings
from ivr.sip.source_lock import ANY_PORT, Source, borrowed, dropped, lock, unlock
from ivr.sip.stream_statistics import StreamStatistics

_LOG = logging.getLogger(__name__)
_NOWHERE = "0.0.0.0"
#: Strangers are told of at once, then so often only.
_TELL_EVERY_S = 10.0


@dataclass(frozen=True)
class Look:
    """What a look at the stream tells: the party is gone; so many packets of others were dropped since the last."""

    gone: bool
    foreign: int


class AudioStream:
    """One per leg; `telephone_event` and `codec` are what was agreed last."""

    def __init__(self, leg_id: str, settings: SipSettings) -> None:
        self._leg_id = leg_id
        self._first_source = settings.rtp_source == FIRST_SOURCE
        self._watch = RtpWatch(settings.rtp_timeout_s)
        self._lateness = LatenessWatch()
        self._statistics = StreamStatistics()
        self._stream = 0
        self._frame_ms = 0
        self._index = -1
        self._agreed: tuple[Source, Source] | None = None
        self._locked = (0, 0)
        self._waits_for_source = False
        self._dropped = 0
        self._tell_at = 0.0
        self.unfit = False
        self.telephone_event = False
        self.codec = ""

    def starting(self, call_id: int, index: int, info: pj.StreamInfo) -> None:
        """The library is about to make a stream as negotiated: nobody but the negotiated party may send to it.

        Where that cannot be had, the leg must not go on: it is `unfit`.
        """
        try:
            self._start(call_id, index, info)
        except (OSError, ValueError):
            _LOG.exception("leg %s: its RTP cannot be locked to its party", self._leg_id)
            self.unfit = True

    def _start(self, call_id: int, index: int, info: pj.StreamInfo) -> None:
        parameters = info.audCodecParam
        codec = parameters.info
        self._frame_ms = int(codec.frameLen)
        self.telephone_event = info.audRxEventPt >= 0
        self.codec = f"{info.codecName}/{info.codecClockRate}"
        self._index = index
        agreed = _source(info.remoteRtpAddress), _source(info.remoteRtcpAddress)
        sockets = media_sockets(call_id, index)
        if agreed[0][0] == _NOWHERE and self._agreed is not None:
            # The old way to hold (RFC 2543) names nobody: who was agreed before may come back.
            agreed = self._agreed
        if agreed != self._agreed or sockets.identity != self._locked:
            self._agreed = agreed
            self._lock(sockets)

    def _lock(self, sockets: MediaSockets) -> None:
        """Lock these sockets to who was agreed, or open them to the first that will send."""
        assert self._agreed is not None
        with borrowed(sockets.rtp) as rtp_socket, borrowed(sockets.rtcp) as rtcp_socket:
            self._waits_for_source = self._first_source
            if self._first_source:
                unlock(rtp_socket)
                unlock(rtcp_socket)
            else:
                lock(rtp_socket, self._agreed[0])
                lock(rtcp_socket, self._agreed[1])
            self._dropped = dropped(rtp_socket)
        self._locked = sockets.identity

    def started(self, stream: int) -> None:
        """The stream has been made; `stream` is its address in the library."""
        self._stream = stream
        self._lateness.restart()

    def ending(self, call: pj.Call) -> None:
        """The stream, if there is one, is about to go: note what it counted, once."""
        if not self._stream:
            return
        self._stream = 0
        try:
            self._statistics.ended(call.getStreamStat(self._index))
        except pj.Error as failure:
            _LOG.warning("leg %s: what its stream counted cannot be read: %s", self._leg_id, failure.reason)

    @property
    def told(self) -> LegMedia | None:
        """What the streams that have ended counted; None when there was none."""
        return self._statistics.told(self.codec)

    def changed(self, media: CallMedia, now: float) -> None:
        """The negotiation is over: begin to wait for signs of life anew."""
        self._index = media.index
        self._watch.restart(now, listens_only=media.listens_only)

    def lock_source(self, call: pj.Call) -> None:
        """Lock to the first source that has sent, where it is the first one that counts; called every turn."""
        if not self._waits_for_source or not self._stream:
            return
        sockets = media_sockets(call.getId(), self._index)
        if sockets.rtp_source is None:
            return
        self._waits_for_source = False
        with borrowed(sockets.rtp) as rtp_socket, borrowed(sockets.rtcp) as rtcp_socket:
            lock(rtp_socket, sockets.rtp_source)
            lock(rtcp_socket, (sockets.rtp_source[0], ANY_PORT))

    def look(self, call: pj.Call, now: float) -> Look:
        """Read what has come since the last look."""
        if self._index < 0 or not self._stream:
            # No audio line is left, or it flows in no direction.
            return Look(self._watch.is_gone(-1, 0, now), 0)
        statistics = call.getStreamStat(self._index)
        rtcp = statistics.rtcp
        waiting_ms = int(statistics.jbuf.size) * self._frame_ms
        if self._lateness.is_late(waiting_ms):
            _LOG.info("leg %s: %d ms of audio lay late and were dropped", self._leg_id, waiting_ms)
            drop_waiting_audio(self._stream)
        gone = self._watch.is_gone(int(rtcp.rxStat.pkt), int(rtcp.txStat.updateCount), now)
        return Look(gone, self._foreign(media_sockets(call.getId(), self._index), now))

    def _foreign(self, sockets: MediaSockets, now: float) -> int:
        """Return how many packets of others were dropped; sockets that the library has made anew are locked again."""
        if sockets.identity != self._locked:
            self._lock(sockets)
        if now < self._tell_at:
            return 0
        with borrowed(sockets.rtp) as rtp_socket:
            total = dropped(rtp_socket)
        new, self._dropped = (total - self._dropped) & 0xFFFFFFFF, total
        if new:
            self._tell_at = now + _TELL_EVERY_S
        return new


def _source(name: str) -> Source:
    host, _, port = name.rpartition(":")
    return host, int(port)
