"""Times as people type them for a command."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ivr.cli.actor import moment
from ivr.errors import ConfigurationError

PARIS = ZoneInfo("Europe/Paris")


def test_a_time_without_an_offset_is_the_houses() -> None:
    assert moment("", PARIS, key="--at") is None
    for text in ("2027-06-01T09:00", "2027-06-01T09:00+02:00"):
        found = moment(text, PARIS, key="--at")
        assert found is not None
        assert found.isoformat() == "2027-06-01T09:00:00+02:00"


@pytest.mark.parametrize("text", ["hier", "0001-01-01", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00"])
def test_what_is_no_time_or_lies_where_no_calendar_reaches_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no date"):
        moment(text, PARIS, key="--at")
