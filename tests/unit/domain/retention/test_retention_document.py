"""docs/retention.md promises what config/retention.toml does; a changed number is told in plain words."""

from __future__ import annotations

import re
import runpy
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from ivr.domain.retention.decision import decide_retention
from ivr.domain.retention.schedule import Duration, after
from ivr.settings.law import load_retention
from tests.unit.domain.retention.retention_cases import (
    CALL,
    CONFIG,
    PARIS,
    POLICY,
    PROFILE,
    ROOT,
    TABLE,
    artefact,
    event,
)

PAGE = (ROOT / "docs" / "retention.md").read_text("utf-8")
MAKE = runpy.run_path(str(ROOT / "docs" / "make_retention_table.py"), run_name="make_retention_table")


def differences(config: Path, page: str = PAGE) -> list[str]:
    table = load_retention(config, PROFILE)
    found: list[str] = MAKE["differences"](MAKE["written"](page), MAKE["lines"](table, POLICY))
    return found


def test_every_duration_that_people_are_promised_is_the_one_that_is_applied() -> None:
    said = differences(CONFIG / "retention.toml")
    assert not said, "\n".join([*said, "Si c'est voulu : .venv/bin/python docs/make_retention_table.py"])


def test_the_committed_table_is_the_one_that_is_drawn() -> None:
    assert MAKE["render"](PAGE, TABLE, POLICY) == PAGE, "run: .venv/bin/python docs/make_retention_table.py"


CHANGES = [
    (
        "keep = { months = 6 }",
        "keep = { months = 3 }",
        "« Enregistrement qualité » à partir de : l'appel ; durée : la configuration dit « 3 mois », "
        "docs/retention.md promet « 6 mois ».",
    ),
    (
        "keep = { years = 5 }        # aml.retention_years",
        "keep = { years = 2 }",
        "« Lutte contre le blanchiment » à partir de : la fin de la relation ; durée : la configuration dit « 2 ans », "
        "docs/retention.md promet « 5 ans ».",
    ),
    (
        "archive_after = { years = 2 }",
        "archive_after = { years = 1 }",
        "« Action sociale » à partir de : la demande d'aide ; durée : la configuration dit « 5 ans, archive après "
        "1 an », docs/retention.md promet « 5 ans, archive après 2 ans ».",
    ),
    (
        'at_end = "review"\n',
        "",
        "« Inscription sur la liste d'opposition interne » à partir de : le dernier refus ; ensuite : la configuration "
        "dit « destruction », docs/retention.md promet « réexamen par une personne ».",
    ),
    (
        'on_objection = "destroy"',
        'on_objection = "keep"',
        "« Enregistrement qualité » à partir de : l'appel ; opposition : la configuration dit « sans effet », "
        "docs/retention.md promet « détruit ».",
    ),
    (
        '[schedules.quality_grid]\ntitle = "Grille d\'analyse, sans verbatim"',
        '[schedules.quality_grid]\ntitle = "Grille"',
        "« Grille d'analyse, sans verbatim » à partir de : l'appel, promis, n'a plus de délai dans la configuration.",
    ),
    (
        'start = "la violation"',
        'start = "la découverte"',
        "« Registre des violations de données » à partir de : la découverte, gardé 5 ans, n'est promis nulle part.",
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), CHANGES, ids=[old for old, _, _ in CHANGES])
def test_a_changed_number_is_told_in_plain_words(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    path = Path(shutil.copy(CONFIG / "retention.toml", tmp_path))
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    assert sentence in differences(path)


def test_drawing_the_table_mends_every_difference(tmp_path: Path) -> None:
    path = Path(shutil.copy(CONFIG / "retention.toml", tmp_path))
    path.write_text(path.read_text("utf-8").replace("keep = { months = 6 }", "keep = { months = 3 }"), "utf-8")
    page = MAKE["render"](PAGE, load_retention(path, PROFILE), POLICY)
    assert differences(path, page) == []
    assert page.replace("3 mois", "6 mois") == PAGE


# ---------------------------------------------------------------- the examples of the page are true


def table_under(heading: str) -> list[list[str]]:
    section = PAGE.partition(heading)[2]
    rows = re.search(r"^\|.*\n\| ---.*\n((?:\|.*\n)+)", section, flags=re.MULTILINE)
    assert rows, heading
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1].splitlines()]


def read(text: str) -> datetime:
    found = re.search(r"(\d\d/\d\d/\d{4})(?: à (\d\d:\d\d))?", text)
    assert found, text
    return datetime.strptime(f"{found[1]} {found[2] or '00:00'}", "%d/%m/%Y %H:%M").replace(tzinfo=PARIS)


LENGTHS = {"6 mois": Duration(months=6), "2 ans": Duration(months=24)}


@pytest.mark.parametrize("row", table_under("## Comment on compte"), ids=lambda row: row[0])
def test_every_example_of_counting_is_true(row: list[str]) -> None:
    start, length, end, _ = row
    assert after(read(start), LENGTHS[length], "Europe/Paris").astimezone(PARIS) == read(end)


HAPPENED = {
    "rien n'est connu": [],
    "offre le 25/11/2026 à 09:00": [("offer", "25/11/2026 à 09:00")],
    "offre, puis signature le 03/12/2026 à 15:00": [("offer", "21/11/2026"), ("signature", "03/12/2026 à 15:00")],
    "offre, puis refus le 01/12/2026 à 11:00": [("offer", "21/11/2026"), ("refusal", "01/12/2026 à 11:00")],
    "signature le 03/12/2026, puis renonciation": [("signature", "03/12/2026"), ("renunciation", "10/12/2026")],
    "signature le 03/12/2026, puis refus d'être rappelé": [("signature", "03/12/2026"), ("refusal", "10/12/2026")],
}  # fmt: skip


@pytest.mark.parametrize("row", table_under("**Un appel de vente")[: len(HAPPENED)], ids=lambda row: row[0])
def test_every_dated_example_of_a_sales_call_is_true(row: list[str]) -> None:
    what, promised = row
    happened = [event(kind, read(at)) for kind, at in HAPPENED[what]]
    decision = decide_retention(artefact("sales_audio"), happened, (), TABLE, PROFILE, CALL)
    assert decision.due_at == read(promised)
