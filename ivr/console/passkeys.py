"""A person's own passkeys: added with password and code, and removed."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Response
from fastapi.responses import JSONResponse

from ivr.console.accounts import AccountPages, refused
from ivr.console.visit import DEVICE_COOKIE, Visit
from ivr.errors import ComplianceError
from ivr.services.account.passkeys import Asked
from ivr.services.account.sign_in import Attempt, Refused


@dataclass(frozen=True)
class PasskeyPages:
    account: AccountPages

    def asking(self, visit: Visit) -> Response:
        """What the script of the page hands to the browser, or what it shows the person."""
        passkeys, form = self.account.passkeys, visit.form
        if not passkeys.usable:
            raise ComplianceError("passkeys do not work at this address", remedy="set console.public_url")
        account = visit.signed_in.account
        proof = Attempt(account.login, form.get("current", ""), form.get("code", ""), visit.cookie(DEVICE_COOKIE))
        found = passkeys.ask_to_add(visit.signed_in, form.get("name", "").strip(), proof)
        if isinstance(found, Asked):
            return Response(found.options, media_type="application/json")
        if not isinstance(found, Refused):
            return JSONResponse({"told": visit.words.told(found)}, 422)
        told = refused(visit, found, visit.words("account.passkey_refused"))
        return JSONResponse({"told": told}, 429 if found.retry else 422)

    def adding(self, visit: Visit) -> Response:
        name, answer = visit.form.get("name", "").strip(), visit.form.get("credential", "")
        fault = self.account.passkeys.add(visit.signed_in, name, answer)
        if fault is not None:
            return self.account.shown(visit, fault=visit.words.told(fault))
        return self.account.shown(visit, notice=visit.words("account.passkey_now_there"))

    def removing(self, visit: Visit) -> Response:
        if not self.account.passkeys.remove(visit.signed_in, visit.form.get("passkey", "")):
            return self.account.shown(visit, fault=visit.words("account.passkey_gone"))
        return self.account.shown(visit, notice=visit.words("account.passkey_now_gone"))
