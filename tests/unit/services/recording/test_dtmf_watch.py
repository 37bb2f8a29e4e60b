"""What may be a tone is silence, on its side, before it can be released."""

from __future__ import annotations

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.frame import FRAME_BYTES
from ivr.domain.recording.dtmf_masks import DTMF_MASK
from ivr.domain.recording.release_buffer import StereoFrame
from ivr.services.recording.dtmf_watch import DtmfWatch
from ivr.speech.dtmf_detector import GoertzelToneDetector
from tests.dtmf_sounds import frames, key, pcm


def test_nothing_is_watched_where_nothing_has_arrived() -> None:
    watch = DtmfWatch(GoertzelToneDetector)
    watch.push([])
    watch.finish()
    assert (watch.masks, watch.clear_until(500)) == ((), 500)


def test_a_tone_is_silence_on_its_side_and_holds_back_what_it_may_begin_with() -> None:
    watch = DtmfWatch(GoertzelToneDetector)
    quiet = [bytes(FRAME_BYTES)] * 50
    tone = frames(pcm(key("5", 200)))
    sides = [*quiet, *tone[:3]]
    watch.push([StereoFrame(20 * at, bytes(FRAME_BYTES), frame) for at, frame in enumerate(sides)])
    assert watch.clear_until(1060) < 1000
    sides = [*tone[3:], *quiet]
    watch.push([StereoFrame(1060 + 20 * at, bytes(FRAME_BYTES), frame) for at, frame in enumerate(sides)])
    (mask,) = watch.masks
    assert (mask.channel, mask.kind) == ("agent", DTMF_MASK)
    assert mask.start_ms <= 1000
    assert mask.end_ms >= 1200
    assert watch.clear_until(2000) == 2000


def test_a_digit_that_the_line_reports_is_silence_on_its_side_without_any_tone() -> None:
    watch = DtmfWatch(GoertzelToneDetector)
    watch.pressed(Channel.CALLER, 5000)
    (mask,) = watch.masks
    assert (mask.channel, mask.start_ms <= 5000 < mask.end_ms) == ("caller", True)
