"""Searches as they are typed: what is taken, what is refused and how, and that no number shows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.call.leg import Disposition
from ivr.domain.recording.state import RecordingState
from ivr.domain.search.query import FILTERS, RecordingQuery, parse_query
from ivr.errors import ConfigurationError

ZONE = ZoneInfo("Europe/Paris")
PURPOSES = ("quality_audio", "sales_audio")


def parse(limit: int = 100, after: str = "", **given: str) -> RecordingQuery:
    named = {name.replace("_", "-"): text for name, text in given.items()}
    return parse_query(named, zone=ZONE, purposes=PURPOSES, after=after, limit=limit)


def test_what_is_typed_is_what_is_looked_for() -> None:
    assert parse(
        since="2026-11-01",
        until="2026-11-02T09:00+00:00",
        due_before="2027-06-01",
        program="hotline",
        agent=" alice ",
        disposition="BUSY, LINE_FAILED",
        purpose="sales_audio",
        state="SEALED,DAMAGED,SEALED",
        min_length="1:30",
        max_length="1:00:00",
        min_score="72,5",
        max_score="100 %",
        gaps="yes",
        masks="no",
        doubts="yes",
        phone="06 12 34 56 78",
        after="rec-1",
        limit=7,
    ) == RecordingQuery(
        since=datetime(2026, 10, 31, 23, tzinfo=UTC),
        until=datetime(2026, 11, 2, 9, tzinfo=UTC),
        due_before=datetime(2027, 5, 31, 22, tzinfo=UTC),
        program="hotline",
        agent="alice",
        dispositions=(Disposition.BUSY, Disposition.LINE_FAILED),
        purpose="sales_audio",
        states=(RecordingState.SEALED, RecordingState.DAMAGED),
        min_ms=90_000,
        max_ms=3_600_000,
        min_tenths=725,
        max_tenths=1000,
        gaps=True,
        masks=False,
        doubts=True,
        phone="06 12 34 56 78",
        after="rec-1",
        limit=7,
    )
    assert parse(member="00 47 382").member == "0047382"


def test_what_is_left_empty_asks_for_nothing() -> None:
    assert parse(program="", gaps=" ") == RecordingQuery()
    assert RecordingQuery().filters == ()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("programme", "x", "did you mean 'program'"),
        ("state", "SEALD", "did you mean 'SEALED'"),
        ("disposition", "BUSY,NOANSWER", "did you mean 'NO_ANSWER'"),
        ("purpose", "quality", "did you mean 'quality_audio'"),
        ("gaps", "true", "known: no, yes"),
        ("since", "tomorrow", "write 2027-06-01"),
        ("since", "0001-01-01", "give a year"),
        ("min-length", "1h", "write 90"),
        ("max-length", "-1", "write 90"),
        ("min-score", "101", "from 0 to 100"),
        ("min-score", "100,1", "from 0 to 100"),
        ("max-score", "-1", "from 0 to 100"),
        ("max-score", "bon", "from 0 to 100"),
        ("phone", "Marie Martin", "write .33"),
        ("member", "A12", "its digits"),
        ("program", "x" * 101, "at most 100"),
        ("agent", "a\x00b", "write letters"),
    ],
)
def test_what_is_refused_names_the_filter_and_what_to_write(name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        parse_query({name: text}, zone=ZONE, purposes=PURPOSES)
    assert refused.value.key == name


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"since": "2026-11-02", "until": "2026-11-02"}, "until"),
        ({"min_length": "2", "max_length": "1"}, "max-length"),
        ({"min_score": "70", "max_score": "69.9"}, "max-score"),
        ({"phone": "0612345678", "member": "1"}, "member"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"after": "../x"}, "after"),
    ],
)
def test_what_can_find_nothing_is_refused(fields: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse(**fields)  # type: ignore[arg-type]
    assert refused.value.key == key


def test_no_number_shows_in_a_query_its_filters_or_a_refusal() -> None:
    query = parse(phone="0612345678", gaps="no")
    assert "0612345678" not in repr(query)
    assert query.filters == ("gaps", "phone")
    for name in ("phone", "member"):
        with pytest.raises(ConfigurationError) as refused:
            parse_query({name: "0612345678 Marie"}, zone=ZONE, purposes=PURPOSES)
        assert "0612" not in str(refused.value)
        assert refused.value.value is None


@given(st.dictionaries(st.sampled_from([*FILTERS, "x"]), st.text(max_size=40), max_size=4))
def test_whatever_is_typed_is_a_query_or_is_refused(given_: dict[str, str]) -> None:
    try:
        query = parse_query(given_, zone=ZONE, purposes=PURPOSES)
    except ConfigurationError as error:
        refused: ConfigurationError | None = error
    else:
        refused = None
        assert {*query.filters} <= {name for name, text in given_.items() if text.strip()}
    assert refused is None or (refused.key and refused.remedy)
