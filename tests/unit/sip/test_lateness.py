"""Audio that stays late, and a reserve that is needed."""

from __future__ import annotations

from ivr.sip.lateness import LatenessWatch


def test_audio_that_is_never_used_up_is_late_and_a_reserve_that_is_needed_is_not() -> None:
    watch = LatenessWatch(limit_ms=60, looks=4)
    assert not any(watch.is_late(waiting) for waiting in (400, 380, 360, 0, 400, 400, 40))
    assert [watch.is_late(waiting) for waiting in (400, 380, 360, 60, 60)] == [False, False, False, True, False]
    for _ in range(3):
        watch.is_late(400)
    watch.restart()
    assert not watch.is_late(400)
