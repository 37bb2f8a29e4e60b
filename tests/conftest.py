"""How property tests draw their examples when code is being mutated: few, and the same each time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("mutants", derandomize=True, max_examples=20, deadline=None, database=None)
