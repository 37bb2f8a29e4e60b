"""Every page that is closed to a role denies it, and the evidence says who tried."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ivr.console.app import For, Route, routes
from ivr.console.visit import SESSION_COOKIE
from ivr.domain.access import Actor, Role
from ivr.domain.account.account import VIEWER_PREFIX
from ivr.domain.account.session import Session
from tests.unit.console.rig import NOW, ConsoleRig

#: By one of which rights pages are seen, by the longest beginning of their path; without one they are everybody's own.
#: What only sends a form is with its method.
RIGHTS: dict[str, set[str]] = {
    "/": set(),
    "/comptes": {"accounts"},
    "/enregistrements": {"list"},
    "/enregistrements/{recording_id}/notes": {"grade"},
    "/enregistrements/{recording_id}/evaluer": {"grade"},
    "/statistiques": {"list"},
    "/appels": {"calls"},
    "/demandes": {"rights"},
    "/violations": {"breach"},
    "/registre": {"rights", "verify"},
    "/gels": {"hold", "approve"},
    "/exploitation": {"operate"},
    "/autorites": {"authority", "agree"},
    "/analyses": {"grade"},
    "/analyses/{analysis_id}": {"grade", "supervise", "results", "rights"},
    "/analyses/{analysis_id}/decision": {"supervise"},
    "/analyses/{analysis_id}/contestation": {"results"},
    "/brouillons": {"grade"},
    "/mes-resultats": {"results"},
    "/equipe": {"supervise"},
    "/accompagnement": {"supervise"},
    "/tirages": {"grade"},
    "POST /tirages": {"supervise"},
    "/calibrations": {"grade"},
    "POST /calibrations": {"supervise"},
    "POST /calibrations/{calibration_id}": {"grade"},
    "/grilles": {"grade"},
    "POST /grilles": {"supervise"},
    "/autorite": {"view"},
}


def rights_of(route: Route) -> set[str]:
    told = (route.path, f"{route.method} {route.path}")
    return RIGHTS[max((path for path in RIGHTS if any(one.startswith(path) for one in told)), key=len)]


def test_every_page_has_its_rights_here(rig: ConsoleRig) -> None:
    own = {route.path for route in routes(rig.pages) if route.who is For.SIGNED_IN and not rights_of(route)}
    assert {path for path in own if not path.startswith("/compte/")} == {
        "/", "/deconnexion", "/compte", "/finalite",
        "/ecoutes/{listening_id}/son", "/ecoutes/{listening_id}/ondes", "/ecoutes/{listening_id}",
    }  # fmt: skip


def enter(rig: ConsoleRig, role: Role) -> None:
    """Make an account of this role, sign in, and say why."""
    rig.make_account("admin", Role.ADMINISTRATOR)
    login = VIEWER_PREFIX + "essai" if role is Role.AUTHORITY_VIEWER else "essai"
    if role is Role.AUTHORITY_VIEWER:
        invite, ends = rig.accounts.invitations.invite_viewer, NOW + timedelta(days=3)
        rig.enrol(invite(login, Actor("dora", Role.DPO), case_id="A-1", expires_at=ends), login)
    else:
        rig.make_account(login, role)
    rig.sign_in(login)
    session = rig.accounts.sessions.resume(str(rig.browser.cookies.get(SESSION_COOKIE)))
    assert isinstance(session, Session)
    rig.accounts.sessions.choose_purpose(session, "", "revue 12")


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_a_page_that_is_closed_to_a_role_leaves_a_denial_in_the_evidence(rig: ConsoleRig, role: Role) -> None:
    enter(rig, role)
    own = {action.value for action in rig.settings.access.actions[role]}
    token, found = rig.form_token("/compte"), []
    for route in routes(rig.pages):
        wanted = rights_of(route)
        if route.who is For.ALL or not wanted or own & wanted:
            continue
        path, before = route.path.replace("{", "").replace("}", ""), len(rig.told())
        answer = rig.get(path) if route.method == "GET" else rig.post(path, form_token=token)
        new = rig.archive.audit.events()[before:]
        denied = [one for one in new if one.kind == "access.denied" and one.body["role"] == role.value]
        if answer.status_code not in (403, 404) or len(denied) != 1:
            found.append((route.method, route.path, answer.status_code, [one.kind for one in new]))
    assert found == []
