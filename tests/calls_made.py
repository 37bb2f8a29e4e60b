"""How much work a function does, counted and not timed: the calls it makes, in Python and into C."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable


def calls_made(work: Callable[..., object], *arguments: object) -> int:
    """Run `work` and return how many calls it made: the same number on a busy machine as on an idle one."""
    count = 0

    def counted(_frame: object, event: str, _what: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    gc.disable()
    sys.setprofile(counted)
    try:
        work(*arguments)
    finally:
        sys.setprofile(None)
        gc.enable()
    return count
