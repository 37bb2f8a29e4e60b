"""The console under requests that nobody sends, on a real socket; `make fuzz-console` sends ten thousand."""

from __future__ import annotations

from pathlib import Path

from tests.integration.console_fuzz import run
from tests.integration.console_house import console_house

#: To each route, in each of two ways.
MOST, NUMBER = 2, 1


def test_no_request_makes_the_console_fail_tell_of_itself_or_of_what_is_closed(tmp_path: Path) -> None:
    with console_house(tmp_path) as house:
        fuzz = run(house, most=MOST, number=NUMBER)
    assert not fuzz.findings, "\n".join(f"{what}\n  {told}" for what, told in fuzz.findings.items())
    # It reached both sides of every guard: whoever is let in, whoever is not, and what is refused.
    assert {200, 303, 401, 403, 404, 422} <= set(fuzz.counts)
    assert sum(fuzz.counts.values()) > 100
