"""Signing in: by password and code, or by a passkey. By an identity at a provider: identities.py."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Response

from ivr.console.open_listenings import OpenListenings
from ivr.console.visit import DEVICE_COOKIE, PASSKEY_COOKIE, SESSION_COOKIE, Visit, drop, keep
from ivr.domain.account.session import SessionEnd
from ivr.errors import ComplianceError
from ivr.services.account.passkeys import Passkeys
from ivr.services.account.sessions import Sessions
from ivr.services.account.sign_in import Attempt, Entered, Refused, SignIn

_NOTICES = {end.value for end in SessionEnd} | {"done"}


@dataclass(frozen=True)
class EntrancePages:
    service: SignIn
    passkeys: Passkeys
    sessions: Sessions
    listenings: OpenListenings
    #: What the button calls the identity provider; empty: there is none.
    provider: str = ""

    def page(self, visit: Visit) -> Response:
        why = visit.request.query_params.get("fin", "")
        name = "invitation.done" if why == "done" else f"sign_in.{why}"
        return self.shown(visit, notice=visit.words(name) if why in _NOTICES else "")

    def by_password(self, visit: Visit) -> Response:
        form = visit.form
        attempt = Attempt(
            form.get("login", ""), form.get("password", ""), form.get("code", ""), visit.cookie(DEVICE_COOKIE)
        )
        found = self.service.attempt(attempt)
        return self.answer(visit, found, refused=visit.words("sign_in.refused"), login=attempt.login)

    def asking_passkey(self, visit: Visit) -> Response:
        """What the script of the page hands to the browser; the challenge is bound to this browser by a cookie."""
        if not self.passkeys.usable:
            raise ComplianceError("passkeys do not work at this address", remedy="set console.public_url")
        asked = self.passkeys.ask()
        response = Response(asked.options, media_type="application/json")
        keep(response, PASSKEY_COOKIE, asked.token)
        return response

    def by_passkey(self, visit: Visit) -> Response:
        answer, device = visit.form.get("credential", ""), visit.cookie(DEVICE_COOKIE)
        found = self.passkeys.attempt(visit.cookie(PASSKEY_COOKIE), answer, device)
        response = self.answer(visit, found, refused=visit.words("sign_in.passkey_refused"))
        drop(response, PASSKEY_COOKIE)
        return response

    def answer(self, visit: Visit, found: Entered | Refused, *, refused: str, login: str = "") -> Response:
        if isinstance(found, Refused):
            return self.refusal(visit, found, refused=refused, login=login)
        response = visit.go("/")
        self.let_in(visit, response, found)
        return response

    def let_in(self, visit: Visit, response: Response, found: Entered) -> None:
        """Give the browser its session, in place of the one it had: that one ends as by signing out."""
        left = self.sessions.leave(visit.cookie(SESSION_COOKIE))
        if left is not None:
            self.listenings.end_all(left.key)
        keep(response, SESSION_COOKIE, found.token)
        keep(response, DEVICE_COOKIE, found.device, forever=True)

    def refusal(self, visit: Visit, found: Refused, *, refused: str, login: str = "") -> Response:
        slowed = found.retry > timedelta()
        seconds = math.ceil(found.retry.total_seconds())
        fault = visit.words("sign_in.slowed", seconds=seconds) if slowed else refused
        page = self.shown(visit, status=429 if slowed else 401, fault=fault, login=login)
        if slowed:
            page.headers["retry-after"] = str(seconds)
        return page

    def shown(self, visit: Visit, *, status: int = 200, notice: str = "", fault: str = "", login: str = "") -> Response:
        given = {"notice": notice, "fault": fault, "login": login, "passkeys": self.passkeys.usable}
        return visit.page("sign_in", status=status, path="/connexion", provider=self.provider, **given)
