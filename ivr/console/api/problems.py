"""What an error answers: a problem document (RFC 9457), its title and detail in French, its `type` for programs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from ivr.errors import ArchiveError, ComplianceError, ConfigurationError, HostError, IvrError, TransitionError
from ivr.french import french
from ivr.services.quality.grading import StaleRevisionError

_LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_URN = "urn:ivr:problem:"
#: Where a description has its schemas.
_SCHEMAS = "#/components/schemas/{model}"

#: By status: the last part of `type`, and the title.
TITLES: Mapping[int, tuple[str, str]] = {
    400: ("malformed", "La demande est mal formée"),
    401: ("unauthorized", "Il faut un jeton valable"),
    403: ("denied", "Ce droit manque"),
    404: ("not-found", "Introuvable"),
    405: ("method-not-allowed", "Cette méthode n'existe pas ici"),
    409: ("conflict", "L'état des choses ne le permet pas"),
    410: ("over", "C'est terminé"),
    413: ("too-large", "La demande est trop grande"),
    415: ("unsupported-media-type", "Ce format n'est pas lu ici"),
    416: ("range", "Cet intervalle est hors du fichier"),
    422: ("invalid", "Une valeur ne convient pas"),
    429: ("too-many-requests", "Trop de demandes"),
    500: ("fault", "Une erreur de notre côté"),
    503: ("unavailable", "Indisponible pour le moment"),
}
_DETAILS: Mapping[int, str] = {
    401: "Portez un jeton valable : Authorization: Bearer ivr_…",
    404: "Rien de tel n'existe, ou rien qui vous soit ouvert.",
    429: "Attendez, puis recommencez plus lentement.",
    500: "L'erreur est notée. Recommencez plus tard.",
    503: "Un élément du service manque. Recommencez plus tard.",
}
#: The first that fits.
_STATUS: tuple[tuple[type[IvrError], int], ...] = (
    (HostError, 503),
    (ComplianceError, 403),
    (StaleRevisionError, 409),
    (TransitionError, 409),
    (ArchiveError, 404),
    (ConfigurationError, 422),
)


class FieldFault(BaseModel):
    """Which part of the request does not fit (`body.since`, `header.ivr-reason`), and why; never its value."""

    where: str
    what: str


class Problem(BaseModel):
    """A problem document. `rules` are the ids of the rules that forbid it."""

    type: str = Field(examples=[f"{_URN}not-found"])
    title: str
    status: int
    detail: str = ""
    rules: list[str]
    errors: list[FieldFault]


def problem(
    status: int,
    detail: str = "",
    *,
    rules: Sequence[str] = (),
    errors: Sequence[FieldFault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    status = status if status in TITLES else 500 if status >= 500 else 400
    name, title = TITLES[status]
    body = Problem(
        type=f"{_URN}{name}",
        title=title,
        status=status,
        detail=detail or _DETAILS.get(status, ""),
        rules=list(rules),
        errors=list(errors),
    )
    return JSONResponse(body.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


def unauthorized() -> Response:
    """One answer for no token, a wrong one, and one that is over (RFC 6750 section 3)."""
    return problem(401, headers={"www-authenticate": 'Bearer realm="ivr"'})


def answer_to(error: IvrError) -> Response:
    """Return what an error of ours answers. What is closed and what is not there answer alike."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status >= 500:
        _LOG.warning("api: %s", error)
        return problem(status)
    if status == 404:
        return problem(404)
    if isinstance(error, ComplianceError):
        return problem(403, french(error.what), rules=error.rules)
    if isinstance(error, ConfigurationError):
        told = french(error.what) + (f" : {french(error.remedy)}" if error.remedy else "")
        return problem(422, told, errors=[FieldFault(where=error.key, what=french(error.what))] if error.key else ())
    return problem(status, french(error.what) if isinstance(error, StaleRevisionError) else "")


def install(app: FastAPI) -> None:
    """Make the application answer every error with a problem."""

    def of_ours(_: Request, error: Any) -> Response:
        return answer_to(error)

    def of_http(_: Request, error: Any) -> Response:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, headers=error.headers)

    def of_values(_: Request, error: Any) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = error.errors()
        if any(one["loc"][:1] == ("path",) for one in faults):
            # What cannot be an id names nothing.
            return problem(404)
        told = [FieldFault(where=_place(one["loc"]), what=str(one["type"])) for one in faults[:20]]
        return problem(422, errors=told)

    def of_nobody(_: Request, error: Exception) -> Response:
        _LOG.error("api: %s", type(error).__name__)
        return problem(500)

    app.add_exception_handler(IvrError, of_ours)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_values)
    app.add_exception_handler(Exception, of_nobody)


def _place(loc: Sequence[object]) -> str:
    """Names of ours as they are, whatever a caller named shortened."""
    return ".".join(str(part)[:60] for part in loc[:6])


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route's description says of these answers. It refers to `schemas`: a model of its own for each
    answer of each route took a second of the console's start."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _SCHEMAS.format(model=Problem.__name__)}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def schemas() -> dict[str, Any]:
    """Return the schema of a problem and of what it is made of, by name."""
    schema = Problem.model_json_schema(ref_template=_SCHEMAS)
    return {**schema.pop("$defs"), Problem.__name__: schema}
