"""The prompter: puts prompts on legs and tells, once each, how much of them was sent. Endpoint thread only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ivr.errors import ConfigurationError
from ivr.services.ports.telephony import PromptEnded
from ivr.sip.leg import Leg
from ivr.sip.media_port import Playback
from ivr.sip.prompt_frames import heard_ms, load_prompt
from ivr.sip.wiring import Wiring

_LOG = logging.getLogger(__name__)


class Prompter:
    """One per line."""

    def __init__(self, wiring: Wiring, rate_hz: int, emit: Callable[[PromptEnded], None]) -> None:
        self._wiring = wiring
        self._rate_hz = rate_hz
        self._emit = emit

    def play(self, leg: Leg, play_id: str, path: Path, *, loop: bool, legs: Mapping[str, Leg]) -> None:
        """Replace what plays on the leg. A file that cannot be played is a prompt that ended unheard."""
        self.stop(leg)
        try:
            prompt = load_prompt(path, self._rate_hz)
        except ConfigurationError as failure:
            _LOG.error("prompt not played on leg %s: %s", leg.leg_id, str(failure))
            self._emit(PromptEnded(leg.leg_id, play_id, False, 0, time.monotonic()))
            return
        leg.port.playback = Playback(play_id, prompt, loop)
        if not self._wiring.connect(leg, legs):
            self.stop(leg)

    def stop(self, leg: Leg) -> None:
        """Take the prompt off the leg, if there is one, and tell how far it came."""
        self.tell_finished(leg)
        playback = self._wiring.silence(leg)
        if playback is not None:
            self._tell(leg, playback, time.monotonic())

    def tell_finished(self, leg: Leg) -> None:
        """Tell the prompts whose last frame the media clock has taken since the last turn."""
        while leg.port.done:
            playback = leg.port.done.popleft()
            if leg.port.playback is playback:
                self._wiring.silence(leg)
            self._tell(leg, playback, playback.ended_at)

    def _tell(self, leg: Leg, playback: Playback, at: float) -> None:
        if playback.reported:
            # It came to its end by itself while it was being stopped.
            return
        playback.reported = True
        sent_ms = heard_ms(playback.prompt, playback.sent)
        self._emit(PromptEnded(leg.leg_id, playback.play_id, playback.completed, sent_ms, at))
