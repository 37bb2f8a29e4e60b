"""Persons who may not be called again: looked up, noted, and kept under one spelling; each act with its evidence.

An entry is a keyed hash of a person's number and does not tell it. Older versions made several of one person, since a
French overseas number reads differently by how it is written. So the register is asked under all of them, and what is
found under an older one moves to the one of today: when the person is met, or when the report of the call that barred
them tells the number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.errors import ComplianceError

if TYPE_CHECKING:
    from ivr.services.holdings import Holdings
    from ivr.services.ports import DoNotCallRegister

BARRED = "do_not_call.added"
MOVED = "do_not_call.moved"


def barred_by(held: Holdings, register: DoNotCallRegister, uri: str, *, scope: str) -> str | None:
    """Return the entry that bars this person; one of an older spelling has moved by then.

    Raises HostError when the database does not answer, ComplianceError for an address that names nobody.
    """
    entry = register.bars(uri, scope=scope)
    if entry is None:
        return None
    return _gather(held, register, uri, scope)


def settle_spellings(held: Holdings, register: DoNotCallRegister) -> int:
    """Move every entry whose call's report tells the number to the spelling of today; return how many were moved."""
    moved = 0
    for entry, scope, party in register.reported():
        try:
            one, *older = register.entries_of(party, scope=scope)
        except ComplianceError:
            continue
        if entry in older:
            _move(held, register, entry, one, scope)
            moved += 1
    return moved


def _gather(held: Holdings, register: DoNotCallRegister, uri: str, scope: str) -> str:
    one, *older = register.entries_of(uri, scope=scope)
    for previous in register.known(older):
        _move(held, register, previous, one, scope)
    return one


def _move(held: Holdings, register: DoNotCallRegister, previous: str, entry: str, scope: str) -> None:
    with held.catalogue.together():
        held.audit.append(MOVED, body={"entry": entry, "previous": previous, "scope": scope})
        register.move(previous, entry)
