"""The application: a table of pages, each with who may ask for it, and what becomes of errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse

from ivr.bootstrap.identity_provider import RETURN_PATH
from ivr.console.analyses import DRAFTS
from ivr.console.api.app import UNDER, build_api
from ivr.console.api.services import services_of
from ivr.console.guard import FORM, REFUSED, App, Guard, Origin, Receive, Scope, Send
from ivr.console.operation import LIVE, PATH
from ivr.console.pages import Pages
from ivr.console.player import LISTENINGS
from ivr.console.rate_limit import Allowance, RateLimit
from ivr.console.visit import HERE, LANGUAGE_COOKIE, SESSION_COOKIE, Visit, drop, is_form_token
from ivr.console.words import Words
from ivr.domain.account.session import Session, SessionEnd
from ivr.errors import ArchiveError, ComplianceError, ConfigurationError, HostError, IvrError

_LOG = logging.getLogger(__name__)
#: Pages with their pictures and scripts; then what changes something.
_REQUESTS = Allowance(burst=120, per_s=10)
_FORMS = Allowance(burst=60, per_s=2)
#: Pieces of sound and what players tell: a player fetches ten minutes ahead, and a house may share one address.
_LISTENINGS = Allowance(burst=1_200, per_s=100)
#: Drafts of analyses that are saved while people type.
_DRAFTS = Allowance(burst=300, per_s=20)
#: Everything that is served as a file, and as what.
STATIC: Mapping[str, str] = {
    "console.css": "text/css",
    "icon.svg": "image/svg+xml",
    "operation.js": "text/javascript",
    "player.js": "text/javascript",
    "draft.js": "text/javascript",
    "notes.js": "text/javascript",
    "passkey.js": "text/javascript",
    "place.js": "text/javascript",
    "waves.js": "text/javascript",
}
_STATUS: tuple[tuple[type[IvrError], int], ...] = (
    (HostError, 503),
    (ComplianceError, 403),
    (ArchiveError, 404),
    (ConfigurationError, 400),
)
#: Fields that no page ever gives back.
_SECRETS = frozenset({"password", "again", "current", "code"})
_WITH_A_PAGE = (400, 403, 404, 429, 500, 503)


class For(Enum):
    """Who may ask for a page."""

    ALL = "all"
    SIGNED_IN = "signed in"


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    page: Callable[[Visit], Response]
    who: For


def routes(pages: Pages) -> tuple[Route, ...]:
    """Every page there is: what is not listed does not exist."""
    return (
        Route("GET", "/connexion", pages.entrance.page, For.ALL),
        Route("POST", "/connexion", pages.entrance.by_password, For.ALL),
        Route("POST", "/connexion/cle/demande", pages.entrance.asking_passkey, For.ALL),
        Route("POST", "/connexion/cle", pages.entrance.by_passkey, For.ALL),
        Route("POST", "/connexion/fournisseur", pages.identities.leaving, For.ALL),
        Route("GET", RETURN_PATH, pages.identities.coming_back, For.ALL),
        Route("GET", "/invitation", pages.invitation, For.ALL),
        Route("POST", "/invitation", pages.enrolling, For.ALL),
        Route("POST", "/langue", pages.language, For.ALL),
        Route("GET", "/", pages.home, For.SIGNED_IN),
        Route("POST", "/deconnexion", pages.sign_out, For.SIGNED_IN),
        Route("GET", "/compte", pages.account.mine, For.SIGNED_IN),
        Route("POST", "/compte/mot-de-passe", pages.account.changing_password, For.SIGNED_IN),
        Route("POST", "/compte/sessions", pages.account.ending_others, For.SIGNED_IN),
        Route("POST", "/compte/jetons", pages.account.making_token, For.SIGNED_IN),
        Route("POST", "/compte/jetons/retrait", pages.account.withdrawing_token, For.SIGNED_IN),
        Route("POST", "/compte/cles/demande", pages.passkeys.asking, For.SIGNED_IN),
        Route("POST", "/compte/cles", pages.passkeys.adding, For.SIGNED_IN),
        Route("POST", "/compte/cles/retrait", pages.passkeys.removing, For.SIGNED_IN),
        Route("POST", "/compte/identites", pages.identities.leaving_to_link, For.SIGNED_IN),
        Route("GET", "/compte/identites/liaison", pages.identities.proposed, For.SIGNED_IN),
        Route("POST", "/compte/identites/liaison", pages.identities.linking, For.SIGNED_IN),
        Route("POST", "/compte/identites/retrait", pages.identities.unlinking, For.SIGNED_IN),
        Route("GET", "/comptes", pages.account.listed, For.SIGNED_IN),
        Route("POST", "/comptes/invitation", pages.account.inviting, For.SIGNED_IN),
        Route("POST", "/comptes/fermeture", pages.account.closing, For.SIGNED_IN),
        Route("POST", "/comptes/invitation/retrait", pages.account.withdrawing, For.SIGNED_IN),
        Route("GET", "/finalite", pages.purpose, For.SIGNED_IN),
        Route("POST", "/finalite", pages.choosing_purpose, For.SIGNED_IN),
        Route("GET", "/enregistrements", pages.recordings.recordings, For.SIGNED_IN),
        # A form, so that no filter stands in an address.
        Route("POST", "/enregistrements", pages.recordings.recordings, For.SIGNED_IN),
        Route("POST", "/enregistrements/fichier", pages.recordings.file, For.SIGNED_IN),
        Route("POST", "/enregistrements/recherches", pages.recordings.keeping, For.SIGNED_IN),
        Route("GET", "/appels", pages.calls.calls, For.SIGNED_IN),
        Route("POST", "/appels", pages.calls.calls, For.SIGNED_IN),
        Route("POST", "/appels/fichier", pages.calls.file, For.SIGNED_IN),
        Route("GET", "/statistiques", pages.statistics.page, For.SIGNED_IN),
        Route("POST", "/statistiques", pages.statistics.page, For.SIGNED_IN),
        Route("POST", "/statistiques/fichier", pages.statistics.file, For.SIGNED_IN),
        Route("GET", "/enregistrements/{recording_id}", pages.player.recording, For.SIGNED_IN),
        Route("POST", "/enregistrements/{recording_id}/notes", pages.player.noting, For.SIGNED_IN),
        Route("POST", "/enregistrements/{recording_id}/notes/retrait", pages.player.removing_note, For.SIGNED_IN),
        Route("GET", "/demandes", pages.desk.requests.listing, For.SIGNED_IN),
        Route("POST", "/demandes", pages.desk.requests.taking_in, For.SIGNED_IN),
        Route("GET", "/demandes/{case_id}", pages.desk.requests.request, For.SIGNED_IN),
        Route("POST", "/demandes/{case_id}", pages.desk.requests.acting, For.SIGNED_IN),
        Route("GET", "/demandes/{case_id}/lettres/{name}", pages.desk.requests.letter, For.SIGNED_IN),
        Route("GET", "/violations", pages.desk.breaches.listing, For.SIGNED_IN),
        Route("POST", "/violations", pages.desk.breaches.recording, For.SIGNED_IN),
        Route("GET", "/violations/{case_id}", pages.desk.breaches.breach, For.SIGNED_IN),
        Route("POST", "/violations/{case_id}", pages.desk.breaches.acting, For.SIGNED_IN),
        Route("GET", "/violations/{case_id}/lettre", pages.desk.breaches.letter, For.SIGNED_IN),
        Route("GET", "/registre", pages.desk.processing.register, For.SIGNED_IN),
        Route("GET", "/registre.csv", pages.desk.processing.file, For.SIGNED_IN),
        Route("GET", "/gels", pages.desk.holds.holds, For.SIGNED_IN),
        Route("POST", "/gels", pages.desk.holds.holds, For.SIGNED_IN),
        Route("GET", LISTENINGS + "{listening_id}/son", pages.player.sound, For.SIGNED_IN),
        Route("GET", LISTENINGS + "{listening_id}/ondes", pages.player.peaks, For.SIGNED_IN),
        Route("POST", LISTENINGS + "{listening_id}", pages.player.played, For.SIGNED_IN),
        Route("GET", PATH, pages.operation.page, For.SIGNED_IN),
        Route("GET", LIVE, pages.operation.live, For.SIGNED_IN),
        Route("POST", PATH + "/examen", pages.operation.examining, For.SIGNED_IN),
        *(Route(*one, For.SIGNED_IN) for one in _others(pages)),
    )


def _others(pages: Pages) -> tuple[tuple[str, str, Callable[[Visit], Response]], ...]:
    """The pages that tell their own paths."""
    return (
        *pages.analyses.routes(),
        *pages.supervision.routes(),
        *pages.authorities.routes(),
        *pages.authority_viewer.routes(),
    )


def build(pages: Pages, *, origin: Callable[[], Origin], monotonic: Callable[[], float], api: App | None = None) -> App:
    """Return the ASGI application, guarded. `api` stands in for the API of these pages, which is made here."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for route in routes(pages):
        app.add_api_route(
            route.path, _endpoint(pages, route), methods=[route.method], response_model=None, include_in_schema=False
        )
    app.add_api_route("/static/{name}", _static, methods=["GET"], response_model=None, include_in_schema=False)
    app.add_exception_handler(404, lambda request, _: _error(_stranger(request), 404))
    app.add_exception_handler(405, lambda request, _: _error(_stranger(request), 404))

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        status = scope.get(REFUSED)
        answer = _error(_stranger(Request(scope)), status) if status else app
        await answer(scope, receive, send)

    requests, forms = (RateLimit(one, monotonic) for one in (_REQUESTS, _FORMS))
    frequent = {LISTENINGS: RateLimit(_LISTENINGS, monotonic), DRAFTS: RateLimit(_DRAFTS, monotonic)}
    roomy = (DRAFTS, "/grilles")
    guarded = Guard(refusing, origin=origin, requests=requests, forms=forms, frequent=frequent, roomy=roomy)
    api = api or build_api(services_of(pages), origin=origin, monotonic=monotonic)

    async def entered(scope: Scope, receive: Receive, send: Send) -> None:
        programs = scope["type"] == "http" and scope["path"].startswith(UNDER)
        await (api if programs else guarded)(scope, receive, send)

    return entered


def _endpoint(pages: Pages, route: Route) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        visit = _stranger(request)
        try:
            if route.who is For.ALL:
                return route.page(visit)
            sessions = pages.accounts.sessions
            # A page that is open asks again by itself: that is nobody's request.
            find = sessions.still if route.path == LIVE else sessions.resume
            found = find(visit.cookie(SESSION_COOKIE))
            if not isinstance(found, Session):
                return _to_sign_in(visit, found)
            visit = _signed_in(pages, visit, found)
            if route.method == "POST" and not is_form_token(visit.form.get("form_token", ""), visit.token):
                return _error(visit, 403)
            return route.page(visit)
        except IvrError as error:
            status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
            if status >= 500:
                _LOG.warning("page %s: %s", route.path, error)
            told = visit.words.told(error.what) if status == 403 else ""
            return _error(visit, status, told=told, typed=_typed(visit) if status == 503 else ())
        except Exception as error:
            # Its text may hold anything; its name says enough to look.
            _LOG.error("page %s: %s", route.path, type(error).__name__)
            return _error(visit, 500)

    return endpoint


def _stranger(request: Request) -> Visit:
    words = Words(request.cookies.get(LANGUAGE_COOKIE, ""))
    return Visit(request, request.scope.get(FORM, {}), words)


def _signed_in(pages: Pages, visit: Visit, session: Session) -> Visit:
    role = session.account.role
    title = pages.settings.access.titles.get(role, role.value)
    rights = frozenset(action.value for action in pages.settings.access.actions.get(role, ()))
    schedule = pages.settings.retention.schedules.get(session.purpose)
    return Visit(
        visit.request, visit.form, visit.words, visit.cookie(SESSION_COOKIE), session, title, rights,
        schedule.title if schedule else "",
    )  # fmt: skip


def _to_sign_in(visit: Visit, ended: SessionEnd | None) -> Response:
    response = visit.go(f"/connexion?fin={ended.value}" if ended else "/connexion")
    drop(response, SESSION_COOKIE)
    return response


def _typed(visit: Visit) -> Sequence[tuple[str, str]]:
    """What a form was sent with, to be sent again once whatever was away is back; nothing of one with a secret."""
    return () if visit.request.method != "POST" or not _SECRETS.isdisjoint(visit.form) else tuple(visit.form.items())


def _error(visit: Visit, status: int, *, told: str = "", typed: Sequence[tuple[str, str]] = ()) -> Response:
    shown = status if status in _WITH_A_PAGE else 500
    return visit.page(
        "error",
        status=status,
        title=visit.words(f"error.title_{shown}"),
        text=told or visit.words(f"error.text_{shown}"),
        typed=typed,
    )


def _static(name: str, request: Request) -> Response:
    if name not in STATIC:
        return _error(_stranger(request), 404)
    return FileResponse(HERE / "static" / name, media_type=STATIC[name], headers={"cache-control": "no-cache"})
