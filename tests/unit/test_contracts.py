"""The contracts of pyproject.toml bite: a forbidden import in a copy of the tree breaks the one that forbids it."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Where a line is added, the line, and the contract that must break. All are tried in one copy: each breaks its own.
FORBIDDEN = (
    ("ivr/domain/call/leg.py", "from ivr.services import counters", "Layers"),
    ("ivr/domain/audio/frame.py", "from ivr.domain.consent import policy", "Rooms of the domain and of the services"),
    ("ivr/storage/person.py", "from ivr.services.vault import vault", "Adapters see ports of the use cases"),
    ("ivr/storage/call_log.py", "from ivr.services.ports import telephony", "Ports: telephony"),
    ("ivr/recording/ogg.py", "from ivr.services.ports import hearing", "Ports: hearing"),
    ("ivr/sip/uri.py", "from ivr.services.ports import spool", "Ports: the spool"),
    ("ivr/speech/silero.py", "from ivr.services.ports import retention", "Ports: retention"),
    ("ivr/speech/tokens.py", "from ivr.services.ports import vault", "Ports: vault"),
    ("ivr/settings/access.py", "from ivr.services.ports import runtime", "Ports: the clock"),
    ("ivr/domain/text/plain_text.py", "import subprocess", "The domain is pure"),
    ("ivr/errors.py", "import sqlalchemy", "Below the domain: no more than the domain has"),
    ("ivr/private_file.py", "import subprocess", "Below the domain: files that are ours alone"),
    ("ivr/hardening.py", "import zmq", "Below the domain: a process that leaves no core"),
    ("ivr/french.py", "import logging", "Below the domain: French for who reads"),
    ("ivr/screen.py", "import subprocess", "Below the domain: what is printed"),
    ("ivr/process_log.py", "import structlog", "The log of a process"),
    ("ivr/entry.py", "import json", "The first lines that run"),
    ("ivr/services/counters.py", "import sqlalchemy", "The services have no technology"),
    ("ivr/audio/g711.py", "import scipy", "Sound is numbers"),
    ("ivr/sip/digits.py", "import cryptography", "The edges: SIP"),
    ("ivr/recording/host.py", "import sqlalchemy", "The edges: recording"),
    ("ivr/speech/judge.py", "import sqlalchemy", "The edges: speech"),
    ("ivr/storage/columns.py", "import zmq", "The edges: storage"),
    ("ivr/settings/law.py", "import numpy", "The edges: settings"),
    ("ivr/bootstrap/child.py", "import zmq", "What starts it"),
    ("ivr/cli/progress.py", "import pjsua2", "The command line"),
    ("ivr/console/words.py", "import sqlalchemy", "The web console"),
    ("ivr/sip/cause.py", "from ivr.services.ports import accounts", "Ports: accounts"),
    ("ivr/sip/reply.py", "from ivr.services.ports import operation", "Ports: what whoever runs the nodes is shown"),
    ("ivr/sip/offer.py", "from ivr.services.ports import openid", "Ports: the identity provider"),
    ("ivr/openid/metadata.py", "import joserfc", "The edges: the identity provider"),
    ("ivr_demo/voices.py", "import pjsua2", "The demonstration"),
)


def _statuses(tree: Path) -> dict[str, str]:
    """Return KEPT or BROKEN by contract."""
    lint = "from importlinter.cli import lint_imports_command as main; main()"
    done = subprocess.run(
        [sys.executable, "-c", lint, "--no-cache", "--no-logo"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tree), "COLUMNS": "200"},
    )
    return dict(line.rsplit(" ", 1) for line in done.stdout.splitlines() if line.endswith((" KEPT", " BROKEN")))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    tree = tmp_path / "copy"
    for folder in ("ivr", "ivr_demo", "tools"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__", "*.npz", "*.bin"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def test_each_contract_breaks_by_a_forbidden_import_and_no_other_way(copy: Path) -> None:
    before = _statuses(copy)
    assert before
    assert set(before.values()) == {"KEPT"}
    for file, line, _ in FORBIDDEN:
        path = copy / file
        text = path.read_text(encoding="utf-8")
        path.write_text(f"{text}\n{line}  # noqa\n", encoding="utf-8")
    after = _statuses(copy)
    assert after.keys() == before.keys()
    for name in after:
        assert any(name.startswith(contract) for _, _, contract in FORBIDDEN), f"no forbidden import tries {name!r}"
    kept = [
        contract
        for _, _, contract in FORBIDDEN
        for name in after
        if name.startswith(contract) and after[name] == "KEPT"
    ]
    assert not kept


def test_a_file_without_a_place_in_the_layers_is_refused(copy: Path) -> None:
    (copy / "ivr" / "helpers.py").write_text('"""Has no place."""\n', encoding="utf-8")
    assert _statuses(copy)["Layers"] == "BROKEN"


CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def test_each_module_and_package_has_a_list_of_what_it_may_import() -> None:
    listed = [name for contract in CONTRACTS if contract["type"] == "allowed" for name in contract["source_modules"]]
    children = [path for path in (ROOT / "ivr").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    assert sorted(listed) == sorted(["ivr_demo", *(f"ivr.{path.stem}" for path in children if path.stem != "__init__")])


def test_the_package_itself_imports_the_environment_alone() -> None:
    tree = ast.parse((ROOT / "ivr" / "__init__.py").read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import os"]


def test_each_file_of_the_ports_is_protected() -> None:
    protected = {name for contract in CONTRACTS for name in contract.get("protected_modules", ())}
    ports = {f"ivr.services.ports.{path.stem}" for path in (ROOT / "ivr/services/ports").glob("[!_]*.py")}
    assert ports
    assert ports <= protected
