"""Warnings that a stranger can cause at will."""

from __future__ import annotations

import logging

import pytest

from ivr.sip.bounded_log import BoundedLog


def test_strangers_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    log = BoundedLog(logging.getLogger("ivr.test"))
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            log.warning(0.0, "refused %s", "x")
        assert len(caplog.records) == 30
        log.warning(10.0, "refused %s", "y")
    assert [record.getMessage() for record in caplog.records[30:]] == [
        "70 more refusals were not told one by one",
        "refused y",
    ]
