"""What the streams of a leg counted, put together."""

from __future__ import annotations

from types import SimpleNamespace as Library

from ivr.services.ports.telephony import LegMedia
from ivr.sip.stream_statistics import StreamStatistics


def mean(count: int = 0, mean_us: int = 0, max_us: int = 0) -> Library:
    return Library(n=count, mean=mean_us, max=max_us)


def stream(
    received: int, *, lost: int = 0, jitter: Library | None = None, reports: int = 0, wait_ms: int = 0
) -> Library:
    inward = Library(pkt=received, loss=lost, discard=1, jitterUsec=jitter or mean())
    told = mean(reports, 2_000, 5_000)
    outward = Library(pkt=50, loss=2 * reports, updateCount=reports, jitterUsec=told)
    return Library(
        rtcp=Library(rxStat=inward, txStat=outward, rttUsec=mean(reports, 30_000, 40_000)),
        jbuf=Library(avgDelayMsec=wait_ms),
    )


def test_without_a_stream_nothing_is_told() -> None:
    assert StreamStatistics().told("PCMA/8000") is None


def test_a_party_that_sends_no_report_tells_nothing_of_its_side() -> None:
    statistics = StreamStatistics()
    statistics.ended(stream(100, lost=3, jitter=mean(99, 1_500, 9_040), wait_ms=40))
    assert statistics.told("PCMA/8000") == LegMedia("PCMA/8000", 100, 3, 1, 1.5, 9.0, 40.0, 50)


def test_streams_add_up_each_by_its_weight() -> None:
    statistics = StreamStatistics()
    statistics.ended(stream(100, jitter=mean(100, 1_000, 2_000), wait_ms=20, reports=1))
    statistics.ended(stream(300, lost=4, jitter=mean(300, 5_000, 8_000), wait_ms=60, reports=3))
    told = statistics.told("PCMU/8000")
    assert told is not None
    assert (told.received, told.lost, told.discarded, told.sent, told.far_lost) == (400, 4, 2, 100, 8)
    assert (told.jitter_ms, told.jitter_max_ms, told.buffer_ms) == (4.0, 8.0, 50.0)
    assert (told.far_jitter_ms, told.round_trip_ms) == (2.0, 30.0)


def test_of_a_stream_on_which_nothing_came_nothing_is_known() -> None:
    statistics = StreamStatistics()
    statistics.ended(stream(0))
    told = statistics.told("PCMA/8000")
    assert told is not None
    assert (told.received, told.buffer_ms, told.jitter_ms, told.jitter_max_ms) == (0, None, None, None)
