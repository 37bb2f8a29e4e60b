"""The desk's requests over a real database: who may, what each step tells, what the file keeps and for how long."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.rights.request import (
    Channel,
    ExtensionReason,
    IdentityCheck,
    Outcome,
    RefusalGround,
    RequestState,
    Right,
)
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError, TransitionError
from tests.unit.services.rights.rig import DESK, RECEIVED, DeskRig
from tests.unit.test_redaction_everywhere import NIR, clean


@pytest.fixture
def rig(tmp_path: Path) -> DeskRig:
    return DeskRig(tmp_path)


def test_a_request_is_taken_in_and_only_its_file_says_of_whom(rig: DeskRig) -> None:
    made = rig.take_in()
    opened = rig.requests.show(DESK, made.id)
    assert (opened.requester.name, opened.requester.phone) == ("Éléonore Dupont-Léger", "06 12 34 56 78")
    assert (opened.request.reference, opened.due.on) == (made.reference, date(2026, 12, 30))
    assert made.reference.startswith("D202611-")
    told = rig.told()
    assert [kind for kind, _ in told] == ["rights.received", "case.shown"]
    assert (told[0][1]["due_on"], told[0][1]["how"], told[0][1]["right"]) == ("2026-12-30", "letter", "erasure")
    clean(str(told))


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.DPO, Role.LEGAL)])
def test_whoever_may_not_sees_no_list_and_no_file_and_the_denial_is_evidence(rig: DeskRig, role: Role) -> None:
    made = rig.take_in()
    asked = AccessRequest(Actor("eve", role), Action.RIGHTS, reason="voir")
    for act in (
        lambda: rig.requests.listing(asked),
        lambda: rig.requests.show(asked, made.id),
        lambda: rig.requests.note(asked, made.id, "x"),
        lambda: rig.requests.take_in(asked, Right.COPY, Channel.CALL, RECEIVED, {"name": "Anne"}),
    ):
        with pytest.raises(ComplianceError, match="no right 'rights'"):
            act()
    assert [kind for kind, _ in rig.told()][1:] == ["access.denied"] * 4


def test_without_a_reason_nothing_is_shown(rig: DeskRig) -> None:
    with pytest.raises(ComplianceError, match="reason"):
        rig.requests.listing(AccessRequest(Actor("dora", Role.DPO), Action.RIGHTS))


def test_a_request_from_identity_to_answer(rig: DeskRig) -> None:
    made = rig.take_in()
    rig.requests.ask_identity(DESK, made.id)
    rig.requests.identify(DESK, made.id, IdentityCheck.CALLED_BACK, f"NIR {NIR} donné sans qu'on le demande")
    rig.requests.extend(DESK, made.id, ExtensionReason.COMPLEX, "40 appels à relire")
    told = {"found": "deux appels, 06 12 34 56 78", "kept": f"rien {NIR}"}
    opened = rig.requests.answer(DESK, made.id, Outcome.GRANTED, told)
    assert opened.request.state is RequestState.ANSWERED
    assert opened.requester.notes == ("dora: NIR <nir> donné sans qu'on le demande",)
    assert opened.told["extension"] == "40 appels à relire"
    assert (opened.told["found"], opened.told["kept"]) == ("deux appels, 06 12 34 56 78", "rien <nir>")
    kinds = [(kind, body["how"]) for kind, body in rig.told() if "how" in body]
    assert kinds[1:] == [
        ("rights.identified", "called_back"),
        ("rights.extended", "complex"),
        ("rights.answered", "granted"),
    ]
    clean(str(rig.told()))


def test_reasons_are_needed_where_the_person_is_told_them(rig: DeskRig) -> None:
    made = rig.take_in()
    with pytest.raises(ConfigurationError, match="reasoned"):
        rig.requests.extend(DESK, made.id, ExtensionReason.MANY, "  ")
    with pytest.raises(ConfigurationError, match="reasoned"):
        rig.requests.refuse(DESK, made.id, RefusalGround.EXCESSIVE, "")
    with pytest.raises(TransitionError):
        rig.requests.answer(DESK, made.id, Outcome.GRANTED, {})
    with pytest.raises(ConfigurationError, match="too long"):
        rig.requests.refuse(DESK, made.id, RefusalGround.EXCESSIVE, "x" * 10_001)
    assert rig.requests.show(DESK, made.id).request.state is RequestState.RECEIVED


def test_what_is_most_urgent_stands_first_and_what_is_closed_last(rig: DeskRig) -> None:
    late, soon, closed = rig.take_in(date(2026, 10, 1)), rig.take_in(date(2026, 11, 2)), rig.take_in(date(2026, 9, 1))
    rig.requests.refuse(DESK, closed.id, RefusalGround.UNFOUNDED, "vide de sens")
    rows = rig.requests.listing(DESK)
    assert [request.id for request, _ in rows] == [late.id, soon.id, closed.id]
    assert [due.days_left < 0 for _, due in rows] == [True, False, True]
    assert rig.told()[-1][1]["count"] == 3


def test_an_unknown_case_is_none(rig: DeskRig) -> None:
    with pytest.raises(ArchiveError, match="no such case"):
        rig.requests.show(DESK, "case-0")


def test_a_day_so_old_that_its_file_would_be_destroyed_at_once_is_asked_again(rig: DeskRig) -> None:
    with pytest.raises(ConfigurationError, match="destroyed at once"):
        rig.take_in(date(2024, 11, 2))
    assert rig.requests.listing(DESK) == []


def test_a_file_ends_a_year_after_its_closing_and_six_at_most_when_disputed(rig: DeskRig) -> None:
    made = rig.take_in()
    assert rig.keep_until(made.id) == date(2028, 2, 29)  # fifteen months from receipt
    rig.requests.refuse(DESK, made.id, RefusalGround.LEGAL_CLAIMS, "procès en cours")
    assert rig.keep_until(made.id) == date(2027, 11, 30)
    rig.requests.dispute(DESK, made.id)
    assert rig.keep_until(made.id) == date(2031, 11, 30)


def test_what_is_over_is_destroyed_by_its_rules_and_what_is_not_stays(rig: DeskRig) -> None:
    old, new = rig.take_in(date(2025, 9, 1)), rig.take_in()
    assert rig.ended.destroy() == []
    rig.clock.at += timedelta(days=2)
    assert rig.ended.destroy() == [old.id]
    assert rig.ended.destroy() == []
    assert [request.id for request, _ in rig.requests.listing(DESK)] == [new.id]
    _, body = next(one for one in rig.told() if one[0] == "case.destroyed")
    assert (body["case_id"], body["rules"]) == (old.id, ["GDP-003", "RET-001"])


def test_a_clock_that_jumped_destroys_nothing(rig: DeskRig) -> None:
    made = rig.take_in()
    rig.ended.destroy()
    rig.clock.at = datetime(2029, 1, 1, tzinfo=UTC)
    with pytest.raises(ComplianceError, match="nothing is destroyed"):
        rig.ended.destroy()
    assert rig.requests.show(DESK, made.id)
