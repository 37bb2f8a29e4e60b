"""Identities at a provider: people leave for it and come back, link theirs, unlink them, and sign in with them."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from fastapi import Response

from ivr.console.accounts import AccountPages, refused
from ivr.console.entrance import EntrancePages
from ivr.console.visit import DEVICE_COOKIE, PROVIDER_COOKIE, Visit, drop, keep_abroad
from ivr.domain.account.linked_identity import JOURNEY
from ivr.errors import ArchiveError
from ivr.services.account.linked_identities import (
    Declined,
    Departure,
    Disbelieved,
    LinkedIdentities,
    Proposed,
    Return,
    Stray,
)
from ivr.services.account.sign_in import Attempt, Entered, Refused
from ivr.services.ports.openid import ProviderAway

_LOG = logging.getLogger(__name__)
#: What a provider may send back; anything twice is a request that nobody sends (RFC 6749, section 3.1).
_ANSWER = ("state", "code", "iss", "error")


@dataclass(frozen=True)
class IdentityPages:
    account: AccountPages
    entrance: EntrancePages

    # ---- leaving

    def leaving(self, visit: Visit) -> Response:
        """A form, so that no other page sends people to the provider in our name."""
        try:
            return self._away_to(visit, self._identities.leave_to_sign_in())
        except ProviderAway as error:
            return self._away(visit, error)

    def leaving_to_link(self, visit: Visit) -> Response:
        account, form = visit.signed_in.account, visit.form
        proof = Attempt(account.login, form.get("current", ""), form.get("code", ""), visit.cookie(DEVICE_COOKIE))
        try:
            found = self._identities.leave_to_link(visit.signed_in, proof)
        except ProviderAway as error:
            _LOG.warning("identity provider: %s", error)
            return self.account.shown(visit, fault=visit.words("identity.away"))
        if isinstance(found, Departure):
            return self._away_to(visit, found)
        if isinstance(found, Refused):
            return self.account.shown(visit, fault=refused(visit, found, visit.words("identity.wrong")))
        return self.account.shown(visit, fault=visit.words.told(found))

    def _away_to(self, visit: Visit, departure: Departure) -> Response:
        """A page that moves on, with neither script nor click: an answer to a form may redirect to no other site."""
        words = visit.words
        text = words("identity.leaving", provider=self.entrance.provider)
        title = words("identity.leaving_title")
        response = visit.page("elsewhere", path="/connexion", title=title, text=text, url=departure.url)
        keep_abroad(response, PROVIDER_COOKIE, departure.token, max_age_s=int(JOURNEY.total_seconds()))
        return response

    # ---- coming back

    def coming_back(self, visit: Visit) -> Response:
        """A page that another site leads to: what it does needs the cookie of the browser that left, and does it once.

        Nothing of what is in its address is shown: whoever makes up a link chooses that.
        """
        pairs = visit.request.query_params.multi_items()
        answer = {name: value for name, value in pairs if name in _ANSWER}
        names = [name for name, _ in pairs if name in _ANSWER]
        back = Return(*(answer.get(name, "") for name in _ANSWER)) if len(names) == len(answer) else Return()
        device = visit.cookie(DEVICE_COOKIE)
        try:
            found = self._identities.come_back(visit.cookie(PROVIDER_COOKIE), back, device)
        except ProviderAway as error:
            return self._without_cookie(self._away(visit, error))
        if isinstance(found, Stray):
            # The cookie stays: it may be of a sign-in that is still under way.
            return self.entrance.shown(visit, status=400, fault=visit.words("identity.stray"))
        return self._without_cookie(self._answer(visit, found))

    def _answer(self, visit: Visit, found: Entered | Refused | Proposed | Declined | Disbelieved) -> Response:
        words = visit.words
        if isinstance(found, Refused):
            return self.entrance.refusal(visit, found, refused=words("identity.refused"))
        if isinstance(found, Declined):
            return self.entrance.shown(visit, status=401, fault=words("identity.declined"))
        if isinstance(found, Disbelieved):
            _LOG.warning("identity provider: %s", "; ".join(found.why))
            return self.entrance.shown(visit, status=401, fault=words("identity.disbelieved"))
        # Whoever another site has sent here is a visitor with strict cookies only from a page of ours on.
        url = "/" if isinstance(found, Entered) else "/compte/identites/liaison"
        title, text = words("identity.coming_title"), words("identity.coming")
        response = visit.page("elsewhere", path="/connexion", title=title, text=text, url=url)
        if isinstance(found, Entered):
            self.entrance.let_in(visit, response, found)
        return response

    def _away(self, visit: Visit, error: ProviderAway) -> Response:
        _LOG.warning("identity provider: %s", error)
        return self.entrance.shown(visit, status=503, fault=visit.words("identity.away"))

    def _without_cookie(self, response: Response) -> Response:
        drop(response, PROVIDER_COOKIE)
        return response

    # ---- one's own

    def proposed(self, visit: Visit) -> Response:
        identity = self._identities.proposed(visit.signed_in)
        if identity is None:
            return self.account.shown(visit, fault=visit.words("identity.none_waits"))
        name = identity.name or visit.words("identity.nameless")
        return visit.page("link_identity", path="/compte", name=name, issuer=identity.issuer)

    def linking(self, visit: Visit) -> Response:
        fault = self._identities.link(visit.signed_in)
        if fault is not None:
            return self.account.shown(visit, fault=visit.words.told(fault))
        return self.account.shown(visit, notice=visit.words("identity.now_linked"))

    def unlinking(self, visit: Visit) -> Response:
        if not self._identities.unlink(visit.signed_in, visit.form.get("identity", "")):
            return self.account.shown(visit, fault=visit.words("identity.gone"))
        return self.account.shown(visit, notice=visit.words("identity.now_unlinked"))

    @property
    def _identities(self) -> LinkedIdentities:
        """Raises ArchiveError where no provider is configured: these pages are not there."""
        if self.account.identities is None:
            raise ArchiveError("no identity provider is configured here", remedy="see console.oidc")
        return self.account.identities
