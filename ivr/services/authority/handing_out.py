"""What an authority is handed: exactly the listed items, signed, with what it takes to check them without us (RET-004).

Nothing of it is written to a disk here: each file is made when it is asked for, one recording at a time. The evidence
says that it was handed out before the signed list is given away, so that whatever can be checked as whole was noted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ivr.domain.access import AccessRequest
from ivr.domain.authority.requisition import REQUISITION, Requisition, RequisitionEvent
from ivr.errors import ComplianceError
from ivr.services.authority.desk import AuthorityDesk
from ivr.services.authority.requisition_file import export_of
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
        self, asked: AccessRequest, case_id: str, *, form: str, is_there: Callable[[], bool]
    ) -> tuple[Requisition, Iterator[tuple[str, bytes]]]:
        """Return the requisition, and name and content of each file as it is made.

        `is_there` says before each whether whoever asked is still signed in, and the gate is asked again per recording.
        Raises at once, before anything is opened: ComplianceError when one of the items is denied, TransitionError
        before it is approved, ArchiveError when there is none. What is raised later leaves the export without its end.
        """
        requisition = self.desk.show(asked, case_id).requisition
        REQUISITION.after(requisition.state, RequisitionEvent.HAND_OUT, where=f"requisition {requisition.reference}")
        made = self.exporter.files(export_of(asked, requisition), requisition.items, form=form)
        return requisition, self._noted(asked, requisition, made, is_there)

    def _noted(
        self,
        asked: AccessRequest,
        requisition: Requisition,
        made: Iterator[tuple[str, bytes]],
        is_there: Callable[[], bool],
    ) -> Iterator[tuple[str, bytes]]:
        yield GUIDE, self.guide
        yield VERIFIER, self.verifier
        yield KEY, self.exporter.signer.public_pem
        _must_be(is_there)
        for name, body in made:
            if name == INDEX:
                self.desk.handed_out(asked, requisition, hashlib.sha256(body).hexdigest())
            yield name, body
            # Before the next one is made: whoever lost their account meanwhile is sent nothing more.
            _must_be(is_there)


def _must_be(is_there: Callable[[], bool]) -> None:
    if not is_there():
        raise ComplianceError("whoever asked is no longer signed in", remedy="sign in and begin again")
