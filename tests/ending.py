"""What a test process does last. A worker of pytest-xdist leaves without `atexit`, so the end of pytest counts."""

from __future__ import annotations

import atexit
from contextlib import ExitStack

#: Called in the reverse order of their registration, once; by pytest's end, or a script's.
at_end = ExitStack()
atexit.register(at_end.close)
