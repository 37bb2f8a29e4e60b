"""What a newcomer's first command needs: a lock that is whole without a resolver, and a clear word about Python."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
#: name -> the extras that the lock names with it
LOCKED = {
    canonicalize_name(found["name"]): {extra for extra in (found["extras"] or "").split(",") if extra}
    for found in re.finditer(
        r"^(?P<name>[\w.-]+)(?:\[(?P<extras>[\w,-]+)\])?==",
        (REPOSITORY / "requirements.lock").read_text(),
        re.MULTILINE,
    )
}


def _needed(name: str, extras: set[str]) -> list[Requirement]:
    """What a locked package asks for on this interpreter, its locked extras included."""
    asked = [Requirement(line) for line in requires(name) or ()]
    environments = [{"extra": extra} for extra in ("", *sorted(extras))]
    return [need for need in asked if need.marker is None or any(need.marker.evaluate(where) for where in environments)]


#: Those of another system or interpreter are locked too, and not here.
HERE = {canonicalize_name(found.metadata["Name"]) for found in distributions()}


@pytest.mark.parametrize("name", sorted(LOCKED.keys() & HERE))
def test_whatever_a_locked_package_asks_for_stands_in_the_lock_with_its_extras(name: NormalizedName) -> None:
    for need in _needed(name, LOCKED[name]):
        key = canonicalize_name(need.name)
        assert key in LOCKED, f"{name} asks for {need}: run make lock"
        assert need.extras <= LOCKED[key], f"{name} asks for {need}, extras included: run make lock"


def _asked_by_us(*extras: str) -> list[Requirement]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return [need for need in map(Requirement, lines) if canonicalize_name(need.name) not in ("ivr", "ivr-demo")]


@pytest.mark.parametrize("need", _asked_by_us("console", "train", "dev"), ids=lambda need: need.name)
def test_whatever_the_product_and_its_extras_ask_for_stands_in_the_lock(need: Requirement) -> None:
    assert need.extras <= LOCKED[canonicalize_name(need.name)], f"{need}, extras included: run make lock"


def test_the_product_alone_asks_for_nothing_that_only_development_needs() -> None:
    asked, todo = set(), _asked_by_us()
    while todo:
        need = todo.pop()
        if (key := canonicalize_name(need.name)) not in asked:
            asked.add(key)
            todo += _needed(need.name, set(need.extras))
    assert {"numpy", "click", "tokenizers"} <= asked
    assert not asked & {"joblib", "matplotlib", "pytest", "pyvoip", "scikit-learn", "scipy", "threadpoolctl"}


def test_the_lock_is_installed_without_asking_a_resolver() -> None:
    installs = [
        line for line in (REPOSITORY / "scripts" / "setup.sh").read_text().splitlines() if "pip install" in line
    ]
    assert installs
    assert all("--no-deps" in line for line in installs)


def test_a_python_without_the_sip_library_is_refused_in_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    python = tmp_path / "python3.13"
    python.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.13.5" && exit 0\nexit 1\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["sh", str(REPOSITORY / "scripts" / "setup.sh")],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(python), "VENV": str(tmp_path / "venv")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert "3.11 or 3.12" in line
    assert "Python 3.13.5 was found" in line
    assert "make PYTHON=" in line
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("apt", [0, 100])
def test_missing_debian_packages_are_installed_or_what_failed_is_not_passed_over(apt: int, tmp_path: Path) -> None:
    """On a Python without ensurepip too: what makes the environment is waited for first, the rest at the end."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, does in {
        "dpkg-query": "",
        "id": "echo 0",
        "apt-get": f'echo "$@" >>"{tmp_path}/asked"; exit {apt}',
        "python": 'case "$*" in *ensurepip*) exit 1 ;; esac',
    }.items():
        (commands / name).write_text(f"#!/bin/sh\n{does}\n")
        (commands / name).chmod(0o755)
    lock = b"".join(
        (REPOSITORY / name).read_bytes() for name in ("requirements.lock", "pyproject.toml", "ivr_demo/pyproject.toml")
    )
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / ".made-from").write_text(hashlib.sha256(lock).hexdigest())
    for packages in (["sip-tester", "python3-venv"], ["sip-tester"]):
        done = subprocess.run(
            ["sh", str(REPOSITORY / "scripts" / "setup.sh"), *packages],
            env={
                "PATH": f"{commands}:/usr/bin:/bin",
                "PYTHON": str(commands / "python"),
                "VENV": str(tmp_path / "venv"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == apt, done.stderr
    assert ("install" in (tmp_path / "asked").read_text()) is (apt == 0)


def test_a_python_that_was_named_once_need_not_be_named_again(tmp_path: Path) -> None:
    others = tmp_path / "bin"
    made = tmp_path / "venv" / "bin"
    for folder in (others, made):
        folder.mkdir(parents=True)
    for name in ("python3.11", "python3.12", "python3"):
        (others / name).write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.13.5" && exit 0\nexit 1\n')
        (others / name).chmod(0o755)
    (made / "python").symlink_to(sys.executable)
    lock = b"".join(
        (REPOSITORY / name).read_bytes() for name in ("requirements.lock", "pyproject.toml", "ivr_demo/pyproject.toml")
    )
    (made.parent / ".made-from").write_text(hashlib.sha256(lock).hexdigest())
    done = subprocess.run(
        ["sh", str(REPOSITORY / "scripts" / "setup.sh")],
        env={"PATH": f"{others}:/usr/bin:/bin", "VENV": str(made.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
