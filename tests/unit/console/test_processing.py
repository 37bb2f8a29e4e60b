"""The register of processing on a page and as CSV, for who may read it; without names there is no purpose to choose."""

from __future__ import annotations

import csv
import io

from ivr.domain.access import Role
from tests.unit.console.rig import ConsoleRig, words_of


def test_it_is_read_printed_and_downloaded(house: ConsoleRig) -> None:
    house.make_account("dora", Role.DPO)
    house.sign_in("dora")
    page = words_of(house.get("/registre"))
    assert "intérêt légitime" in page
    assert "fermé à l'organisme" in page
    assert "[à compléter]" in page
    answer = house.get("/registre.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0][:2] == ["Finalité", "Base légale"]
    assert len(rows) > 8
    assert all(len(row) == len(rows[0]) for row in rows)


def test_whoever_may_not_read_it_finds_no_page(house: ConsoleRig) -> None:
    house.sign_in("anne")
    assert house.get("/registre").status_code == 404
    assert house.get("/registre.csv").status_code == 404
    assert 'href="/registre"' not in house.get("/").text
