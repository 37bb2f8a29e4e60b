"""`ivr calls legs` on a real archive: what is shown, where the next page begins, and what a file says of itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from ivr.bootstrap.archive import open_archive
from ivr.cli.calls import calls
from ivr.settings import load_settings
from tests.contract.test_call_details import a_leg
from tests.contract.test_call_log import a_call
from tests.databases import fresh_url
from tests.integration.house import REPOSITORY

PARIS = ZoneInfo("Europe/Paris")
ID = "019a{:028x}".format


@pytest.fixture(scope="module")
def began() -> datetime:
    """Of the first call; the others follow, a minute apart."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory, began: datetime) -> dict[str, str]:
    """Three calls: of a line that died, with a caller, with a caller and an agent."""
    folder = tmp_path_factory.mktemp("house")
    given = {
        "IVR_CONFIG": str(REPOSITORY / "config"),
        "IVR_NODE__DATA_DIR": str(folder / "var"),
        "IVR_DATABASE__URL": fresh_url("sqlite", folder),
    }
    archive = open_archive(load_settings(REPOSITORY / "config", given), create=True)
    for number in range(3):
        at = began + timedelta(minutes=number)
        call = replace(a_call(number), call_id=ID(number), started_at=at, answered_at=at, ended_at=at)
        # The node's clock was set back while they talked.
        legs = [replace(a_leg(call, str(one)), ended_at=at - timedelta(hours=2)) for one in range(number)]
        archive.call_log.add(call, legs=legs)
    archive.close()
    return given


def run(env: dict[str, str], *words: str) -> Result:
    done = CliRunner().invoke(calls, ["legs", "--reason", "panne", "--role", "operator", *words], env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def test_an_id_is_whole_and_the_time_is_the_houses_and_says_so(env: dict[str, str], began: datetime) -> None:
    shown = run(env).output
    for number in range(3):
        at = (began + timedelta(minutes=number)).astimezone(PARIS)
        assert f"{ID(number)}  {at:%Y-%m-%d %H:%M:%S} (Europe/Paris)" in shown
    assert "0.0 s" in shown
    assert "-7200" not in shown


def test_records_say_where_the_next_page_begins_beside_them(env: dict[str, str], began: datetime) -> None:
    seen, after = [], ""
    for _ in range(4):
        page = run(env, "--json", "--limit", "1", *(["--after", after] if after else []))
        found = [json.loads(line) for line in page.stdout.splitlines()]
        seen += [one["call_id"] for one in found]
        assert all(one["call_began_at"].endswith("+00:00") for one in found)
        after = page.stderr.partition("--after ")[2].strip()
        if not after:
            break
    assert seen == [ID(2), ID(2), ID(1), ID(0)]
    table = run(env, "--limit", "2").output
    assert f"--after {(began + timedelta(minutes=1)).isoformat()[:19]}" in table


def test_a_file_says_how_many_calls_and_legs_it_holds(env: dict[str, str], tmp_path: Path) -> None:
    assert run(env, "--csv", str(tmp_path / "a.csv")).output.startswith("3 appels, 3 branches : ")
    assert len((tmp_path / "a.csv").read_text("utf-8").splitlines()) == 5
    said = json.loads(run(env, "--csv", str(tmp_path / "b.csv"), "--json").stdout)
    assert (said["calls"], said["legs"], said["whole"]) == (3, 3, True)
    dead = run(env, "--csv", str(tmp_path / "c.csv"), "--until", "2000-01-01", "--disposition", "BUSY")
    assert dead.output.startswith("0 appel, 0 branche : ")


@pytest.mark.parametrize("place", ["9999-12-31T23:59:59-23:00/x", "0001-01-01T00:00:00+23:00/x", "x"])
def test_a_place_that_is_none_is_told(env: dict[str, str], place: str) -> None:
    done = run(env, "--after", place)
    assert done.exit_code != 0
    assert "ce n'est pas un endroit d'une liste" in done.output
