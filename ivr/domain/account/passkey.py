"""Passkeys: a key pair that a person's device or browser keeps, the public half of which stands here (WebAuthn 2).

With the person verified by the device (a finger, a face, its PIN) one counts as two factors: what they have, and
what they are or know.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ivr.domain.text.told import Told

#: From asking for a challenge to answering it: as long as a browser leaves a person to find their device.
CHALLENGE = timedelta(minutes=5)
#: Of one person.
MOST = 10
LONGEST_NAME = 60


@dataclass(frozen=True)
class Passkey:
    """`key` names it in the database and in the evidence: a digest of `credential_id`. `name` is its holder's.

    `public_key` is COSE (RFC 9052); `sign_count` is what its device told the last time, 0 where it does not count.
    """

    key: str
    account_id: str
    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    name: str
    made_at: datetime
    used_at: datetime | None = None


def passkey_key(credential_id: bytes) -> str:
    """Return under which key the database keeps a passkey."""
    return hashlib.sha256(credential_id).hexdigest()


def judge_name(name: str) -> Told | None:
    """Say what is wrong with the name that a person gives a passkey, or nothing."""
    if name and len(name) <= LONGEST_NAME and name.isprintable():
        return None
    return Told(f"A passkey needs a name of at most {LONGEST_NAME} characters, for you to know it by.")


def counts_on(before: int, told: int) -> bool:
    """Whether a device counted on: one that tells no more than before has a copy (WebAuthn 2, section 7.2, step 21)."""
    return told > before or told == before == 0
