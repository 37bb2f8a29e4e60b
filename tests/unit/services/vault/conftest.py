"""Each test has a vault of its own."""

from __future__ import annotations

import pytest

from tests.unit.services.vault.rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()
