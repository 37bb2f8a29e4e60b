"""What waits for the answer of a browser, taken once and in time. Beside whatever the answer is about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from ivr.storage.tables import sign_in_challenges

_C = sign_in_challenges.c


def put_challenge(connection: Connection, key: str, challenge: bytes, until: datetime) -> None:
    """Keep it in place of an earlier one for the same `key`."""
    connection.execute(delete(sign_in_challenges).where(_C.key == key))
    connection.execute(insert(sign_in_challenges).values(key=key, challenge=challenge, until=until))


def waiting_challenge(connection: Connection, key: str, now: datetime) -> bytes | None:
    """None when there is none, or no more."""
    row = connection.execute(select(sign_in_challenges).where(_C.key == key)).first()
    return bytes(row.challenge) if row and now < row.until else None


def take_challenge(connection: Connection, key: str, now: datetime) -> bytes | None:
    """Return and forget it: of two who ask at once one gets it. None when there is none, or no more."""
    mine = _C.key == key
    row = connection.execute(select(sign_in_challenges).where(mine).with_for_update()).first()
    taken = connection.execute(delete(sign_in_challenges).where(mine)).rowcount
    return bytes(row.challenge) if row and taken and now < row.until else None
