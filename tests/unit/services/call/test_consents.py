"""The consents of one call as they are stored."""

from __future__ import annotations

import pytest

from ivr.domain.call.party import PartyRole
from ivr.domain.consent.state import Basis, ConsentEvent, ConsentRecord, ConsentState
from ivr.errors import TransitionError
from ivr.services.call.consents import Consents


def test_a_consent_is_stored_with_each_move_and_its_evidence_and_without_a_word() -> None:
    consents = Consents()
    assert consents.state(PartyRole.CALLER) is ConsentState.UNASKED
    told = ConsentRecord(Basis.IMPLIED, 2000, 1.0, "hotline-disclosure", "3")
    no = ConsentRecord(Basis.SPOKEN, 8000, 0.97654, "menu", "1")
    assert consents.move(PartyRole.CALLER, ConsentEvent.NOTIFY, told) is ConsentState.NOTIFIED
    assert consents.move(PartyRole.CALLER, ConsentEvent.OBJECT, no) is ConsentState.REFUSED
    with pytest.raises(TransitionError, match="consent of the caller: consent in REFUSED cannot take NOTIFY"):
        consents.move(PartyRole.CALLER, ConsentEvent.NOTIFY, told)
    assert consents.as_body() == {
        "caller": {
            "state": "REFUSED",
            "moves": [
                {
                    "state": "NOTIFIED", "basis": "IMPLIED", "offset_ms": 2000, "confidence": 1.0,
                    "prompt_id": "hotline-disclosure", "prompt_version": "3",
                },
                {
                    "state": "REFUSED", "basis": "SPOKEN", "offset_ms": 8000, "confidence": 0.977,
                    "prompt_id": "menu", "prompt_version": "1",
                },
            ],
        }
    }  # fmt: skip
