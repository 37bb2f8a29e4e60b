from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.domain.access import Role
from tests.unit.console.rig import ConsoleRig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ConsoleRig]:
    """A console without any account."""
    rig = ConsoleRig(tmp_path)
    yield rig
    rig.close()


@pytest.fixture
def house(rig: ConsoleRig) -> ConsoleRig:
    """With an administrator and a quality analyst, and nobody signed in."""
    rig.make_account("admin", Role.ADMINISTRATOR)
    rig.make_account("anne", Role.QUALITY_ANALYST)
    return rig
