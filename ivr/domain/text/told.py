"""What the rules tell people. The domain says it in English; its French line stands in ivr/french.toml.

A field or a result that a person reads is `Told`, so that a sentence cannot get there unseen: mypy asks for `Told(…)`
around it, and `tests/unit/test_french.py` looks up whatever stands in one.
"""

from __future__ import annotations

from typing import NewType

Told = NewType("Told", str)
