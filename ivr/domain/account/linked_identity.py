"""Identities at a provider that persons have linked to their accounts: by issuer and subject, and by nothing else.

An address or a name at a provider can be changed, and given to somebody else; a subject never is.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

#: From leaving for the provider to coming back, and from there to agreeing.
JOURNEY = timedelta(minutes=10)
#: Of one person.
MOST = 3


@dataclass(frozen=True)
class LinkedIdentity:
    """`key` names it in the database and in the evidence: a keyed hash of issuer and subject. `name` is what the
    provider called the person when it was linked, to be shown to them alone; empty: nothing."""

    key: str
    account_id: str
    issuer: str
    name: str
    linked_at: datetime
    used_at: datetime | None = None


def identity_key(tags_key: bytes, issuer: str, subject: str) -> str:
    """Return under which key the database keeps an identity. Neither part holds a line break.

    Whoever guesses a subject, often a number or an address, finds it there only with `tags_key`.
    """
    return hmac.new(tags_key, f"{issuer}\n{subject}".encode(), hashlib.sha256).hexdigest()
