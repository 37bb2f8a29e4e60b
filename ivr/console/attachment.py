"""The header by which an answer is kept as a file, under whatever name."""

from __future__ import annotations

import re
from urllib.parse import quote

_ODD = re.compile(r"[^A-Za-z0-9._-]")


def attachment(name: str) -> dict[str, str]:
    """Return the header (RFC 6266): a plain name, and beside it the true one where it has other characters."""
    plain = _ODD.sub("_", name)
    true = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    return {"content-disposition": f'attachment; filename="{plain}"{true}'}
