"""What an authority is handed: exactly the listed items, signed, with what it takes to check them without us (RET-004).

Nothing of it is written to a disk here: each file is made when it is asked for, one recording at a time. The last thing
that happens is that the evidence says it was handed out, so that whoever has the end of it has what was noted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.domain.access import AccessRequest
from ivr.domain.authority.requisition import REQUISITION, Requisition, RequisitionEvent
from ivr.services.authority.desk import AuthorityDesk, export_of
from ivr.services.export.exporter import INDEX, Exporter

#: Beside the export: the key that signed it, and how it is checked.
KEY, VERIFIER, GUIDE = "public-key.pem", "verify_audit.py", "LISEZ-MOI.txt"


@dataclass(frozen=True)
class HandingOut:
    """`verifier` is the text of the offline verifier, `guide` what the authority reads first, in French."""

    desk: AuthorityDesk
    exporter: Exporter
    verifier: bytes
    guide: bytes

    def files(
        self, asked: AccessRequest, case_id: str, *, form: str
    ) -> tuple[Requisition, Iterator[tuple[str, bytes]]]:
        """Return the requisition, and name and content of each file as it is made.

        Raises at once, before anything is opened: ComplianceError when one of the items is denied, TransitionError
        before it is approved, ArchiveError when there is none. What is raised later leaves the export without its end.
        """
        requisition = self.desk.show(asked, case_id).requisition
        REQUISITION.after(requisition.state, RequisitionEvent.HAND_OUT, where=f"requisition {requisition.reference}")
        made = self.exporter.files(export_of(asked, requisition), requisition.items, form=form)
        return requisition, self._noted(asked, case_id, made)

    def _noted(
        self, asked: AccessRequest, case_id: str, made: Iterator[tuple[str, bytes]]
    ) -> Iterator[tuple[str, bytes]]:
        yield GUIDE, self.guide
        yield VERIFIER, self.verifier
        yield KEY, self.exporter.signer.public_pem
        index = b""
        for name, body in made:
            if name == INDEX:
                index = body
            yield name, body
        self.desk.handed_out(asked, case_id, hashlib.sha256(index).hexdigest())
