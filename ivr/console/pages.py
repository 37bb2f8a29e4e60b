"""The pages: making an account, home, purpose, and the rooms of all others. app.py says who may ask for which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import segno
from fastapi import Response

from ivr.bootstrap.accounts import Accounts, open_accounts
from ivr.bootstrap.archive import Archive
from ivr.bootstrap.authority import open_authority
from ivr.bootstrap.operation import open_operation
from ivr.bootstrap.quality import open_quality
from ivr.bootstrap.retention import open_retention
from ivr.bootstrap.rights import open_rights
from ivr.console.accounts import AccountPages
from ivr.console.analyses import AnalysisPages
from ivr.console.authorities import AuthorityPages
from ivr.console.authority_viewer import AuthorityViewerPages
from ivr.console.calls import CallPages
from ivr.console.ceremonies import WebAuthnCeremonies
from ivr.console.credentials import enrolment_uri, written_secret
from ivr.console.desk import DeskPages, desk_pages
from ivr.console.entrance import EntrancePages
from ivr.console.examination import Examination
from ivr.console.identities import IdentityPages
from ivr.console.open_listenings import OpenListenings
from ivr.console.operation import OperationPages, watched
from ivr.console.passkeys import PasskeyPages
from ivr.console.places import Places
from ivr.console.player import PlayerPages
from ivr.console.recordings import RecordingPages
from ivr.console.statistics import StatisticsPages
from ivr.console.supervision import SupervisionPages
from ivr.console.visit import LANGUAGE_COOKIE, LINK_COOKIE, SESSION_COOKIE, Visit, drop
from ivr.console.words import LANGUAGES
from ivr.domain.access import AccessRequest, Action, decide_listing
from ivr.errors import ComplianceError
from ivr.services.account.invitations import Enrolling
from ivr.services.account.new_password import NewPassword
from ivr.services.account.token import is_token
from ivr.services.ports.accounts import OneTimeCodes, PasswordHasher
from ivr.services.ports.openid import IdentityProvider
from ivr.settings import Settings
from ivr.settings.phrases import load_phrases

_LONGEST_REASON = 200


def open_pages(
    settings: Settings,
    archive: Archive,
    *,
    origin: str,
    hasher: PasswordHasher,
    codes: OneTimeCodes,
    monotonic: Callable[[], float],
    doctor: Callable[[], str],
    provider: IdentityProvider | None = None,
) -> Pages:
    """Build every page on an open archive.

    `origin` is where browsers find the console, `doctor` returns what `ivr doctor --json` prints, `provider` is the
    identity provider through which people may sign in, if there is one.
    """
    accounts, retention = open_accounts(settings, archive), open_retention(settings, archive)
    passkeys = accounts.passkeys(hasher, codes, WebAuthnCeremonies(origin, f"ivr {settings.controller.name}"))
    rights = open_rights(settings, archive, retention)
    operation = open_operation(settings, archive, retention, rights)
    authority = open_authority(settings, archive, retention, accounts)
    quality = open_quality(settings, archive, retention)
    listenings = OpenListenings(retention.listening, monotonic)
    player = PlayerPages(settings, retention.sheets, listenings, quality.notes)
    tokens = accounts.tokens(settings, hasher, codes)
    identities = accounts.identities(settings, hasher, codes, provider) if provider else None
    own = AccountPages(
        settings, accounts, accounts.own(hasher, codes), tokens, listenings, retention.gate, passkeys, identities
    )
    label = settings.console.oidc.label if provider else ""
    entrance = EntrancePages(accounts.sign_in(hasher, codes), passkeys, accounts.sessions, listenings, label)
    families = load_phrases(settings.config_dir / "phrases").families
    places = Places(accounts.sealer)
    return Pages(
        settings,
        accounts,
        entrance,
        hasher,
        codes,
        RecordingPages(settings, retention.listing, places),
        player,
        own,
        PasskeyPages(own),
        IdentityPages(own, entrance),
        desk_pages(settings, rights, retention.gate, archive.clock),
        AnalysisPages(settings, quality, player),
        SupervisionPages(settings, quality, player),
        StatisticsPages(settings, retention.statistics, archive.clock, {one.id: one.name for one in families}),
        OperationPages(
            settings, operation, accounts.sessions, Examination(doctor, archive.clock), watched(operation, monotonic)
        ),
        AuthorityPages(settings, authority, accounts.sessions),
        AuthorityViewerPages(settings, authority.viewing, player),
        CallPages(settings, retention.details, places),
    )


@dataclass(frozen=True)
class Pages:
    settings: Settings
    accounts: Accounts
    entrance: EntrancePages
    hasher: PasswordHasher
    codes: OneTimeCodes
    recordings: RecordingPages
    player: PlayerPages
    account: AccountPages
    passkeys: PasskeyPages
    identities: IdentityPages
    desk: DeskPages
    analyses: AnalysisPages
    supervision: SupervisionPages
    statistics: StatisticsPages
    operation: OperationPages
    authorities: AuthorityPages
    authority_viewer: AuthorityViewerPages
    calls: CallPages

    # ---- open to all

    def invitation(self, visit: Visit) -> Response:
        """A link's token goes from the address into a cookie at once: addresses are remembered and shown."""
        token = visit.request.query_params.get("jeton", "")
        if token:
            response = visit.go("/invitation")
            if not is_token(token):
                # It is told what any bad link is told, and an earlier link in this browser is not taken for this one.
                drop(response, LINK_COOKIE)
                return response
            # Not strict: whoever follows the link comes from elsewhere, such as a mail.
            response.set_cookie(LINK_COOKIE, token, httponly=True, secure=True, samesite="lax", path="/")
            return response
        return self._enrolment(visit, fault="", login="")

    def enrolling(self, visit: Visit) -> Response:
        form = visit.form
        password = NewPassword(form.get("password", ""), form.get("again", ""))
        typed = Enrolling(form.get("login", ""), password, form.get("code", ""))
        made = self.accounts.invitations.enrol(visit.cookie(LINK_COOKIE), typed, self.hasher, self.codes)
        if isinstance(made, str):
            return self._enrolment(visit, fault=visit.words.told(made), login=typed.login)
        response = visit.go("/connexion?fin=done")
        drop(response, LINK_COOKIE)
        return response

    def language(self, visit: Visit) -> Response:
        """Switch to the language asked for, and go back to the page where it was asked."""
        asked, back = visit.form.get("language", ""), visit.form.get("back", "")
        response = visit.go(_own(back) or "/")
        if asked in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, asked, secure=True, samesite="strict", httponly=True, path="/")
        return response

    def _enrolment(self, visit: Visit, *, fault: str, login: str) -> Response:
        enrolment = self.accounts.invitations.open(visit.cookie(LINK_COOKIE))
        invitation = enrolment.invitation
        uri = enrolment_uri(
            enrolment.code_secret, login=invitation.login or "console", issuer=f"ivr {self.settings.controller.name}"
        )
        picture = segno.make(uri, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False)
        return visit.page(
            "invitation",
            status=422 if fault else 200,
            fault=fault,
            login=login,
            invitation=invitation,
            title=self.settings.access.titles.get(invitation.role, invitation.role.value),
            picture=picture,
            key=written_secret(enrolment.code_secret),
        )

    # ---- for whoever has signed in

    def home(self, visit: Visit) -> Response:
        session = visit.signed_in
        longest = session.began_at + timedelta(hours=self.settings.console.session_hours)
        until = longest.astimezone(ZoneInfo(self.settings.profile.timezone))
        return visit.page("home", rights=sorted(visit.rights), until=until.strftime("%H:%M"))

    def sign_out(self, visit: Visit) -> Response:
        self.player.listenings.end_all(visit.signed_in.key)
        self.accounts.sessions.sign_out(visit.signed_in)
        response = visit.go("/connexion?fin=asked")
        drop(response, SESSION_COOKIE)
        # Whatever a browser still holds of the pages goes too (OWASP ASVS 14.3.1).
        if visit.is_https:
            response.headers["clear-site-data"] = '"cache", "storage"'
        return response

    def purpose(self, visit: Visit) -> Response:
        return self._purpose(visit, fault="")

    def choosing_purpose(self, visit: Visit) -> Response:
        purpose, reason = visit.form.get("purpose", ""), visit.form.get("reason", "").strip()
        if purpose in self.settings.retention.schedules and reason:
            asked = AccessRequest(visit.signed_in.account.actor, Action.LIST, purpose=purpose, reason=reason)
            try:
                # What is closed to the role is denied by the gate, so that the evidence says who tried.
                self.account.gate.check_listing(asked)
            except ComplianceError as error:
                return self._purpose(visit, fault=visit.words.told(error.what))
        if purpose not in self._purposes(visit) or not reason or len(reason) > _LONGEST_REASON:
            return self._purpose(visit, fault=visit.words("purpose.missing"))
        self.accounts.sessions.choose_purpose(visit.signed_in, purpose, reason)
        return visit.go(_own(visit.form.get("retour", "")) or "/enregistrements")

    def _purpose(self, visit: Visit, *, fault: str) -> Response:
        """Choosing leads back to `retour`, the page that asked for it."""
        back = _own(visit.form.get("retour", "") or visit.request.query_params.get("retour", ""))
        purposes = self._purposes(visit)
        return visit.page("purpose", status=422 if fault else 200, purposes=purposes, fault=fault, back=back)

    def _purposes(self, visit: Visit) -> dict[str, str]:
        """The purposes for which this role may be shown lists, and their titles; the empty one is all of them."""
        policy, table, actor = self.settings.access, self.settings.retention, visit.signed_in.account.actor

        def may(tag: str) -> bool:
            request = AccessRequest(actor, Action.LIST, purpose=tag, reason="asked")
            return decide_listing(request, policy=policy, table=table).allowed

        titles = {"": visit.words("purpose.all"), **{tag: one.title for tag, one in table.schedules.items()}}
        return {tag: title for tag, title in titles.items() if may(tag)}


def _own(path: str) -> str:
    """Return a path of this console as it is, and nothing for what may lead elsewhere."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""
