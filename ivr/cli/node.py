"""`ivr serve` and `ivr call`."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import Mapping

import click

from ivr.bootstrap.logs import EventLog
from ivr.bootstrap.node import LiveEvent, Node
from ivr.bootstrap.prompt_check import stale_voices
from ivr.bootstrap.single_instance import sole_node
from ivr.cli.console import welcome_to_console
from ivr.cli.context import OWN_LINE, as_json, console, print_json, reporting, settings, until_stopped
from ivr.domain.evidence.events.call import Reported
from ivr.errors import EXIT_OK, EXIT_REFUSED, ConfigurationError, HostError
from ivr.screen import marked
from ivr.settings import Settings

_EVERY_ADDRESS = ("0.0.0.0", "::")


@click.command()
@as_json
@reporting
def serve(json_: bool) -> None:
    """Fait tourner le nœud : répond aux appels jusqu'à Ctrl-C."""
    try:
        found = settings()
        with sole_node(found):
            until_stopped(_serve(found, json_))
    except KeyboardInterrupt:
        # Ctrl-C and SIGTERM are how a node is meant to be ended.
        sys.exit(EXIT_OK)


async def _serve(found: Settings, json_: bool) -> None:
    log = EventLog(found.log, json_=json_)
    try:
        async with Node(found, log.write) as node:
            try:
                uris = [dialled for uri in node.uris for dialled in dialable(uri, found.sip.bind)]
                if json_:
                    log.write(
                        {"kind": "node.ready", "uris": uris, "console": node.console_url, "pids": dict(node.pids)},
                        always=True,
                    )
                else:
                    _welcome(found, uris)
                    if found.console.enabled:
                        welcome_to_console(found, node.console_url)
                await asyncio.Event().wait()
            finally:
                if not json_:
                    console.print("Arrêt : les appels en cours se terminent…")
    finally:
        log.close()


def dialable(uri: str, bind: str) -> list[str]:
    """Return the URIs at which others reach a line: one that listens everywhere has an address for them too."""
    if bind not in _EVERY_ADDRESS:
        return [uri]
    outside = _address_towards_others()
    return [uri.replace("127.0.0.1", outside), uri] if outside and "127.0.0.1" in uri else [uri]


def _address_towards_others() -> str:
    """This machine's address on the way to the documentation network (RFC 5737); no packet is sent."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def _welcome(found: Settings, uris: list[str]) -> None:
    warnings = [*found.warnings(), *(f"{voice.file} : {voice.reason}" for voice in stale_voices(found))]
    for warning in warnings:
        console.print(marked("!", f"{warning}"), soft_wrap=True)
    console.print("Prêt. Depuis un softphone, appelez :", style="bold")
    for uri in uris:
        console.print(f"  {uri}  → programme {found.routes.default}", soft_wrap=True)
    for user, program in found.routes.users.items():
        console.print(f"  utilisateur {user}  → programme {program}")
    console.print(f"Données : {found.node.data_dir} · Ctrl-C pour arrêter.", soft_wrap=True)


#: The form of an address that may be dialled; whether it exists is for the network to say (RFC 3261, RFC 3966).
_DIALLABLE = re.compile(r"sips?:([^\s@<>]+@)?[^\s@<>:]+(:\d{1,5})?([;?][^\s<>]*)?|tel:\+?[\d.()-]+", re.IGNORECASE)


@click.command()
@click.argument("uri")
@click.option("--program", required=True, help="Programme à suivre, p. ex. prospecting.")
@click.option("--agent", default="", help="Softphone du conseiller à mettre en relation après l'annonce.")
@as_json
@reporting
def call(uri: str, program: str, agent: str, json_: bool) -> None:
    """Passe un appel, le suit jusqu'à son terme et en rend compte."""
    if not _DIALLABLE.fullmatch(uri):
        raise ConfigurationError(
            f"'{uri}' cannot be dialled", key="uri", value=uri, remedy="write sip:user@host, sips:user@host or tel:+33…"
        )
    env = {**os.environ, **OWN_LINE}
    settings(env).program(program)
    sys.exit(until_stopped(_call(env, uri, program, agent, json_)))


async def _call(env: Mapping[str, str], uri: str, program: str, agent: str, json_: bool) -> int:
    found = settings(env)
    log = EventLog(found.log, json_=json_)
    ends: asyncio.Queue[LiveEvent] = asyncio.Queue()

    def on_event(event: LiveEvent) -> None:
        log.write(event)
        if event["kind"] in (Reported.kind, "call.unreported", "process.died"):
            ends.put_nowait(event)

    try:
        async with Node(found, on_event, env=env) as node:
            call_id = await node.place(uri, program, agent_uri=agent)
            report = await _end_of(call_id, ends)
    finally:
        log.close()
    answered = report["disposition"] == "ANSWERED"
    if json_:
        print_json({"ok": answered, **report})
    else:
        console.print(f"{report['disposition']} · enregistrement {report['recording_state']}")
    return EXIT_OK if answered else EXIT_REFUSED


async def _end_of(call_id: str, ends: asyncio.Queue[LiveEvent]) -> LiveEvent:
    """Wait for a call's report. Raises HostError when there will be none."""
    while True:
        event = await ends.get()
        if event["kind"] == "process.died" and str(event["process"]).startswith("line"):
            raise HostError(
                "the line died in the middle of the call", where=f"call {call_id}", remedy="see `ivr recordings list`"
            )
        if event["kind"] == "call.unreported" and event["call_id"] == call_id:
            raise HostError(
                "the call is over, but its report could not be written",
                where=f"call {call_id}",
                remedy="make room on the disk; the next start finishes what is left",
            )
        if event["kind"] == Reported.kind and event["call_id"] == call_id:
            return event
