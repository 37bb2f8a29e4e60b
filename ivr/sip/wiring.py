"""Who is connected to whom on the conference bridge. Endpoint thread only.

metronome ──> leg's port, leg's call       numbers the frames, keeps RTP flowing
leg's call ──> leg's port                  what the party says
leg's port ──> leg's call                  prompts, while one plays and the party does not hold us
leg's call <──> call of a bridged leg
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping

import pjsua2 as pj

from ivr.sip.endpoint import EndpointThread
from ivr.sip.leg import Leg
from ivr.sip.media_port import LegPort, Playback, destroy_port, port_format

_LOG = logging.getLogger(__name__)


class Wiring:
    """Makes and cuts connections. The bridge ignores one that exists already."""

    def __init__(self, thread: EndpointThread, rate_hz: int) -> None:
        self._thread = thread
        self._rate_hz = rate_hz
        self._ports: list[LegPort] = []
        self._free: list[LegPort] = []

    def take_port(self) -> LegPort:
        """Return a port that no leg uses; ports are never removed while the clock runs (see media_port)."""
        if self._free:
            return self._free.pop()
        assert self._thread.metronome is not None
        port = LegPort(self._thread.metronome, self._rate_hz, self._thread.nudge)
        port.createPort(f"leg{len(self._ports)}", port_format(self._rate_hz))
        self._ports.append(port)
        return port

    def connect(self, leg: Leg, legs: Mapping[str, Leg]) -> bool:
        """Make every connection that this leg should have now, and cut what a hold forbids.

        False when one could not be made: the leg's media is going, or the bridge is full.
        """
        metronome = self._thread.metronome
        assert metronome is not None
        try:
            metronome.startTransmit(leg.port)
            if leg.media is not None:
                metronome.startTransmit(leg.media)
                leg.media.startTransmit(leg.port)
                if leg.port.playback is not None and leg.confirmed:
                    # A party that holds us is sent nothing, so the prompt waits for it.
                    if leg.held:
                        _cut(leg.port, leg.media)
                    else:
                        leg.port.startTransmit(leg.media)
        except pj.Error as failure:
            _LOG.warning("leg %s could not be connected: %s", leg.leg_id, failure.reason)
            return False
        for peer in (legs[peer_id] for peer_id in leg.peers if peer_id in legs):
            if leg.media is not None and peer.media is not None:
                # A peer whose media is going tells so itself.
                with contextlib.suppress(pj.Error):
                    leg.media.startTransmit(peer.media)
                    peer.media.startTransmit(leg.media)
        self.refresh_hearers(legs)
        return True

    def silence(self, leg: Leg) -> Playback | None:
        """Take the prompt off a leg; returns it, None when there was none."""
        playback, leg.port.playback = leg.port.playback, None
        if playback is not None and leg.media is not None:
            _cut(leg.port, leg.media)
        return playback

    def separate(self, a: Leg, b: Leg) -> None:
        a.peers.discard(b.leg_id)
        b.peers.discard(a.leg_id)
        if a.media is not None and b.media is not None:
            _cut(a.media, b.media)
            _cut(b.media, a.media)

    def refresh_hearers(self, legs: Mapping[str, Leg]) -> None:
        """Tell each port whose audio queues hear it: the bridged legs that are up and do not hold us."""
        for leg in legs.values():
            peers = (legs[peer_id] for peer_id in leg.peers if peer_id in legs)
            leg.port.hearers = tuple(
                peer.audio_queue for peer in peers if peer.audio_queue is not None and not peer.held
            )

    def disconnect(self, leg: Leg, legs: Mapping[str, Leg]) -> None:
        """Take a leg off the bridge and give its port back. Its call's own connections end with its media."""
        for peer in [legs[peer_id] for peer_id in leg.peers if peer_id in legs]:
            self.separate(leg, peer)
        leg.peers.clear()
        leg.port.audio_queue = None
        leg.port.hearers = ()
        leg.port.playback = None
        leg.port.done.clear()
        assert self._thread.metronome is not None
        _cut(self._thread.metronome, leg.port)
        if leg.media is not None:
            # The port goes to another leg: no frame of this party may reach it, even if the dialog lingers.
            _cut(leg.media, leg.port)
            _cut(leg.port, leg.media)
        leg.media = None
        self._free.append(leg.port)
        self.refresh_hearers({key: other for key, other in legs.items() if other is not leg})

    def drop_ports(self) -> None:
        """Delete the ports; the media clock must have stopped."""
        for port in self._ports:
            destroy_port(port)
        self._free.clear()
        self._ports.clear()


def _cut(source: pj.AudioMedia, sink: pj.AudioMedia) -> None:
    """Cut a connection; one that went with its call's media is cut already."""
    with contextlib.suppress(pj.Error):
        source.stopTransmit(sink)
