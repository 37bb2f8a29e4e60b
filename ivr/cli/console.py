"""`ivr console`: the web console alone, and its accounts."""

from __future__ import annotations

import asyncio
import os
import sys

import click

from ivr.bootstrap.accounts import console_installed, console_url, first_token, open_accounts
from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.logs import EventLog
from ivr.bootstrap.node import console_child
from ivr.cli import context as shared
from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, print_json, reporting, settings, until_stopped
from ivr.domain.access import Action, Role
from ivr.domain.account.account import AccountState
from ivr.errors import EXIT_OK, HostError
from ivr.screen import marked
from ivr.settings import Settings

#: An authority's account is opened on the page of its request.
_ROLES = [role.value for role in Role if role is not Role.AUTHORITY_VIEWER]


@click.group(invoke_without_command=True)
@click.pass_context
@as_json
@reporting
def console(context: click.Context, json_: bool) -> None:
    """Fait tourner la console web seule, jusqu'à Ctrl-C (`ivr serve` la fait tourner avec le nœud)."""
    if context.invoked_subcommand is not None:
        return
    found = settings()
    if not console_installed():
        raise HostError("the console is not installed: pip install 'ivr[console]'")
    try:
        until_stopped(_run(found, json_))
    except KeyboardInterrupt:
        # Ctrl-C and SIGTERM are how it is meant to be ended.
        sys.exit(EXIT_OK)


async def _run(found: Settings, json_: bool) -> None:
    log = EventLog(found.log, json_=json_)
    child = console_child(found, env=os.environ, on_event=log.write)
    watcher = asyncio.create_task(child.keep_alive())
    try:
        await child.ready(60.0)
        if not json_:
            welcome_to_console(found, child.uri)
        await watcher
    finally:
        await child.end()
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
        log.close()


def welcome_to_console(found: Settings, url: str) -> None:
    """Say where the console is; while there is no account, with the one-time link for the first."""
    if not url:
        said = "absente : pip install 'ivr[console]'" if not console_installed() else "arrêtée : voyez le journal"
        shared.console.print(marked("!", f"Console web {said}"), soft_wrap=True)
        return
    shared.console.print(f"Console web : {url}", soft_wrap=True)
    archive = open_archive(found)
    try:
        token = first_token(found, archive)
    finally:
        archive.close()
    if token is not None:
        shared.console.print(
            f"  Premier compte (administrateur), lien à usage unique valable 24 h :\n  {_link(url, token)}",
            soft_wrap=True,
        )


def _link(url: str, token: str) -> str:
    return f"{url}/invitation?jeton={token}"


@console.command()
@click.argument("login")
@click.option("--as", "account_role", required=True, type=click.Choice(_ROLES), help="Son rôle.")
@click.option("--reason", required=True, help="Motif, inscrit aux preuves en cas de refus.")
@asked_by
@as_json
@reporting
def invite(login: str, account_role: str, reason: str, actor: str, role: str, json_: bool) -> None:
    """Donne le lien à usage unique qui crée le compte LOGIN, ou le recrée (mot de passe ou téléphone perdus)."""
    with actor_session(actor, role) as session:
        session.may(Action.ACCOUNTS, reason=reason)
        accounts = open_accounts(session.settings, session.archive)
        token = accounts.invitations.invite(login, Role(account_role), session.actor)
    link = _link(console_url(session.settings, session.settings.console.port), token)
    if json_:
        print_json({"ok": True, "login": login, "role": account_role, "link": link})
    else:
        shared.console.print(f"Lien à usage unique, valable 24 h, à remettre en main propre :\n{link}", soft_wrap=True)


@console.command()
@click.argument("login")
@click.option("--reason", required=True, help="Motif, inscrit aux preuves.")
@asked_by
@as_json
@reporting
def close(login: str, reason: str, actor: str, role: str, json_: bool) -> None:
    """Ferme le compte LOGIN, termine ses sessions et retire son invitation s'il en reste une."""
    with actor_session(actor, role) as session:
        session.may(Action.ACCOUNTS, reason=reason)
        open_accounts(session.settings, session.archive).invitations.close(login, reason, session.actor)
    if json_:
        print_json({"ok": True, "login": login})
    else:
        shared.console.print(f"Compte {login} fermé.")


@console.command()
@click.option("--reason", required=True, help="Motif, inscrit aux preuves en cas de refus.")
@asked_by
@as_json
@reporting
def accounts(reason: str, actor: str, role: str, json_: bool) -> None:
    """Liste les comptes de la console, et les invitations qui attendent encore."""
    with actor_session(actor, role) as session:
        session.may(Action.ACCOUNTS, reason=reason)
        accounts = open_accounts(session.settings, session.archive)
        found = accounts.invitations.listing(session.actor, reason)
        invited = accounts.invitations.pending()
        titles = session.settings.access.titles
    if json_:
        known = [{"login": one.login, "role": one.role, "state": one.state, "made_at": one.made_at} for one in found]
        waiting = [{"login": one.login, "role": one.role, "by": one.invited_by, "until": one.until} for one in invited]
        print_json({"ok": True, "accounts": known, "invitations": waiting})
        return
    for one in found:
        state = "" if one.state is AccountState.ACTIVE else " (fermé)"
        shared.console.print(f"{one.login} : {titles.get(one.role, one.role.value)}{state}")
    if not found:
        shared.console.print("Aucun compte.")
    for waits in invited:
        title = titles.get(waits.role, waits.role.value)
        shared.console.print(f"{waits.login or 'premier compte'} : {title} (invitation de {waits.invited_by})")
