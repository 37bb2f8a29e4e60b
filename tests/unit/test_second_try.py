"""`make test` tries a few real calls that failed once more, alone; it never does so for anything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parent.parent.parent / "scripts" / "test.sh"
_CALL = "import pathlib\nimport pytest\n\n"
_ONCE = """
@pytest.mark.{marker}
def test_{name}():
    tried = pathlib.Path("{name}.tried")
    first = not tried.exists()
    tried.touch()
    assert {asserted}
"""


def _run(folder: Path, *tests: str) -> tuple[int, str]:
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n unit\n contract\n sip\n integration\n")
    (folder / "test_calls.py").write_text(_CALL + "".join(tests))
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-v"}
    command = ["sh", str(_SCRIPT), sys.executable]
    done = subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    return done.returncode, done.stdout


def _test(name: str, marker: str = "sip", asserted: str = "not first") -> str:
    return _ONCE.format(name=name, marker=marker, asserted=asserted)


def test_a_call_that_failed_on_a_busy_machine_is_tried_again_and_named(tmp_path: Path) -> None:
    code, printed = _run(tmp_path, _test("busy"), _test("well", asserted="True"))
    assert code == 0
    assert printed.splitlines()[-2:] == ["Passed only when nothing else ran:", "test_calls.py::test_busy"]


@pytest.mark.parametrize(
    "tests",
    [
        [_test("fault", asserted="False")],
        [_test("pure", marker="unit")],
        [_test("port", marker="contract"), _test("call")],
        [_test(f"call_{n}") for n in range(4)],
        ["\ndef test_of_no_folder():\n    assert False\n"],
    ],
    ids=["twice", "unit", "contract", "too many", "no marker"],
)
def test_what_is_a_fault_stays_one(tmp_path: Path, tests: list[str]) -> None:
    code, printed = _run(tmp_path, *tests)
    assert code == 1
    assert "Passed only" not in printed


def test_what_never_failed_is_not_tried_again(tmp_path: Path) -> None:
    code, printed = _run(tmp_path, _test("well", asserted="True"))
    assert (code, "Once more" in printed) == (0, False)
    assert _run(tmp_path, "\nthis is no Python\n")[0] == 2
