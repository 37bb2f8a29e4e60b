"""`ivr menu draw` and `ivr menu simulate`: a menu seen and tried without a telephone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from ivr.cli.root import main

MENU = Path(__file__).parents[3] / "config" / "menus" / "hotline.toml"
#: A Monday.
AT = ("--at", "2027-03-08T10:00")


def ivr(folder: Path, *arguments: str, text: str = "") -> Result:
    given: dict[str, str | None] = {"IVR_NODE__DATA_DIR": str(folder / "var")}
    return CliRunner().invoke(main, ["menu", *arguments], input=text, env=given)


def simulated(folder: Path, *acts: dict[str, Any], at: tuple[str, ...] = AT) -> tuple[list[dict[str, Any]], Result]:
    done = ivr(folder, "simulate", "-", *at, "--json", text="".join(json.dumps(act) + "\n" for act in acts))
    return [json.loads(line) for line in done.stdout.splitlines()], done


class TestDraw:
    def test_a_menu_is_drawn_with_every_node_and_no_script_or_style(self, tmp_path: Path) -> None:
        done = ivr(tmp_path, "draw", "hotline", "-o", str(tmp_path / "menu.svg"))
        assert done.exit_code == 0, done.output
        drawn = (tmp_path / "menu.svg").read_text("utf-8")
        texts = "\n".join(one.text or "" for one in ET.fromstring(drawn).iter() if one.tag.endswith("text"))
        for node in re.findall(r"^\[nodes\.(.*)\]$", MENU.read_text("utf-8"), re.MULTILINE):
            assert f"\n{node} : " in texts
        assert not re.search(r"<script|<style|style=|href", drawn)

    def test_without_a_file_it_goes_to_the_output(self, tmp_path: Path) -> None:
        done = ivr(tmp_path, "draw", str(MENU))
        assert ET.fromstring(done.stdout).attrib["role"] == "img"

    def test_json_names_the_file_or_holds_the_drawing(self, tmp_path: Path) -> None:
        body = json.loads(ivr(tmp_path, "draw", "hotline", "--json").stdout)
        assert (body["ok"], body["menu"], body["nodes"], body["file"]) == (True, "hotline", 15, None)
        assert body["svg"].startswith("<svg")
        written = json.loads(ivr(tmp_path, "draw", "hotline", "-o", str(tmp_path / "x.svg"), "--json").stdout)
        assert "svg" not in written

    def test_a_menu_that_is_not_there_is_named_with_the_nearest(self, tmp_path: Path) -> None:
        done = ivr(tmp_path, "draw", "hotlin")
        assert (done.exit_code, "vouliez-vous dire « hotline »" in done.output) == (2, True)

    def test_a_file_with_a_fault_is_not_drawn(self, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong.toml"
        wrong.write_text(MENU.read_text("utf-8").replace('key = "4", to', 'key = "9", to'), "utf-8")
        done = ivr(tmp_path, "draw", str(wrong))
        assert done.exit_code == 2
        assert "La touche 9 refuse l'enregistrement" in done.output

    def test_a_place_that_cannot_be_written_is_said(self, tmp_path: Path) -> None:
        assert ivr(tmp_path, "draw", "hotline", "-o", str(tmp_path / "no" / "menu.svg")).exit_code == 3


class TestSimulate:
    def test_keys_are_followed_to_their_queue(self, tmp_path: Path) -> None:
        lines, done = simulated(tmp_path, {"at_ms": 2000, "key": "3"}, {"at_ms": 4000, "key": "1"})
        assert done.exit_code == 0
        *steps, result = lines
        assert [(step["do"], step["node"], step["why"]) for step in steps] == [
            ("say", "accueil", "entered"),
            ("silence", "accueil", "barge_in"),
            ("say", "contrat", "key"),
            ("silence", "contrat", "barge_in"),
            ("say", "cotisations", "key"),
            ("go", "cotisations", "key"),
        ]
        assert steps[2]["at_ms"] == 2000
        assert steps[2]["text"].startswith("Pour vos cotisations")
        assert result == {
            "ok": True, "menu": "hotline", "path": ["accueil", "contrat", "cotisations"], "node": "cotisations",
            "kind": "queue", "queue": "cotisations", "why": "key", "duration_ms": steps[-1]["at_ms"], "objections": 0,
        }  # fmt: skip

    def test_words_are_understood_and_never_shown(self, tmp_path: Path) -> None:
        lines, done = simulated(tmp_path, {"at_ms": 2000, "words": "où en est mon remboursement de Zanzibar"})
        assert lines[-1]["node"] == "remboursements"
        assert "Zanzibar" not in done.output

    def test_an_objection_is_for_the_call_and_the_menu_goes_on(self, tmp_path: Path) -> None:
        lines, _ = simulated(
            tmp_path,
            {"at_ms": 2000, "words": "je refuse que cet appel soit enregistré"},
            {"at_ms": 20000, "key": "9"},
            {"at_ms": 21000, "key": "1"},
        )
        assert [line["why"] for line in lines if line.get("do") == "object"] == ["words", "objection_key"]
        assert (lines[-1]["node"], lines[-1]["objections"]) == ("remboursements", 2)

    @pytest.mark.parametrize(
        ("at", "first", "why"),
        [
            ("2027-03-08T08:29", "ferme", "closed"),
            ("2027-03-08T08:30", "accueil", "entered"),
            ("2027-05-06T10:00", "ferme", "holiday"),
            ("2027-05-06T08:00+00:00", "ferme", "holiday"),
            ("2027-11-01T09:00", "ferme", "holiday"),
            ("2027-03-26T10:00", "accueil", "entered"),
        ],
    )
    def test_hours_and_public_holidays_are_those_of_the_time_given(
        self, tmp_path: Path, at: str, first: str, why: str
    ) -> None:
        lines, _ = simulated(tmp_path, {"at_ms": 100, "hangup": True}, at=("--at", at))
        assert (lines[0]["node"], lines[0]["why"]) == (first, why)

    def test_good_friday_closes_in_alsace(self, tmp_path: Path) -> None:
        alsace = tmp_path / "alsace.toml"
        alsace.write_text(MENU.read_text("utf-8").replace('public_holidays = "FR"', 'public_holidays = "6AE"'), "utf-8")
        lines, _ = simulated(tmp_path, at=("--at", "2027-03-26T10:00", "--menu", str(alsace)))
        assert lines[0]["why"] == "holiday"

    def test_an_emergency_message_is_heard_first(self, tmp_path: Path) -> None:
        lines, _ = simulated(tmp_path, at=(*AT, "--emergency"))
        assert [line["prompt"] for line in lines[:2]] == ["menu-emergency", "menu-welcome"]

    def test_a_run_that_does_not_arrive_where_it_should_fails(self, tmp_path: Path) -> None:
        acts = '{"at_ms": 2000, "key": "1"}\n'
        assert ivr(tmp_path, "simulate", "-", *AT, "--expect", "remboursements", text=acts).exit_code == 0
        missed = ivr(tmp_path, "simulate", "-", *AT, "--expect", "contrat", "--json", text=acts)
        assert (missed.exit_code, json.loads(missed.stdout.splitlines()[-1])["ok"]) == (1, False)
        assert ivr(tmp_path, "simulate", "-", *AT, "--expect", "nothing", text=acts).exit_code == 2

    def test_what_is_shown_to_people_is_french(self, tmp_path: Path) -> None:
        done = ivr(
            tmp_path, "simulate", "-", *AT, text='{"at_ms": 2000, "key": "6"}\n{"at_ms": 9000, "hangup": true}\n'
        )
        assert "coupé par l'appelant" in done.output
        assert "touche sans choix" in done.output
        assert "l'appelant a raccroché" in done.output

    @pytest.mark.parametrize(
        "line",
        [
            "no json", "[]", "{}", '{"at_ms": 1}', '{"at_ms": -1, "key": "1"}', '{"at_ms": true, "key": "1"}',
            '{"at_ms": 1, "key": "12"}', '{"at_ms": 1, "key": 1}', '{"at_ms": 1, "words": " "}',
            '{"at_ms": 1, "hangup": false}', '{"at_ms": 1, "key": "1", "words": "un"}', '{"at_ms": 1e3, "key": "1"}',
            '{"at_ms": 99999999999, "key": "1"}', "[" * 5000,
        ],
    )  # fmt: skip
    def test_a_line_that_is_none_is_named(self, tmp_path: Path, line: str) -> None:
        done = ivr(tmp_path, "simulate", "-", *AT, text=f'{{"at_ms": 1, "key": "7"}}\n{line}\n')
        assert done.exit_code == 2
        assert "ligne 2" in done.output
        assert "at_ms" in done.output

    def test_a_time_that_is_none_and_a_file_that_is_not_there_are_named(self, tmp_path: Path) -> None:
        for at in ("demain", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00"):
            assert "ce n'est pas une heure" in ivr(tmp_path, "simulate", "-", "--at", at).output
        assert ivr(tmp_path, "simulate", str(tmp_path / "none.jsonl")).exit_code == 2
