"""The console's process: started by the node, or alone by `ivr console`; tells in JSON lines where it listens.

It ends by SIGTERM: requests that are under way have five seconds. It ends with its parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence

import anyio.to_thread
import uvicorn

from ivr.bootstrap.accounts import console_url
from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.child_main import Tell, child_main
from ivr.bootstrap.identity_provider import open_provider
from ivr.console.app import build
from ivr.console.credentials import Argon2Hasher, TotpCodes
from ivr.console.examination import Doctor
from ivr.console.guard import App, Origin
from ivr.console.id_tokens import JoseTokenReader
from ivr.console.pages import open_pages
from ivr.errors import HostError, IvrError
from ivr.settings import Settings

_SWEEP_S = 60.0
#: Threads for pages, each with a connection to the database at most.
_THREADS = 12
#: Connections at once; who comes beyond is told so at once (503).
_CONNECTIONS = 256


async def serve(settings: Settings, tell: Tell) -> None:
    """Answer until told to stop. Raises HostError when the address is taken."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    section = settings.console
    listening = _listen(section.bind, section.port)
    archive = open_archive(settings)
    try:
        origin = Origin(console_url(settings, listening.getsockname()[1]))
        doctor = Doctor(settings.config_dir)
        pages = open_pages(
            settings,
            archive,
            origin=origin.url,
            hasher=Argon2Hasher(),
            codes=TotpCodes(),
            monotonic=time.monotonic,
            doctor=doctor,
            provider=open_provider(settings, JoseTokenReader(), time.monotonic),
        )
        listenings = pages.player.listenings
        app = build(pages, origin=lambda: origin, monotonic=time.monotonic)
        server = uvicorn.Server(server_config(app, settings))
        # Signals are ours: uvicorn would raise them again once it has ended.
        vars(server)["capture_signals"] = contextlib.nullcontext

        def stop() -> None:
            pages.operation.streams.close()
            server.should_exit = True

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
        sweeping = asyncio.create_task(
            _sweep((pages.accounts.sessions.sweep, pages.account.tokens.sweep, listenings.sweep), tell)
        )
        tell("console.ready", uri=origin.url, pid=os.getpid())
        try:
            await server.serve(sockets=[listening])
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)
            doctor.end()
            _told(listenings.end_all, tell)
    finally:
        listening.close()
        archive.close()


def _listen(bind: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((bind, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise HostError(
            f"the console cannot listen there: {error.strerror}",
            where=f"{bind}:{port}",
            remedy="set console.port to another one, or console.enabled to false",
        ) from error
    return listening


def server_config(app: App, settings: Settings) -> uvicorn.Config:
    """Return how the application is served."""
    section = settings.console
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(section.proxies),
        forwarded_allow_ips=list(section.proxies),
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=16 << 10,
        ssl_certfile=section.tls_cert_file,
        ssl_keyfile=section.tls_key_file,
    )


async def _sweep(sweeps: Sequence[Callable[[], object]], tell: Tell) -> None:
    """End what ended by itself, so that the evidence says when; a database that is away is tried again."""
    while True:
        for sweep in sweeps:
            await asyncio.to_thread(_told, sweep, tell)
        await asyncio.sleep(_SWEEP_S)


def _told(work: Callable[[], object], tell: Tell) -> None:
    try:
        work()
    except IvrError as error:
        tell("console.fault", what=error.what, where=error.where, remedy=error.remedy)


if __name__ == "__main__":
    sys.exit(child_main("ivr.console", serve))
