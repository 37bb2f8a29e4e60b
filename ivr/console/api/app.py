"""The application of the API: its table of routes, its description, and what stands before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI, Response
from fastapi.responses import JSONResponse

from ivr.console.api.account import AccountApi
from ivr.console.api.accounts import AccountsApi
from ivr.console.api.analyses import AnalysesApi
from ivr.console.api.breaches import BreachesApi
from ivr.console.api.calibrations import CalibrationsApi
from ivr.console.api.caller import Caller
from ivr.console.api.calls import CallsApi
from ivr.console.api.grids import GridsApi
from ivr.console.api.guard import ApiGuard, Limits
from ivr.console.api.holds import HoldsApi
from ivr.console.api.listenings import ListeningsApi
from ivr.console.api.notes import NotesApi
from ivr.console.api.operation import OperationApi
from ivr.console.api.problems import described, install, schemas
from ivr.console.api.processing import ProcessingApi
from ivr.console.api.recordings import RecordingsApi
from ivr.console.api.requests import RequestsApi
from ivr.console.api.requisitions import RequisitionsApi
from ivr.console.api.route import JSON, ApiRoute
from ivr.console.api.samples import SamplesApi
from ivr.console.api.searches import SearchesApi
from ivr.console.api.services import Services
from ivr.console.api.statistics import StatisticsApi
from ivr.console.guard import App, Origin
from ivr.console.rate_limit import Allowance, RateLimit
from ivr.domain.access import AccessRequest, Action

PREFIX = "/api/v1"
#: Whatever begins so is the API's, and no page's.
UNDER = "/api/"
_NOUNS = (
    AccountApi, AccountsApi, RecordingsApi, ListeningsApi, SearchesApi, StatisticsApi, AnalysesApi, GridsApi,
    SamplesApi, CalibrationsApi, RequestsApi, HoldsApi, BreachesApi, ProcessingApi, NotesApi, RequisitionsApi,
    OperationApi, CallsApi,
)  # fmt: skip
_ADDRESSES, _STRANGERS = Allowance(burst=1_200, per_s=100), Allowance(burst=30, per_s=1)
_TOKENS, _LISTENING = Allowance(burst=120, per_s=10), Allowance(burst=600, per_s=50)
#: What any route may answer; 422 where there is something to read.
_ALWAYS = (400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 503)


def api_routes(services: Services) -> tuple[ApiRoute, ...]:
    """Every route there is, but the description."""
    return tuple(route for noun in _NOUNS for route in noun(services).routes())


def build_api(services: Services, *, origin: Callable[[], Origin], monotonic: Callable[[], float]) -> App:
    """Return the API as an ASGI application, guarded."""
    addresses, strangers, tokens, listening = (
        RateLimit(one, monotonic) for one in (_ADDRESSES, _STRANGERS, _TOKENS, _LISTENING)
    )
    return ApiGuard(
        application(services),
        resume=services.tokens.resume,
        origin=origin,
        limits=Limits(addresses, strangers, tokens, listening),
        roomy=(f"{PREFIX}/grids", f"{PREFIX}/analyses"),
        frequent=f"{PREFIX}/listenings/",
    )


class _Described(FastAPI):
    """Its description has the schemas that the routes' descriptions of errors refer to."""

    def openapi(self) -> dict[str, Any]:
        description: dict[str, Any] = super().openapi()
        description["components"]["schemas"].update(schemas())
        return description


def application(services: Services) -> FastAPI:
    """Return the API without its guard: no request to it may come from outside."""
    app = _Described(
        title="ivr console",
        version="1",
        description="What the console's pages do, for programs that bear a token.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    install(app)
    for route in api_routes(services):
        _add(app, services, route)

    def read_description(_: Caller) -> Response:
        """Read this description (OpenAPI 3.1)."""
        return JSONResponse(app.openapi())

    _add(app, services, ApiRoute("GET", "/openapi.json", read_description, (), dict[str, Any]))
    return app


def _add(app: FastAPI, services: Services, route: ApiRoute) -> None:
    statuses = dict.fromkeys((*_ALWAYS, *route.more))
    scopes = ", ".join(f"`{scope.value}`" for scope in route.scopes)
    responses = described(*statuses)
    if route.media != JSON:
        responses[route.status] = {"content": {route.media: {"schema": {"type": "string", "format": "binary"}}}}
    app.add_api_route(
        f"{PREFIX}{route.path}",
        route.endpoint,
        methods=[route.method],
        status_code=route.status,
        response_model=route.model,
        response_class=JSONResponse if route.model else Response,
        responses=responses,
        dependencies=[Depends(_with(services, route.scopes))],
        operation_id=route.endpoint.__name__,
        summary=route.endpoint.__name__.replace("_", " "),
        description=f"{_said(route.endpoint)}\n\nScopes: {scopes or 'as said above'}.",
        tags=[route.path.split("/")[1].partition(".")[0]],
    )


def _with(services: Services, scopes: tuple[Action, ...]) -> Callable[[Caller], None]:
    """Whoever lacks one of these rights is refused before anything of the request is read, and it is noted."""

    def check(token: Caller) -> None:
        for scope in scopes:
            services.gate.must_have(AccessRequest(token.actor, scope, reason="api"))

    return check


def _said(endpoint: Callable[..., Any]) -> str:
    return " ".join((endpoint.__doc__ or "").split())
