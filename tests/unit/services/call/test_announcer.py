"""What is said to a party, and what cuts it short."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.exchange import Exchange, play


def test_speech_makes_a_menu_that_allows_it_fall_silent_but_never_the_disclosure(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((300, 1500), (3000, 4500))
        await x.media(12_000)
        x.line.peer_hangs_up("a")
        await x.over()
        ended = {item["prompt"]: item["completed"] for item in x.feed.of("prompt.ended")}
        assert ended == {"hotline-disclosure": True, "hotline-menu": False}
        (menu,) = [item for item in x.feed.of("prompt.ended") if item["prompt"] == "hotline-menu"]
        assert float(str(menu["published_at"])) < 4.5, "not by hanging up"

    play(tmp_path, scene, changes={"barge_in": True}, durations_ms={"hotline-menu": 20_000, "hotline-disclosure": 2500})


def test_a_digit_makes_a_menu_that_allows_it_fall_silent_but_never_the_disclosure(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(1000)
        x.line.press("a", "1")
        await x.until("prompt.started", prompt="hotline-menu")
        await x.media(4000)
        x.line.press("a", "1")
        await x.media(5000)
        x.line.peer_hangs_up("a")
        await x.over()
        ended = {item["prompt"]: item["completed"] for item in x.feed.of("prompt.ended")}
        assert ended == {"hotline-disclosure": True, "hotline-menu": False}
        (menu,) = [item for item in x.feed.of("prompt.ended") if item["prompt"] == "hotline-menu"]
        assert float(str(menu["published_at"])) < 4.1, "not by hanging up"

    play(tmp_path, scene, changes={"barge_in": True}, durations_ms={"hotline-menu": 20_000, "hotline-disclosure": 2500})
