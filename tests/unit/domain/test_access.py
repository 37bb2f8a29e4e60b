"""Who may do what: every role and action, closed sales recordings, authorities, rights requests, and every denial."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ivr.domain.access import (
    WITHOUT_REASON,
    AccessDecision,
    AccessPolicy,
    AccessRequest,
    Action,
    Actor,
    Audience,
    AuthorityRequest,
    Role,
    decide_access,
    decide_listing,
)
from ivr.domain.retention.artefact import Artefact
from ivr.domain.retention.decision import decide_retention
from ivr.domain.retention.legal_hold import LegalHold
from ivr.errors import ComplianceError, ConfigurationError
from ivr.french import french
from ivr.settings.access import load_access
from tests.unit.domain.retention.retention_cases import (
    CALL,
    CONFIG,
    POLICY,
    PROFILE,
    TABLE,
    active_hold,
    artefact,
    event,
    paris,
)

DAY = timedelta(days=1)
SEALED_AND_OPEN = CALL + DAY
ENDED = paris(2027, 5, 21, 10)
ASKED = AuthorityRequest("ACPR", "ACPR-2026-88", "juriste-2", "dpo-1", Role.DPO)


def request(role: Role, action: Action = Action.LISTEN, **more: object) -> AccessRequest:
    given: dict[str, object] = {"reason": "évaluation du mois", **more}
    return AccessRequest(Actor(f"{role.value}-1", role), action, **given)  # type: ignore[arg-type]


def decide(
    asked: AccessRequest,
    thing: Artefact,
    *,
    policy: AccessPolicy = POLICY,
    now: datetime = SEALED_AND_OPEN,
    holds: tuple[LegalHold, ...] = (),
    refused: bool = False,
) -> AccessDecision:
    events = [event("refusal", CALL + timedelta(minutes=1))] if refused else []
    retention = decide_retention(thing, events, holds, TABLE, PROFILE, now)
    decision = decide_access(asked, thing, retention, policy=policy, table=TABLE, profile=PROFILE)
    assert decision.detail
    assert decision.reasons
    return decision


QUALITY, SALES = artefact("quality_audio"), artefact("sales_audio")

# What each role may do with what is in nobody's way: quality audio, its purpose open, a reason given.
MAY = {
    Role.QUALITY_ANALYST: {"list", "listen", "grade"},
    Role.TRAINER: {"list", "listen", "grade"},
    Role.SUPERVISOR: {"list", "listen", "grade", "supervise"},
    Role.DPO: {
        "list",
        "listen",
        "export",
        "event",
        "hold",
        "approve",
        "discard",
        "verify",
        "lift",
        "rights",
        "breach",
        "authority",
        "agree",
        "calls",
    },
    Role.LEGAL: {"list", "listen", "export", "event", "hold", "approve", "rights", "breach", "authority"},
    Role.COMPLIANCE_OFFICER: {"list", "event", "hold", "approve", "verify", "lift", "authority", "agree"},
    Role.AUTHORITY_VIEWER: {"view"},
    Role.OPERATOR: {"list", "verify", "operate", "calls"},
    Role.AUDITOR: {"list", "verify", "calls"},
    Role.AGENT: {"event", "results"},
    Role.ADMINISTRATOR: {"accounts", "operate"},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_each_role_may_do_with_a_quality_recording_what_is_written_and_nothing_else(role: Role, action: Action) -> None:
    assert decide(request(role, action), QUALITY).allowed is (action.value in MAY[role])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", [Action.LISTEN, Action.EXPORT])
def test_nobody_in_the_house_opens_a_sales_recording(role: Role, action: Action) -> None:
    decision = decide(request(role, action), SALES)
    assert not decision.allowed
    if action in POLICY.actions[role]:
        assert "fermé en interne" in french(decision.detail)


def test_the_text_that_closes_sales_recordings_is_named_when_it_was_in_force() -> None:
    old = artefact("sales_audio", at=paris(2026, 8, 10, 11))
    assert decide(request(Role.DPO), old, now=paris(2026, 8, 11)).reasons == ("ASS-A-06", "REC-016", "RET-004")
    assert decide(request(Role.DPO), SALES).reasons == ("REC-016", "RET-004")


def test_the_switch_opens_sales_recordings_to_the_roles_it_names_and_no_others() -> None:
    policy = replace(POLICY, internal_access=True)
    allowed = {role for role in Role if decide(request(role), SALES, policy=policy).allowed}
    assert allowed == {Role.QUALITY_ANALYST, Role.TRAINER, Role.DPO, Role.LEGAL}


# ---------------------------------------------------------------- purposes


def test_a_purpose_that_has_ended_opens_nothing_though_another_keeps_the_file() -> None:
    both = artefact("quality_audio", "consent_events_sales")
    later = paris(2026, 12, 22)
    assert decide(request(Role.DPO, purpose="quality_audio"), both, now=later).allowed
    ended = decide(request(Role.DPO, purpose="consent_events_sales"), both, now=later)
    assert not ended.allowed
    assert ended.reasons == ("REC-016", "RET-001", "RET-002")


def test_with_several_purposes_one_must_be_named() -> None:
    both = artefact("quality_audio", "contract_proof")
    decision = decide(request(Role.DPO), both)
    assert not decision.allowed
    assert "quality_audio, contract_proof" in french(decision.detail)
    assert not decide(request(Role.DPO, purpose="sales_audio"), both).allowed


def test_a_role_of_one_purpose_does_not_enter_by_another() -> None:
    both = artefact("quality_audio", "contract_proof")
    assert decide(request(Role.TRAINER, purpose="quality_audio"), both).allowed
    assert not decide(request(Role.TRAINER, purpose="contract_proof"), both).allowed


def test_a_hold_opens_nothing() -> None:
    hold = active_hold(CALL)
    decision = decide(request(Role.LEGAL), QUALITY, now=ENDED + DAY, holds=(hold,))
    assert not decision.allowed
    assert "RET-002" in decision.reasons


def test_what_is_due_for_destruction_does_not_open_even_for_an_authority() -> None:
    asked = request(Role.COMPLIANCE_OFFICER, Action.EXPORT, audience=Audience.AUTHORITY, authority=ASKED)
    decision = decide(asked, SALES, refused=True)
    assert not decision.allowed
    assert "à détruire" in french(decision.detail)


def test_what_was_destroyed_does_not_open() -> None:
    gone = replace(QUALITY, destroyed_at=CALL + DAY)
    assert "détruit" in french(decide(request(Role.DPO), gone).detail)


def test_an_entry_under_review_opens_to_those_who_review_it() -> None:
    assert decide(request(Role.DPO), artefact("do_not_contact"), now=paris(2031, 1, 1)).allowed


# ---------------------------------------------------------------- reasons, bulk, restriction


@pytest.mark.parametrize("action", [a for a in Action if a not in WITHOUT_REASON])
def test_whatever_changes_or_opens_something_needs_a_reason(action: Action) -> None:
    role = next(role for role in Role if action.value in MAY[role])
    decision = decide(request(role, action, reason="  "), QUALITY)
    assert (decision.allowed, french(decision.detail)) == (False, "Un motif est exigé.")


def test_listing_and_verifying_need_no_reason() -> None:
    assert decide(request(Role.AUDITOR, Action.LIST, reason=""), QUALITY).allowed


def test_nothing_is_opened_in_bulk() -> None:
    decision = decide(request(Role.DPO, Action.EXPORT, count=2), QUALITY)
    assert not decision.allowed
    assert "REC-016" in decision.reasons


def test_what_is_restricted_opens_to_the_legal_role_only() -> None:
    restricted = replace(QUALITY, restricted=True)
    allowed = {role for role in Role if decide(request(role), restricted).allowed}
    assert allowed == {Role.LEGAL}
    assert decide(request(Role.DPO), restricted).reasons == ("GDP-004",)


# ---------------------------------------------------------------- authorities and persons


def export_for_authority(asked: AuthorityRequest | None, role: Role = Role.COMPLIANCE_OFFICER) -> AccessRequest:
    return request(role, Action.EXPORT, audience=Audience.AUTHORITY, authority=asked, count=40)


def test_an_authority_receives_what_it_asked_for_once_verified_and_agreed() -> None:
    decision = decide(export_for_authority(ASKED), SALES)
    assert decision == AccessDecision(True, ("RET-004",), decision.detail)
    assert french(decision.detail) == "Demande ACPR-2026-88 (ACPR), accord de dpo-1."


def test_a_held_recording_is_handed_to_an_authority_after_its_purpose() -> None:
    assert decide(export_for_authority(ASKED), SALES, now=ENDED, holds=(active_hold(CALL),)).allowed


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (None, "demande écrite"),
        (replace(ASKED, authority="Mairie"), "autorité connue"),
        (replace(ASKED, reference=""), "référence"),
        (replace(ASKED, verified_by=""), "vérifiées"),
        (replace(ASKED, approved_by=""), "manque l'accord"),
        (replace(ASKED, approver_role=Role.LEGAL), "manque l'accord"),
        (replace(ASKED, approved_by="compliance_officer-1"), "autre que la personne"),
        (replace(ASKED, approved_by=" Compliance_Officer-1"), "autre que la personne"),
        (replace(ASKED, items=frozenset({"another"})), "pas dans la liste"),
    ],
)
def test_an_authority_without_its_procedure_receives_nothing(asked: AuthorityRequest | None, words: str) -> None:
    decision = decide(export_for_authority(asked), SALES)
    assert not decision.allowed
    assert words in french(decision.detail)


def test_only_the_compliance_officer_hands_out_to_an_authority_and_only_a_copy() -> None:
    assert not decide(export_for_authority(ASKED, Role.DPO), SALES).allowed
    listening = request(Role.COMPLIANCE_OFFICER, Action.LISTEN, audience=Audience.AUTHORITY, authority=ASKED)
    assert not decide(listening, SALES).allowed


def looking(asked: AuthorityRequest | None, audience: Audience = Audience.AUTHORITY) -> AccessRequest:
    return request(Role.AUTHORITY_VIEWER, Action.LISTEN, audience=audience, authority=asked)


def test_another_compliance_officer_may_agree_too() -> None:
    asked = replace(ASKED, approved_by="omar-2", approver_role=Role.COMPLIANCE_OFFICER)
    assert decide(export_for_authority(asked), SALES).allowed


def test_an_account_of_an_authority_hears_what_its_request_lists_and_nothing_else() -> None:
    listed = replace(ASKED, items=frozenset({SALES.id}))
    assert decide(looking(listed), SALES).allowed
    for asked in (
        looking(ASKED),
        looking(replace(ASKED, items=frozenset({"another"}))),
        looking(replace(listed, approved_by="", approver_role=None)),
        looking(None),
        looking(listed, audience=Audience.INTERNAL),
        looking(listed, audience=Audience.SUBJECT),
        replace(looking(listed), action=Action.EXPORT),
        replace(looking(listed), action=Action.LIST),
    ):
        assert not decide(asked, SALES).allowed, asked


@pytest.mark.parametrize("thing", [QUALITY, SALES, replace(QUALITY, restricted=True)])
def test_a_person_receives_their_own_copy_from_the_dpo(thing: Artefact) -> None:
    asked = request(Role.DPO, Action.EXPORT, audience=Audience.SUBJECT, reference="DSAR-7")
    assert decide(asked, thing).allowed
    assert "REC-017" in decide(asked, thing).reasons


def test_a_persons_copy_needs_the_request_and_the_role() -> None:
    assert "référence" in french(decide(request(Role.DPO, Action.EXPORT, audience=Audience.SUBJECT), SALES).detail)
    by_legal = request(Role.LEGAL, Action.EXPORT, audience=Audience.SUBJECT, reference="DSAR-7")
    assert not decide(by_legal, SALES).allowed


# ---------------------------------------------------------------- fail closed


def test_content_is_never_opened_without_knowing_what_it_is() -> None:
    retention = decide_retention(SALES, (), (), TABLE, PROFILE, CALL)
    other = replace(QUALITY, id="rec-2")
    for thing, decision in ((None, retention), (QUALITY, None), (other, retention)):
        with pytest.raises(ComplianceError, match="its own retention decision") as refused:
            decide_access(request(Role.DPO), thing, decision, policy=POLICY, table=TABLE, profile=PROFILE)
        assert refused.value.rules == ("REC-016",)


def test_a_role_without_a_table_may_do_nothing() -> None:
    nobody = replace(POLICY, actions={})
    assert not any(decide(request(role, Action.LIST), QUALITY, policy=nobody).allowed for role in Role)


# ---------------------------------------------------------------- the file


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('["list", "listen", "grade"]', '["list", "lisen", "grade"]', "roles.quality_analyst.actions.1", "listen"),
        ("[roles.trainer]", "[roles.trainr]", "roles.trainr.[key]", "trainer"),
        ('tags = ["sales_audio"]', 'tags = ["sale_audio"]', "sales.tags", "did you mean 'sales_audio'"),
        ('internal_access = "deny"', 'internal_access = "yes"', "sales.internal_access", "deny"),
        ("max_items = 1", "max_items = 1000", "max_items", "20"),
    ],
)
def test_a_mistake_in_access_toml_is_named_with_its_fix(
    tmp_path: Path, old: str, new: str, key: str, words: str
) -> None:
    path = Path(shutil.copy(CONFIG / "access.toml", tmp_path))
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigurationError, match=words) as refused:
        load_access(path, TABLE)
    assert (refused.value.file, refused.value.key) == (str(path), key)


def test_a_role_that_is_used_and_has_no_actions_is_refused(tmp_path: Path) -> None:
    path = Path(shutil.copy(CONFIG / "access.toml", tmp_path))
    text = path.read_text("utf-8")
    start = text.index("[roles.compliance_officer]")
    path.write_text(text[:start] + text[text.index("[roles.operator]") :], "utf-8")
    with pytest.raises(ConfigurationError, match=r"add \[roles.compliance_officer\]"):
        load_access(path, TABLE)


def test_a_house_in_which_nobody_may_approve_a_hold_is_refused(tmp_path: Path) -> None:
    path = Path(shutil.copy(CONFIG / "access.toml", tmp_path))
    path.write_text(path.read_text("utf-8").replace(', "approve"', ""), "utf-8")
    with pytest.raises(ConfigurationError, match='give "approve"') as refused:
        load_access(path, TABLE)
    assert refused.value.key == "roles"


def by_token(role: Role, *scopes: Action, action: Action = Action.LISTEN, **more: object) -> AccessRequest:
    asked = request(role, action, **more)
    return replace(asked, actor=replace(asked.actor, scopes=frozenset(scopes)))


def test_a_token_has_no_more_rights_than_it_was_given_nor_than_its_persons_role() -> None:
    assert decide(by_token(Role.QUALITY_ANALYST, Action.LISTEN), QUALITY).allowed
    denied = decide(by_token(Role.QUALITY_ANALYST, Action.LIST, Action.GRADE), QUALITY)
    assert (denied.allowed, denied.detail) == (False, "This token has no right 'listen'.")
    denied = decide(by_token(Role.ADMINISTRATOR, Action.LISTEN), QUALITY)
    assert (denied.allowed, denied.detail) == (False, "The role 'administrateur' has no right 'listen'.")
    assert POLICY.rights_of(Actor("x", Role.AGENT, frozenset(Action))) == POLICY.actions[Role.AGENT]


def test_a_token_that_only_lists_is_shown_no_more_than_its_person_is() -> None:
    """Who opens nothing is shown all: a token without the right to listen must not be taken for such a role."""
    asked = by_token(Role.QUALITY_ANALYST, Action.LIST, action=Action.LIST)
    assert not decide_listing(asked, policy=POLICY, table=TABLE).allowed
    assert not decide_listing(replace(asked, purpose="sales_audio"), policy=POLICY, table=TABLE).allowed
    assert decide_listing(replace(asked, purpose="quality_audio"), policy=POLICY, table=TABLE).allowed
    without = by_token(Role.QUALITY_ANALYST, Action.LISTEN, action=Action.LIST, purpose="quality_audio")
    assert not decide_listing(without, policy=POLICY, table=TABLE).allowed
