"""What is silent because of a DTMF digit."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.spans import Mask
from ivr.domain.recording.dtmf_masks import DTMF_MASK, DtmfMasks, DtmfReach, Tone

REACH = DtmfReach()


def test_a_tone_is_silent_with_what_swells_and_fades_around_it() -> None:
    masks = DtmfMasks(Channel.CALLER, REACH)
    masks.add(Tone(5000, 5100))
    # By this word the evidence and the manifest name it.
    assert masks.masks == (Mask("caller", 4940, 5200, "keys"),)
    assert not masks.keen(5100)


def test_an_event_reaches_back_and_sharpens_the_ear_for_what_follows() -> None:
    masks = DtmfMasks(Channel.AGENT, REACH)
    masks.pressed(100)
    assert masks.masks == (Mask("agent", 0, 700, DTMF_MASK),)
    assert masks.keen(100)
    assert masks.keen(3099)
    assert not masks.keen(3100)


def test_the_digits_of_one_number_are_one_silence() -> None:
    masks = DtmfMasks(Channel.CALLER, REACH)
    for at_ms in (10_000, 10_900, 9200, 30_000):
        masks.add(Tone(at_ms, at_ms + 80))
    assert [(mask.start_ms, mask.end_ms) for mask in masks.masks] == [(9140, 11_080), (29_940, 30_180)]


@given(st.lists(st.tuples(st.integers(0, 60_000), st.integers(1, 300), st.booleans())))
def test_whatever_comes_in_whatever_order_every_digit_lies_in_one_mask(found: list[tuple[int, int, bool]]) -> None:
    masks = DtmfMasks(Channel.CALLER, REACH)
    for at_ms, long_ms, event in found:
        if event:
            masks.pressed(at_ms)
        else:
            masks.add(Tone(at_ms, at_ms + long_ms))
    spans = [(mask.start_ms, mask.end_ms) for mask in masks.masks]
    assert spans == sorted(spans)
    assert all(later[0] - earlier[1] > REACH.join_ms for earlier, later in pairwise(spans))
    for at_ms, long_ms, event in found:
        end_ms = at_ms if event else at_ms + long_ms
        assert sum(start <= at_ms and end_ms < end for start, end in spans) == 1
