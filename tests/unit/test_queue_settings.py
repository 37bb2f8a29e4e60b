"""config/queues.toml: what is read, and what is refused with its fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.domain.queue.floor import Plan
from ivr.domain.queue.queue import AgentProfile, Overflow, OverflowAction, Queue
from ivr.errors import ConfigurationError
from ivr.settings import load_settings
from ivr.settings.queues import load_queues
from tests.fakes.shipped import copied_config

WHOLE = """
[agents.marie]
skills = ["sante"]
uris = ["sip:marie@127.0.0.1:5070", "sips:marie@example.org"]

[queues.sante]
skills = ["sante"]
priority = 2
overflow = [{ after_s = 300, action = "move", queue = "tous" }, { after_s = 60, action = "widen" }]

[queues.tous]
overflow = [{ after_s = 600, action = "end" }]
"""
PROGRAM = "programs/hotline-quality.toml"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = copied_config(tmp_path / "config")
    (folder / "queues.toml").write_text(WHOLE, "utf-8")
    return folder


def test_queues_and_agents_are_read_steps_in_the_order_of_time(config: Path) -> None:
    skills = frozenset({"sante"})
    steps = (Overflow(60, OverflowAction.WIDEN), Overflow(300, OverflowAction.MOVE, queue="tous"))
    assert load_settings(config, {}).queues == Plan(
        {
            "sante": Queue("sante", skills, 2, overflow=steps),
            "tous": Queue("tous", overflow=(Overflow(600, OverflowAction.END),)),
        },
        {"marie": AgentProfile("marie", skills, ("sip:marie@127.0.0.1:5070", "sips:marie@example.org"))},
    )


def test_what_is_shipped_and_an_older_installation_have_no_queues(tmp_path: Path) -> None:
    assert load_queues(tmp_path / "queues.toml") == Plan({}, {})
    assert load_settings(copied_config(tmp_path / "config"), {}).queues == Plan({}, {})


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "remedy"),
    [
        ("queues.toml", 'queue = "tous"', 'queue = "touss"', "queues.sante.overflow", "did you mean 'tous'"),
        ("queues.toml", 'action = "end"', 'action = "move", queue = "sante"', "queues.", "end the last one"),
        (
            "queues.toml",
            'skills = ["sante"]\npriority',
            'skills = ["vie"]\npriority',
            "queues.sante.skills",
            "give them",
        ),
        ("queues.toml", 'action = "end"', 'action = "stop"', "queues.tous.overflow.0.action", "'end'"),
        ("queues.toml", 'action = "widen"', 'action = "widen", queue = "tous"', "queues.sante", "names a queue"),
        ("queues.toml", 'action = "end"', 'action = "end", skills = ["sante"]', "queues.tous", "belong to action"),
        ("queues.toml", '"sip:marie@127.0.0.1:5070"', '"marie"', "agents.marie.uris.0", "match pattern"),
        ("queues.toml", "priority = 2", "priorty = 2", "queues.sante.priorty", "did you mean 'priority'"),
        (PROGRAM, 'agent_uri = ""', 'queue = "santé"', "queue", "sante"),
        (PROGRAM, 'agent_uri = ""', 'queue = "sante"\nagent_uri = "sip:a@b"', "agent_uri", "remove agent_uri"),
        (PROGRAM, 'agent_uri = ""', 'queue = "sante"\nwrap_up_s = -1', "wrap_up_s", "greater"),
    ],
)
def test_a_mistake_names_file_key_and_fix(config: Path, file: str, old: str, new: str, key: str, remedy: str) -> None:
    path = config / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config, {})
    assert caught.value.file == str(path)
    assert caught.value.key.startswith(key)
    assert remedy in caught.value.remedy


def test_a_program_with_a_queue_says_what_queues_say_or_nothing_starts(config: Path) -> None:
    path = config / PROGRAM
    path.write_text(path.read_text("utf-8").replace('agent_uri = ""', 'queue = "sante"'), "utf-8")
    settings = load_settings(config, {})
    said = {spoken.prompt.id for spoken in settings.spoken()}
    assert {"queue-place-1", "queue-wait-more", "queue-full", "queue-ended"} <= said
    (config / "prompts" / "queue.toml").unlink()
    with pytest.raises(ConfigurationError, match="there is no prompt 'queue-place-1'"):
        load_settings(config, {})
