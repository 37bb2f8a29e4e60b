"""What was said to the caller last, which gives a bare "oui" or "non" its meaning."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ivr.domain.program.program import Prompt
from ivr.services.call.prompt_memory import PromptMemory

MENU, QUESTION = Prompt("menu", "1", "Que puis-je pour vous ?"), Prompt("doubt", "1", "Vous opposez-vous ?")


@pytest.fixture
def queue() -> Any:
    return SimpleNamespace(speaking=None)


@pytest.fixture
def memory(queue: Any) -> PromptMemory:
    return PromptMemory(queue, frozenset({QUESTION.id}))


def test_while_nothing_was_said_nothing_is_answered(memory: PromptMemory) -> None:
    assert memory.last_text(0, 0) == ""


def test_what_is_being_said_is_answered_before_it_is_over(memory: PromptMemory, queue: Any) -> None:
    memory.ended(QUESTION, 1000, completed=True)
    queue.speaking = MENU
    assert memory.last_text(2000, 2500) == MENU.text


def test_a_question_about_a_doubt_is_answered_once_it_was_heard_out(memory: PromptMemory, queue: Any) -> None:
    memory.ended(MENU, 1000, completed=True)
    queue.speaking = QUESTION
    assert memory.last_text(2000, 2500) == MENU.text
    queue.speaking = None
    memory.ended(QUESTION, 5000, completed=True)
    assert memory.last_text(4299, 6000) == MENU.text
    assert memory.last_text(4300, 6000) == QUESTION.text
    memory.ended(QUESTION, 9000, completed=False)
    assert memory.last_text(9500, 9600) == MENU.text


def test_after_twelve_seconds_nothing_is_answered_any_more(memory: PromptMemory) -> None:
    memory.ended(MENU, 1000, completed=True)
    assert memory.last_text(12_000, 12_999) == MENU.text
    assert memory.last_text(12_000, 13_000) == ""


def test_speech_can_answer_a_question_that_was_heard_out_and_no_other(memory: PromptMemory, queue: Any) -> None:
    assert memory.question_heard(9000) is False
    memory.ended(MENU, 1000, completed=True)
    assert memory.question_heard(9000) is False
    queue.speaking = QUESTION
    assert memory.question_heard(9000) is False
    queue.speaking = None
    memory.ended(QUESTION, 5000, completed=True)
    assert [memory.question_heard(at_ms) for at_ms in (4299, 4300)] == [False, True]
    queue.speaking = MENU
    assert memory.question_heard(4300) is True
    queue.speaking = QUESTION
    assert memory.question_heard(9000) is False
    queue.speaking = None
    memory.ended(QUESTION, 9000, completed=False)
    assert memory.question_heard(9500) is False
