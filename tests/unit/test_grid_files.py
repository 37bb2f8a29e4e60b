"""A grid in TOML is read whole, or refused with key and fix; hostile files cost nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.domain.quality.grid import MOST_QUESTIONS, QuestionKind
from ivr.errors import ConfigurationError
from ivr.settings.grids import LARGEST_GRID, read_grid

GRIDS = sorted((Path(__file__).parents[2] / "config" / "grids").glob("*.toml"))
SHIPPED = GRIDS[0].read_text("utf-8")
QUESTION = '[[sections.questions]]\nid = "{}"\ntext = "Ça va ?"\nkind = "yes_no"\nweight = 1\n'


def grid(*questions: str, head: str = "") -> str:
    start = f'id = "g"\nversion = "1"\ntitle = "T"\npass_mark = 50\n{head}[[sections]]\nid = "s"\ntitle = "S"\n'
    return start + "".join(questions)


@pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.stem)
def test_what_is_shipped_is_read(path: Path) -> None:
    found = read_grid(path.read_text("utf-8"), file=str(path))
    assert found.id == path.stem
    assert sum(one.weight for one in found.questions) == 100
    assert {one.kind for one in found.questions} == set(QuestionKind)
    assert any(one.automatic_fail for one in found.questions)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SHIPPED.replace("weight = 5", "weigth = 5", 1), "did you mean 'weight'"),
        (SHIPPED.replace("weight = 5", "weight = 101", 1), "weight"),
        (SHIPPED.replace('kind = "scale"', 'kind = "scala"', 1), "kind"),
        (SHIPPED.replace('id = "presentation"', 'id = "courtoisie"'), "'courtoisie' stands twice"),
        (SHIPPED.replace('id = "partielle"', 'id = "na"'), "not_applicable"),
        (SHIPPED.replace("pass_mark = 75", "pass_mark = 175"), "pass_mark"),
        (SHIPPED.replace('id = "hotline"', 'id = "../etc"'), "id"),
        (grid(QUESTION.format("q").replace("weight = 1", "weight = 0")), "never be a score"),
        (grid(QUESTION.format("q") + 'choices = [{ id = "a", text = "a", points = 1 }]\n'), "choices belong"),
        (grid(QUESTION.format("q").replace("yes_no", "text")), "counts for nothing"),
        (grid(QUESTION.format("q").replace("weight = 1", "automatic_fail = true")), "give it a weight"),
        (grid(*(QUESTION.format(f"q{n}") for n in range(MOST_QUESTIONS + 1))), "questions"),
        (grid(), "questions"),
        ("", "missing"),
        ("sections = [", "TOML"),
        ("a = " + "[" * 5000, "deep|TOML"),
        ("#" * (LARGEST_GRID + 1), "too large"),
    ],
)
def test_what_is_no_grid_is_refused_with_key_and_fix(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        read_grid(text, file="g.toml")
    assert "g.toml" in refused.value.where
    assert refused.value.remedy
