"""The kinds of events: imported, each is known to `read_event`."""

from ivr.domain.evidence.events import (
    authority,
    call,
    console,
    destruction,
    house,
    legal_hold,
    objection,
    quality,
    recording,
    rights,
)

#: Every module of kinds, in the order in which docs/evidence/README.md tells them.
MODULES = (recording, destruction, objection, call, legal_hold, house, console, rights, authority, quality)
