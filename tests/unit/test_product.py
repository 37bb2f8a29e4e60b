"""What is installed for a node alone works alone: without training, tour, telephones and tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Refuses what is not there where only the product is installed, then does as told.
_ALONE = """
import sys
ABSENT = {"sklearn", "scipy", "joblib", "threadpoolctl", "pyVoIP", "matplotlib", "pytest", "hypothesis"}
ABSENT |= {"ivr_demo", "tools", "tests", "benchmarks", "playwright"}
ABSENT |= {"argon2", "fastapi", "jinja2", "leather", "pyotp", "segno", "starlette", "uvicorn", "webauthn", "zxcvbn"}
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.partition(".")[0])
sys.meta_path.insert(0, Refusing())
"""
_EVERY_MODULE = """
import importlib, pkgutil, ivr
names = [found.name for found in pkgutil.walk_packages(ivr.__path__, "ivr.")]
# The first runs the command, the others want Alembic's context, or the extra `console`.
names = [name for name in names if name != "ivr.__main__" and not name.startswith("ivr.storage.migrations.")]
names = [name for name in names if not name.startswith("ivr.console")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
_COMMAND = "from ivr.entry import run\nrun()\n"


def _alone(program: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _ALONE + program, *arguments],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_module_can_be_imported() -> None:
    done = _alone(_EVERY_MODULE)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 250


def test_help_lists_the_commands() -> None:
    done = _alone(_COMMAND, "--help")
    assert done.returncode == 0, done.stderr
    assert {"serve", "judge", "demo"} <= set(done.stdout.split())


def test_a_sentence_is_judged() -> None:
    done = _alone(_COMMAND, "judge", "--json", text="Je m'oppose à l'enregistrement de cet appel.\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["label"] == "objection_recording"


def test_the_console_says_in_one_french_line_how_to_install_it() -> None:
    done = _alone(_COMMAND, "console")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "ivr: la console n'est pas installée : pip install 'ivr[console]'\n"


def test_no_process_of_calls_knows_the_web() -> None:
    """A line that has imported a web framework has paid for it, and may be attacked through it."""
    program = """
import sys, importlib
for name in ("line", "ear", "clerk"):
    importlib.import_module("ivr.bootstrap." + name + "_process")
import ivr.cli.root, ivr.cli.node
print(sorted({"fastapi", "starlette", "uvicorn", "jinja2", "argon2"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_the_tour_says_in_one_french_line_how_to_install_it() -> None:
    done = _alone(_COMMAND, "demo")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "ivr: la visite guidée n'est pas installée : pip install 'ivr[demo]'\n"
