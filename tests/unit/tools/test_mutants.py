"""What `make mutants` changes: each change is Python, stands in one place, and is one that a test could notice."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from tools.mutants.operators import Mutant, mutants_of
from tools.mutants.report import write_report

HEAD = "def f(a, b):\n    "


def changed(line: str) -> set[str]:
    source = HEAD + line + "\n"
    return {one.apply(source).removeprefix(HEAD).rstrip("\n") for one in mutants_of("x.py", source)}


@pytest.mark.parametrize(
    ("line", "mutants"),
    [
        ("return a < b", {"return a <= b", "return a >= b", "return None"}),
        ("return a is not b", {"return a is b", "return None"}),
        ("return a and b", {"return a or b", "return a", "return b", "return None"}),
        ("return not a", {"return a", "return None"}),
        ("return a + 1", {"return a - 1", "return a + 2", "return None"}),
        ("return min(a, b)", {"return max(a, b)", "return None"}),
        (
            "return 1 if a else b",
            {"return 2 if a else b", "return 1 if True else b", "return 1 if False else b", "return None"},
        ),
        (
            "return [x for x in a if x]",
            {"return [x for x in a if True]", "return [x for x in a if False]", "return None"},
        ),
        ("a.b = None", {"pass"}),
        ("a += b", {"pass"}),
        ("a.b(b)", {"pass"}),
        ("return", {"pass"}),
        ("raise b", {"pass"}),
        ("with a: b()", {"if True: b()", "with a: pass"}),
        ('return "words for people"', {"return None"}),
        ('return "kind"', {"return 'kindX'", "return None"}),
        ("return None", set()),
        ("c = a", set()),
        ("assert a < b", set()),
    ],
)
def test_a_line_is_changed_in_each_of_these_ways_and_no_other(line: str, mutants: set[str]) -> None:
    assert changed(line) == mutants


def test_a_table_of_a_module_loses_one_entry_at_a_time() -> None:
    source = "TABLE = {\n    1: 'a b',\n    'x': 'c d',\n}\nSTATES = frozenset({ONE, TWO})\n"
    left = [ast.unparse(ast.parse(one.apply(source))) for one in mutants_of("x.py", source) if one.after == ""]
    assert left == [
        "TABLE = {'x': 'c d'}\nSTATES = frozenset({ONE, TWO})",
        "TABLE = {1: 'a b'}\nSTATES = frozenset({ONE, TWO})",
        "TABLE = {1: 'a b', 'x': 'c d'}\nSTATES = frozenset({TWO})",
        "TABLE = {1: 'a b', 'x': 'c d'}\nSTATES = frozenset({ONE})",
    ]


def test_a_change_knows_its_function_and_the_lines_of_its_statement() -> None:
    body = "return (\n            'é' if self.x > 1\n            else 2\n        )\n"
    source = f"class A:\n    @property\n    def é(self):\n        'Doc.'\n        {body}"
    (one,) = [one for one in mutants_of("x.py", source) if one.after == "2"][:1]
    assert (one.owner, one.first_line, one.lines) == ("A.é", 2, (5, 8))
    assert all(ast.parse(one.apply(source)) for one in mutants_of("x.py", source))


def test_every_file_that_is_named_for_it_is_there() -> None:
    """A file that was renamed would drop out of the score unseen."""
    targets = tomllib.loads(Path("tools/mutants/targets.toml").read_text("utf-8"))
    assert [pattern for pattern in targets["files"] if not list(Path().glob(pattern))] == []
    assert [one for one in targets["tests"]["folders"] if not Path(one).exists()] == []


def test_what_could_not_be_tried_is_told_and_counts_neither_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "ivr/domain/consent/bar.py"
    mutants: dict[str, Mutant] = {
        str(at): one for at, one in enumerate(mutants_of(path, Path(path).read_text("utf-8")))
    }
    write_report(tmp_path, mutants, {"0": ["killed", "t"], "1": ["invalid", ""], "2": ["survived", ""]})
    (row,) = [line for line in capsys.readouterr().out.splitlines() if path in line]
    assert row.endswith(" | 3 | 1 | 0 | 1 | 0 | 0 | 1 | 50.0 % |")
