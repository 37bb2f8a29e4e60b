"""Requests to one identity provider: so few at once, so long in all, so large, and nowhere else.

What it answers is the internet's. No redirect is followed, nothing compressed is unpacked, no proxy or netrc of the
environment is heard, no cookie is kept.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx2

from ivr.services.ports.openid import ProviderAway

T = TypeVar("T")
#: Bytes of an answer: keys and their certificates are the largest.
_LARGEST = 256 << 10
#: Exchanges at once; pages have more threads than that, and the others are told at once.
_AT_ONCE = 3
_REMEDY = "see whether it runs, and console.oidc; password and passkeys still work"


class TooMany(ProviderAway):
    """Raised when it is being asked as often as is allowed: of the provider itself that says nothing."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = field(repr=False)


class Asking:
    """What may be asked within one exchange. `where` names the provider in errors."""

    def __init__(self, client: httpx2.AsyncClient, where: str) -> None:
        self._client = client
        self._where = where

    async def get(self, url: str) -> Answer:
        return await self._ask("GET", url)

    async def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        return await self._ask("POST", url, form=form, headers=headers)

    async def _ask(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        asked = {"accept": "application/json", "accept-encoding": "identity", **(headers or {})}
        async with self._client.stream(method, url, data=form, headers=asked) as answer:
            if answer.headers.get("content-encoding", "identity").lower() != "identity":
                raise away(self._where, "it answers with something compressed")
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > _LARGEST:
                    raise away(self._where, "its answer is too large")
            return Answer(answer.status_code, bytes(body))


class Exchange:
    """`transport` stands in for the network in tests."""

    def __init__(
        self, *, timeout_s: float, ca_file: Path | None = None, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._timeout_s = timeout_s
        self._transport = transport
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None
        self._places = threading.BoundedSemaphore(_AT_ONCE)

    def run(self, where: str, work: Callable[[Asking], Awaitable[T]]) -> T:
        """Return what `work` finds out; blocking. Raises ProviderAway when it takes too long or nobody answers.

        So it does when the authority's certificate cannot be read, which is read when the first one asks: without it
        only this way in is closed.
        """
        if not self._places.acquire(blocking=False):
            raise TooMany("too many ask the identity provider at once", where=where, remedy="try again in a moment")
        try:
            if self._tls is None:
                self._tls = _tls(self._ca_file)
            # Not asyncio.run: that waits for a name that is still being looked up.
            loop = asyncio.new_event_loop()
            try:
                return loop.run_until_complete(self._within(where, self._tls, work))
            finally:
                loop.close()
        finally:
            self._places.release()

    async def _within(self, where: str, tls: ssl.SSLContext, work: Callable[[Asking], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._timeout_s):
                async with httpx2.AsyncClient(
                    verify=tls, timeout=self._timeout_s, transport=self._transport, trust_env=False
                ) as client:
                    return await work(Asking(client, where))
        except TimeoutError:
            raise away(where, "it takes too long") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            # Its text may hold what was sent.
            raise away(where, f"it does not answer ({type(error).__name__})") from None


def away(where: str, what: str) -> ProviderAway:
    return ProviderAway(f"the identity provider is away: {what}", where=where, remedy=_REMEDY)


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise ProviderAway(
            f"the authority's certificate cannot be read: {error.strerror or error}",
            where=str(ca_file),
            remedy="give a PEM file with console.oidc.ca_file",
        ) from error
