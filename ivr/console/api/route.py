"""A line of the table of the API: where, what, with which rights of the token, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ivr.domain.access import Action

JSON = "application/json"


@dataclass(frozen=True)
class ApiRoute:
    """`scopes` are all needed, and none where it is said by whom else; `model` describes the answer's JSON.

    `media` is the type of an answer that is no JSON; `more` are further statuses that it may answer.
    """

    method: str
    path: str
    endpoint: Callable[..., Any]
    scopes: tuple[Action, ...]
    model: Any = None
    status: int = 200
    media: str = JSON
    more: tuple[int, ...] = ()
