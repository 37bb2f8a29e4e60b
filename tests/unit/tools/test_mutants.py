"""What `make mutants` changes: each change is Python, stands in one place, and is one that a test could notice."""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.mutants import __main__ as run
from tools.mutants.operators import Mutant, mutants_of
from tools.mutants.report import write_report
from tools.mutants.trial import Reach, Trials

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


def test_a_run_that_was_interrupted_goes_on_with_the_files_of_tests_that_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[str] = []

    def learn(selection: Sequence[str]) -> None:
        if len(learnt) >= 2:
            raise KeyboardInterrupt
        files = list(selection[: selection.index("-k")])
        learnt.extend(files)
        lines = {"ivr/domain/consent/bar.py": {"7": [f"{one}::test" for one in files]}}
        took_s = {f"{one}::test": 0.5 for one in files}
        (tmp_path / "trace.json").write_text(json.dumps({"lines": lines, "took_s": took_s}), "utf-8")

    files = ["tests/unit/domain/consent/test_policy.py", "tests/unit/test_diagrams.py", "tests/unit/test_french.py"]
    monkeypatch.setattr(run, "PLACE", tmp_path)
    monkeypatch.setattr(run, "FILES_AT_ONCE", 1)
    monkeypatch.setattr(run, "_learn", learn)
    monkeypatch.setitem(run.TARGETS["tests"], "folders", files)
    with pytest.raises(KeyboardInterrupt):
        run.reach_of_tests()
    assert learnt == files[:2]
    learnt.clear()
    reach = run.reach_of_tests()
    assert learnt == files[2:]
    assert reach.tests("ivr/domain/consent/bar.py", [7]) == {f"{one}::test" for one in files} == set(reach.took_s)


def test_a_test_that_takes_longer_than_all_others_does_not_stand_in_their_place() -> None:
    path = "ivr/domain/consent/bar.py"
    mutant = next(one for one in mutants_of(path, Path(path).read_text("utf-8")) if not one.owner.startswith("<"))
    reach = Reach()
    long, short, shorter = (f"tests/unit/test_french.py::{name}" for name in ("long", "short", "shorter"))
    reach.took_s = {long: 20.0, short: 1.0, shorter: 0.5}
    reach.lines[path][mutant.lines[0]] = set(reach.took_s)

    def chosen(budget_s: float) -> set[str]:
        trials = Trials([mutant], reach, lambda *_: None, budget_s=budget_s)
        # It says most: it alone reaches some line of the function.
        trials._rare[mutant.path, mutant.owner, mutant.first_line] = {long: 1}
        return set(trials._chosen(mutant, dict.fromkeys(reach.took_s)))  # type: ignore[arg-type]

    assert chosen(8.0) == {short, shorter}
    assert chosen(0.1) == {shorter}, "where nothing fits, the shortest"


def test_the_tests_that_import_a_package_are_those_of_its_constants() -> None:
    path, test = (
        "ivr/domain/evidence/events/__init__.py",
        "tests/unit/domain/evidence/events/test_base.py::test_whatever",
    )
    reach = Reach()
    reach.took_s = {test: 0.5, "tests/unit/test_french.py::test_other": 0.1}
    mutants = mutants_of(path, Path(path).read_text("utf-8"))
    trials = Trials(mutants, reach, lambda *_: None, budget_s=8.0)
    assert {one.owner for one in mutants} == {"<MODULES>"}
    assert [trials._chosen(one, dict.fromkeys(reach.took_s)) for one in mutants] == [[test]] * len(mutants)  # type: ignore[arg-type]
