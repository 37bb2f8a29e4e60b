"""`ivr serve` and `ivr call`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping

import click

from ivr.bootstrap.logs import NewsLog
from ivr.bootstrap.node import News, Node
from ivr.cli.context import OWN_LINE, as_json, console, print_json, reporting, settings
from ivr.errors import EXIT_OK, EXIT_REFUSED
from ivr.settings import Settings


@click.command()
@as_json
@reporting
def serve(json_: bool) -> None:
    """Fait tourner le nœud : répond aux appels jusqu'à Ctrl-C."""
    asyncio.run(_serve(settings(), json_))


async def _serve(found: Settings, json_: bool) -> None:
    log = NewsLog(found.log, json_=json_)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sig, stop.set)
    starting = asyncio.create_task(_until_stopped(found, log, stop, json_))
    await starting


async def _until_stopped(found: Settings, log: NewsLog, stop: asyncio.Event, json_: bool) -> None:
    node = Node(found, log.write)
    stopped = asyncio.create_task(stop.wait())
    started = asyncio.create_task(node.start())
    try:
        await asyncio.wait({stopped, started}, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            started.cancel()
            return
        await started
        if json_:
            print_json({"kind": "node.ready", "uris": node.uris, "pids": node.pids})
        else:
            _welcome(found, node)
        await stopped
    finally:
        stopped.cancel()
        if not json_:
            console.print("Arrêt : les appels en cours se terminent…")
        await node.stop()


def _welcome(found: Settings, node: Node) -> None:
    for warning in found.warnings():
        console.print(f"[yellow]![/] {warning}", soft_wrap=True)
    console.print("[bold green]Prêt.[/] Depuis un softphone, appelez :")
    for uri in node.uris:
        console.print(f"  [bold]{uri}[/]  → programme {found.routes.default}", soft_wrap=True)
    for user, program in found.routes.users.items():
        console.print(f"  utilisateur {user}  → programme {program}")
    console.print(f"Données : {found.node.data_dir} · Ctrl-C pour arrêter.", soft_wrap=True)


@click.command()
@click.argument("uri")
@click.option("--program", required=True, help="Programme à suivre, p. ex. prospecting.")
@click.option("--agent", default="", help="Softphone du conseiller à mettre en relation après l'annonce.")
@as_json
@reporting
def call(uri: str, program: str, agent: str, json_: bool) -> None:
    """Passe un appel, le suit jusqu'à son terme et en rend compte."""
    env = {**os.environ, **OWN_LINE}
    settings(env).program(program)
    sys.exit(asyncio.run(_call(env, uri, program, agent, json_)))


async def _call(env: Mapping[str, str], uri: str, program: str, agent: str, json_: bool) -> int:
    found = settings(env)
    log = NewsLog(found.log, json_=json_)
    reports: asyncio.Queue[News] = asyncio.Queue()

    def on_news(news: News) -> None:
        log.write(news)
        if news["kind"] == "call.reported":
            reports.put_nowait(news)

    async with Node(found, on_news, env=env) as node:
        call_id = await node.place(uri, program, agent_uri=agent)
        while (report := await reports.get())["call_id"] != call_id:
            continue
    if json_:
        print_json({"ok": report["disposition"] == "ANSWERED", **report})
    else:
        console.print(f"{report['disposition']} · enregistrement {report['recording_state']}")
    return EXIT_OK if report["disposition"] == "ANSWERED" else EXIT_REFUSED
