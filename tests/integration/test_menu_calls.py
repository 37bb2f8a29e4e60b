"""Whole calls through a menu and into its queues: by key, by what the real ear heard, and objecting on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ivr_demo.softphone_process import SoftphoneProcess
from tests.integration.house import House, Serving, run
from tests.integration.sounds import speech, write_wav

pytestmark = [pytest.mark.sip, pytest.mark.ear]

#: The caller has all the time of a busy machine to answer.
_MENU = """
start = "accueil"
fallback = "conseiller"
programs = ["hotline-quality"]
not_understood = "menu-not-understood"
no_answer = "menu-no-answer"

[nodes.accueil]
prompt = "menu-welcome"
timeout_s = 60.0
choices = [
    { key = "1", to = "remboursements", phrases = ["un remboursement", "je n'ai pas été remboursé"] },
    { key = "2", to = "cartes", phrases = ["ma carte de tiers payant", "j'ai perdu ma carte"] },
    { key = "0", to = "conseiller", phrases = ["parler à un conseiller"] },
]

[nodes.remboursements]
kind = "queue"
queue = "remboursements"
prompt = "menu-to-refunds"

[nodes.cartes]
kind = "queue"
queue = "cartes"
prompt = "menu-to-cards"

[nodes.conseiller]
kind = "agent"
prompt = "menu-to-agent"
"""
_QUEUES = """
[agents.paul]
skills = ["cartes"]
uris = ["{paul}"]

[agents.marie]
skills = ["remboursements"]
uris = ["sip:marie@127.0.0.1:9"]

[queues.cartes]
skills = ["cartes"]

[queues.remboursements]
skills = ["remboursements"]
"""


@asynccontextmanager
async def hotline(house: House) -> AsyncIterator[tuple[Serving, SoftphoneProcess]]:
    """The house with this menu, Paul at his telephone who serves the cards, and a caller's softphone."""
    program = house.config_dir / "programs" / "hotline-quality.toml"
    text = program.read_text("utf-8").replace('agent_uri = ""', 'menu = "hotline"\nqueue = "cartes"', 1)
    program.write_text(text, "utf-8")
    (house.config_dir / "menus" / "hotline.toml").write_text(_MENU, "utf-8")
    async with SoftphoneProcess("--user", "paul", "--auto-answer") as paul, SoftphoneProcess() as caller:
        (house.config_dir / "queues.toml").write_text(_QUEUES.format(paul=paul.uri), "utf-8")
        made = house.ivr("init")
        assert made.returncode == 0, made.stderr
        assert house.ivr("queue", "ready", "paul", "--role", "operator").returncode == 0
        async with Serving(house) as serving:
            await caller.call(serving.uri)
            await serving.until("prompt.ended", prompt="menu-welcome", completed=True)
            yield serving, caller


async def bridged_from(serving: Serving) -> dict[str, Any]:
    """Wait until the caller speaks with an agent; return where the menu led them."""
    left = await serving.until("menu.left")
    joined = await serving.until("queue.joined")
    assert joined["queue"] == left["queue"]
    await serving.until("agent.bridged")
    return left


def test_key_2_leads_to_the_queue_of_the_cards_and_its_agent(house: House) -> None:
    async def call() -> tuple[dict[str, Any], dict[str, Any]]:
        async with hotline(house) as (serving, caller):
            await caller.press("2")
            left = await bridged_from(serving)
            await serving.until("recording.state", state="CAPTURING")
            await caller.hangup()
            return left, await serving.until("call.reported")

    left, report = run(call())
    assert (left["nodes"], left["ways"], left["queue"]) == (["accueil", "cartes"], ["entered", "key"], "cartes")
    house.must_be_whole()
    shown = house.ivr_json("recordings", "show", report["recording_id"])
    (body,) = [event["body"] for event in shown["events"] if event["kind"] == "menu.left"]
    assert body["nodes"] == ["accueil", "cartes"]


def test_what_the_caller_says_leads_there_as_well(house: House, tmp_path: Path) -> None:
    said = write_wav(tmp_path / "said.wav", speech("Bonjour, j'ai perdu ma carte de tiers payant.", pause_s=2.0))

    async def call() -> dict[str, Any]:
        async with hotline(house) as (serving, caller):
            await caller.speak(said)
            left = await bridged_from(serving)
            await caller.hangup()
            await serving.until("call.reported")
            return left

    left = run(call())
    assert (left["queue"], left["ways"][-1]) == ("cartes", "words")
    house.must_be_whole()


def test_an_objection_said_in_the_menu_is_obeyed_and_the_menu_goes_on(house: House, tmp_path: Path) -> None:
    said = write_wav(tmp_path / "said.wav", speech("Je m'oppose à l'enregistrement de cet appel.", pause_s=2.0))

    async def call() -> dict[str, Any]:
        async with hotline(house) as (serving, caller):
            await caller.speak(said)
            objected = await serving.until("objection")
            assert objected["basis"] == "SPOKEN"
            await serving.until("prompt.ended", prompt="objection-noted", completed=True)
            await serving.until("prompt.started", prompt="menu-welcome")
            await caller.press("2")
            left = await bridged_from(serving)
            assert left["ways"] == ["entered", "key"]
            await caller.hangup()
            return await serving.until("call.reported")

    report = run(call())
    assert report["recording_id"] is None
    house.must_be_whole()
