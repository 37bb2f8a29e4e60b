"""What requests are made of: strict fields, bounded texts, moments within two centuries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from ivr.domain.access import Action

#: No control characters: nobody types them, and no database of ours takes a NUL.
_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
_TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_YEARS = (2000, 2199)

Line = Annotated[str, StringConstraints(max_length=200, pattern=_LINE)]
Text = Annotated[str, StringConstraints(max_length=10_000, pattern=_TEXT)]
Id = Annotated[str, StringConstraints(pattern=ID)]


def _of_these_centuries(moment: datetime) -> datetime:
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise ValueError(f"a year from {_YEARS[0]} to {_YEARS[1]}")
    return moment


def _day_of_these_centuries(day: date) -> date:
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise ValueError(f"a year from {_YEARS[0]} to {_YEARS[1]}")
    return day


#: With an offset from UTC; answers are in UTC.
Moment = Annotated[
    AwareDatetime,
    AfterValidator(_of_these_centuries),
    PlainSerializer(lambda at: at.astimezone(UTC).isoformat(), return_type=str, when_used="json"),
]
#: The same, out of the archive: whatever stands there.
Told = Annotated[
    datetime, PlainSerializer(lambda at: at.astimezone(UTC).isoformat(), return_type=str, when_used="json")
]
Day = Annotated[date, AfterValidator(_day_of_these_centuries)]


class Given(BaseModel):
    """What a request brings: nothing beyond what is named, and nothing that is only nearly of its kind."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Shown(BaseModel):
    """What an answer holds."""

    model_config = ConfigDict(frozen=True)


Scopes = Annotated[list[Action], Field(description="Rights of config/access.toml.")]
