"""When a party counts as gone."""

from __future__ import annotations

from ivr.sip.rtp_watch import RtpWatch


def test_a_party_is_gone_when_neither_packets_nor_reports_come_for_the_timeout() -> None:
    watch = RtpWatch(30.0)
    watch.restart(100.0)
    assert not watch.is_gone(0, 0, 100.0)
    assert not watch.is_gone(50, 0, 129.0)
    assert not watch.is_gone(50, 0, 158.9)
    assert watch.is_gone(50, 0, 159.0)
    assert not watch.is_gone(50, 1, 160.0)
    assert not watch.is_gone(50, 1, 189.9)
    assert watch.is_gone(50, 1, 190.0)
    watch.restart(190.0)
    assert not watch.is_gone(50, 1, 219.0)
    assert not RtpWatch(0.0).is_gone(0, 0, 1e9)


def test_a_party_that_listens_only_is_gone_only_when_its_reports_stop() -> None:
    watch = RtpWatch(30.0)
    watch.restart(100.0)
    watch.is_gone(50, 3, 110.0)
    watch.restart(120.0, listens_only=True)
    assert not watch.is_gone(50, 3, 900.0), "it has sent no report since it only listens"
    assert not watch.is_gone(50, 4, 901.0)
    assert not watch.is_gone(50, 4, 930.9)
    assert watch.is_gone(50, 4, 931.0)
