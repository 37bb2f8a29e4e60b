"""Persons who may not be called again: looked up, noted, lifted, kept under one spelling; each act with its evidence.

An entry is a keyed hash of a person's number and does not tell it. Older versions made several of one person, since a
French overseas number reads differently by how it is written. So the register is asked under all of them, and what is
found under an older one moves to the one of today: when the person is met, or when the report of the call that barred
them tells the number.

Whoever calls may name anybody's number: such a bar counts (the safe side), is marked, and may be lifted with a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.domain.consent.bar import known_by
from ivr.domain.evidence.events.base import known
from ivr.domain.evidence.events.house import Denied
from ivr.domain.evidence.events.objection import BarLifted, BarMoved, Barred
from ivr.domain.text.told import Told
from ivr.errors import ComplianceError

if TYPE_CHECKING:
    from ivr.domain.access import Actor
    from ivr.services.ports.evidence import Bar, DoNotCallRegister
    from ivr.services.vault.vault_ports import VaultPorts


#: Under which rules a refusal stands until the person consents anew.
_STANDS = ("CAN-005", "CAN-012")
_LONGEST = 200


def bar(ports: VaultPorts, register: DoNotCallRegister, barred: Barred, *, call_id: str, recording_id: str) -> bool:
    """Bar whom the event names; False when this call's refusal stands already.

    Both or neither: a bar without its event would look like one that somebody put there. A call bars once, however
    often it is asked to.
    """
    with ports.catalogue.together():
        if any(event.kind == Barred.kind for event in ports.audit.events(call_id=call_id)):
            return False
        ports.audit.append(barred, call_id=call_id, recording_id=recording_id)
        how = known_by(barred.known_by)
        register.put(barred.entry, scope=known(barred.scope, ""), rule_id=barred.rule, call_id=call_id, known_by=how)
    return True


def barred_by(ports: VaultPorts, register: DoNotCallRegister, uri: str, *, scope: str) -> str | None:
    """Return the entry that bars this person; one of an older spelling has moved by then.

    Raises HostError when the database does not answer, ComplianceError for an address that names nobody.
    """
    if register.bars(uri, scope=scope) is None:
        return None
    one, *older = register.entries_of(uri, scope=scope)
    for previous in register.known(older):
        _move(ports, register, previous, one, scope)
    return one


def respell(ports: VaultPorts, register: DoNotCallRegister) -> int:
    """Move every entry whose call's report tells the number to the spelling of today; return how many were moved."""
    moved = 0
    for entry, scope, party in register.reported():
        try:
            one, *older = register.entries_of(party, scope=scope)
        except ComplianceError:
            continue
        if entry in older:
            _move(ports, register, entry, one, scope)
            moved += 1
    return moved


def lift(ports: VaultPorts, register: DoNotCallRegister, short: str, *, actor: Actor, reason: str) -> Bar:
    """Lift the bar whose id begins so, and return it as it was. The caller has checked that `actor` may.

    Only a bar on a number that a caller merely named: any other is refused (ComplianceError), and the refusal noted.
    Raises ArchiveError when no entry, or more than one, begins so.
    """
    with ports.catalogue.together():
        found = register.find(short)
        if found.known_by.liftable:
            lifted = BarLifted(
                entry=found.entry,
                scope=found.scope,
                known_by=found.known_by.value,
                calls=tuple(register.refusals(found.entry)),
                actor=actor.id[:_LONGEST],
                role=actor.role.value,
                reason=reason[:_LONGEST],
            )
            ports.audit.append(lifted, call_id=found.call_id)
            register.remove(found.entry)
            return found
    detail = Told("This refusal is not lifted: only a new consent of the person allows to call them again.")
    denied = Denied(
        actor=actor.id[:_LONGEST],
        role=actor.role.value,
        action="lift",
        entry=found.entry,
        known_by=found.known_by.value,
        rules=_STANDS,
        detail=detail,
    )
    ports.audit.append(denied)
    raise ComplianceError(
        detail,
        rules=_STANDS,
        where=f"entry {found.entry[:12]}",
        remedy="only a 'claimed' entry (a number that the caller gave, without proof) is lifted, with a reason",
    )


def _move(ports: VaultPorts, register: DoNotCallRegister, previous: str, entry: str, scope: str) -> None:
    with ports.catalogue.together():
        ports.audit.append(BarMoved(entry=entry, previous=previous, scope=scope))
        register.move(previous, entry)
