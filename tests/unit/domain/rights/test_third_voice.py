"""The other voice in a copy: silenced unless a ground lets it stay (REC-017)."""

from __future__ import annotations

import pytest

from ivr.domain.rights.third_voice import VoiceGround, decide_third_voice


@pytest.mark.parametrize(
    ("channels", "person", "ground", "silenced"),
    [
        (("caller", "agent"), "caller", None, (1,)),
        (("caller", "agent"), "agent", None, (0,)),
        (("caller", "agent"), "caller", VoiceGround.AGREED, ()),
        (("caller", "agent"), "caller", VoiceGround.UNINTELLIGIBLE, ()),
        (("caller",), "caller", None, ()),
        (("caller", "agent"), "stranger", None, (0, 1)),
        (("caller", "agent"), "stranger", VoiceGround.AGREED, (0, 1)),
        ((), "caller", None, ()),
    ],
)
def test_only_the_persons_own_voice_is_sure_to_stay(
    channels: tuple[str, ...], person: str, ground: VoiceGround | None, silenced: tuple[int, ...]
) -> None:
    decision = decide_third_voice(channels, person, ground)
    assert decision.silenced == silenced
    assert decision.reasons == ("REC-017",)
    assert decision.detail
