"""What recordings are looked for by: typed here, and read as the pages and the command line read it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ivr.console.api.fields import Given, Line
from ivr.domain.call.leg import Disposition
from ivr.domain.recording.state import RecordingState

_Percent = Annotated[float, Field(ge=0, le=100, multiple_of=0.1)]
_Seconds = Annotated[int, Field(ge=0, le=999_999)]


class Filters(Given):
    """Each that is given narrows the answer. `since` is included, `until` and `due_before` are not: a day
    (`2027-06-01`, in the house's time zone) or a moment (`2027-06-01T09:00+02:00`). Lengths are seconds, scores
    percentages of an analysis that counts for the agent: only with the right to supervise."""

    since: Annotated[Line, Field(examples=["2027-06-01"])] = ""
    until: Line = ""
    due_before: Line = ""
    program: Line = ""
    agent: Line = ""
    disposition: Annotated[list[Disposition], Field(max_length=10)] = Field(default_factory=list)
    purpose: Line = ""
    state: Annotated[list[RecordingState], Field(max_length=10)] = Field(default_factory=list)
    min_length: _Seconds | None = None
    max_length: _Seconds | None = None
    min_score: _Percent | None = None
    max_score: _Percent | None = None
    gaps: bool | None = None
    masks: bool | None = None
    doubts: bool | None = None
    phone: Annotated[Line, Field(description="One person's number; it is kept nowhere.")] = ""
    member: Annotated[Line, Field(description="One person's member number; it is kept nowhere.")] = ""

    def typed(self) -> dict[str, str]:
        """As people type them, by the names of `ivr.domain.search.query`."""
        texts = {}
        for name in Filters.model_fields:
            value = getattr(self, name)
            if isinstance(value, bool):
                value = "yes" if value else "no"
            elif isinstance(value, list):
                value = ",".join(one.value for one in value)
            elif isinstance(value, float):
                value = f"{value:g}"
            texts[name.replace("_", "-")] = "" if value is None else str(value)
        return texts
