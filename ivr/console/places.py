"""Where a list goes on, as a person or a program is given it: sealed, since it may name what they may not see.

A page of a list ends where the search stopped to look, which may be at a recording of another purpose; and whoever
could name any recording there would learn which ones there are.
"""

from __future__ import annotations

import base64
import binascii

from ivr.errors import ArchiveError, ConfigurationError
from ivr.services.ports.accounts import SecretSealer


class Places:
    def __init__(self, sealer: SecretSealer) -> None:
        self._sealer = sealer

    def sealed(self, login: str, after: str) -> str:
        """Return what this person is given for a place; empty for none."""
        if not after:
            return ""
        return base64.urlsafe_b64encode(self._sealer.seal(after.encode(), _bound(login))).decode().rstrip("=")

    def opened(self, login: str, given: str) -> str:
        """Return the place that this person was given. Raises ConfigurationError for one that nobody gave them."""
        if not given:
            return ""
        try:
            padded = given + "=" * (-len(given) % 4)
            sealed = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
            return self._sealer.open(sealed, _bound(login)).decode()
        except (ArchiveError, binascii.Error, UnicodeEncodeError):
            raise ConfigurationError(
                "that is no place in a list", key="after", remedy="give what the page before gave"
            ) from None


def _bound(login: str) -> bytes:
    return f"place {login}".encode()
