"""`ivr menu …`: a menu drawn, played without a telephone, and its emergency message switched."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import click

from ivr.bootstrap.emergencies import open_emergencies
from ivr.bootstrap.menus import find_menu, objection_keys, objections
from ivr.bootstrap.public_holidays import holidays_for
from ivr.bounded_lines import bounded_lines
from ivr.cli.actor import actor_session, asked_by
from ivr.cli.context import as_json, console, print_json, reporting, settings
from ivr.cli.menu_svg import KINDS, menu_svg
from ivr.domain.access import Action
from ivr.domain.evidence.events.house import EmergencySwitched
from ivr.domain.menu.menu import KEYS, Menu, NodeKind
from ivr.errors import EXIT_OK, EXIT_REFUSED, ConfigurationError, HostError
from ivr.screen import complain, marked
from ivr.services.menu.simulation import CallerAct, Simulated, Simulation, Step

#: Of one input: bytes of a line, lines, characters of what is said, hours of a call.
_LINE_MAX, _LINES_MAX, _WORDS_MAX, _AT_MAX_MS = 20_000, 10_000, 2_000, 24 * 3_600_000
_DOES = {"say": "dit", "silence": "se tait", "go": "mène à", "ignore": "ignore", "object": "opposition"}
_WHY = {
    "entered": "entrée dans le menu", "emergency": "message d'urgence", "closed": "hors horaires",
    "holiday": "jour férié", "key": "touche", "words": "parole", "repeated": "à réécouter",
    "no_answer": "sans réponse", "not_understood": "incompris", "ambiguous": "deux choix possibles",
    "no_such_key": "touche sans choix", "retries": "trop d'essais", "steps": "trop de choix",
    "too_long": "trop long", "barge_in": "coupé par l'appelant", "objection_key": "touche d'opposition",
    "not_now": "pas à ce moment", "arrived": "arrivée", "resumed": "reprise", "caller_gone": "l'appelant a raccroché",
}  # fmt: skip


@click.group()
def menu() -> None:
    """Les menus : les dessiner, les essayer sans téléphone. `ivr lint` les vérifie."""


@menu.command()
@click.argument("name")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Fichier SVG (défaut : la sortie)."
)
@as_json
@reporting
def draw(name: str, output: Path | None, json_: bool) -> None:
    """Dessine en SVG le menu NAME, ou celui d'un fichier .toml."""
    found = settings()
    chosen = find_menu(found, name)
    drawing = menu_svg(chosen, found.prompts)
    if output is not None:
        try:
            output.write_text(drawing, "utf-8")
        except OSError as error:
            raise HostError(
                f"the drawing cannot be written: {error.strerror}", where=str(output), remedy="name another file"
            ) from error
    if json_:
        print_json({"ok": True, "menu": chosen.name, "nodes": len(chosen.nodes), "file": output}
                   | ({} if output else {"svg": drawing}))  # fmt: skip
    elif output is None:
        console.print(drawing, end="", soft_wrap=True)
    else:
        console.print(f"Menu {chosen.name} : {len(chosen.nodes)} étapes, dessinées dans {output}.", soft_wrap=True)


@menu.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--menu", "name", default="", help="Le menu, ou un fichier .toml (défaut : le seul qu'il y ait).")
@click.option("--at", "at", default="", help="Quand l'appel arrive, p. ex. 2027-05-06T10:00 (défaut : maintenant).")
@click.option("--emergency", is_flag=True, help="Comme si un superviseur avait allumé le message d'urgence.")
@click.option("--expect", default="", help="Le nœud où l'appel doit arriver ; sinon la commande échoue.")
@as_json
@reporting
def simulate(file: Path, name: str, at: str, emergency: bool, expect: str, json_: bool) -> None:
    """Joue un menu sur un temps virtuel : FILE dit, ligne par ligne, ce que fait l'appelant.

    Une ligne est {"at_ms": 1500, "key": "1"}, {"at_ms": 1500, "words": "un remboursement"} ou {"at_ms": 9000, "hangup":
    true}. « - » : l'entrée standard.
    """
    found = settings()
    chosen = find_menu(found, name)
    if expect and expect not in chosen.nodes:
        raise ConfigurationError(f"There is no node '{expect}' in this menu.", key="--expect", value=expect)
    acts = list(_acts(file))
    now = _moment(at, chosen)
    simulation = Simulation(
        chosen,
        found.prompts,
        acts,
        now,
        objection_keys(found, chosen),
        holidays_for(chosen.hours, now.year),
        emergency,
        # What reads words is loaded when there are some.
        objects=objections(found, chosen) if any(act.words for act in acts) else lambda words, prompt: False,
    )
    for step in simulation.steps():
        (_step_json if json_ else _step)(step)
    assert simulation.result is not None
    ok = not expect or simulation.result.node == expect
    (_result_json if json_ else _result)(simulation.result, ok)
    sys.exit(EXIT_OK if ok else EXIT_REFUSED)


@menu.command()
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.argument("name", default="")
@click.option("--reason", required=True, help="Pourquoi ; reste dans les preuves.")
@asked_by
@as_json
@reporting
def emergency(switch: str, name: str, reason: str, actor: str, role: str, json_: bool) -> None:
    """Allume (on) ou éteint (off) le message d'urgence du menu NAME (défaut : le seul qu'il y ait).

    Chaque appel qui entre dans le menu l'entend d'abord, en entier, sur toutes les lignes et tous les nœuds.
    """
    with actor_session(actor, role) as session:
        session.may(Action.SUPERVISE, reason=reason)
        chosen = find_menu(session.settings, name)
        if chosen.name not in session.settings.menus or chosen.emergency is None:
            raise ConfigurationError(
                "this menu has no emergency message",
                file=str(session.settings.config_dir / "menus" / f"{chosen.name}.toml"),
                key="emergency",
                remedy="write [emergency] with a prompt, then run `ivr init`",
            )
        prompt = session.settings.prompt(chosen.emergency.prompt)
        switched = EmergencySwitched(
            menu=chosen.name,
            on=switch == "on",
            prompt_id=prompt.id,
            prompt_version=prompt.version,
            actor=session.actor.id,
            role=session.actor.role.value,
            reason=reason[:200],
        )
        changed = open_emergencies(session.archive).switch(switched, datetime.now(UTC))
    if json_:
        print_json({"ok": True, "menu": chosen.name, "emergency": switched.on, "changed": changed})
    else:
        state = f"{'déjà ' if not changed else ''}{'allumé' if switched.on else 'éteint'}"
        console.print(f"Menu {chosen.name} : message d'urgence {state}.", soft_wrap=True)


def _moment(text: str, chosen: Menu) -> datetime:
    """Return the local time of a menu; a time without an offset is its wall clock."""
    zone = ZoneInfo(chosen.hours.timezone if chosen.hours else "Europe/Paris")
    try:
        moment = datetime.fromisoformat(text) if text else datetime.now(zone)
        return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            "this is no time", key="--at", value=text, remedy="write e.g. 2027-05-06T10:00 or 2027-05-06T10:00+02:00"
        ) from None


def _acts(path: Path) -> Iterator[CallerAct]:
    with ExitStack() as opened:
        try:
            file: BinaryIO = sys.stdin.buffer if str(path) == "-" else opened.enter_context(path.open("rb"))
        except OSError as error:
            raise ConfigurationError(
                f"cannot be read: {error.strerror}", file=str(path), remedy="check that the file exists and is readable"
            ) from None
        where = "stdin" if str(path) == "-" else str(path)
        for number, line in enumerate(bounded_lines(file, where=where, longest=_LINE_MAX, most=_LINES_MAX), 1):
            if line.strip():
                yield _act(line, where, number)


def _act(line: bytes, where: str, number: int) -> CallerAct:
    try:
        said: Any = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    act = _read(said) if isinstance(said, dict) else None
    if act is None:
        raise ConfigurationError(
            "this is nothing that a caller does",
            file=where,
            line=number,
            remedy='write {"at_ms": 1500, "key": "1"}, or "words": "…", or "hangup": true instead of the key',
        )
    return act


def _read(said: dict[str, Any]) -> CallerAct | None:
    at_ms = said.get("at_ms")
    if type(at_ms) is not int or not 0 <= at_ms <= _AT_MAX_MS or len(said) != 2:
        return None
    key, words = said.get("key"), said.get("words")
    if isinstance(key, str) and len(key) == 1 and key in KEYS:
        return CallerAct(at_ms, key=key)
    if isinstance(words, str) and words.strip() and len(words) <= _WORDS_MAX:
        return CallerAct(at_ms, words=words)
    return CallerAct(at_ms, hangup=True) if said.get("hangup") is True else None


def _step_json(step: Step) -> None:
    body = {"at_ms": step.at_ms, "do": step.do, "node": step.node, "why": step.why}
    print_json(body | {key: value for key in ("prompt", "text", "kind", "queue") if (value := getattr(step, key))})


def _step(step: Step) -> None:
    what = f"« {step.text} »" if step.text else _led(step.kind, step.node, step.queue) if step.kind else step.prompt
    seconds = f"{step.at_ms / 1000:7.1f} s".replace(".", ",")
    console.print(f"{seconds}  {_DOES[step.do]:<10} {what}  ({step.node} : {_WHY[step.why]})", soft_wrap=True)


def _led(kind: str, node: str, queue: str) -> str:
    return f"{node or 'fin'} : {KINDS[NodeKind(kind)]} {queue}".strip()


def _result_json(result: Simulated, ok: bool) -> None:
    print_json({
        "ok": ok, "menu": result.menu, "path": result.path, "node": result.node, "kind": result.kind,
        "queue": result.queue, "why": result.why, "duration_ms": result.duration_ms, "objections": result.objections,
    })  # fmt: skip


def _result(result: Simulated, ok: bool) -> None:
    way = " → ".join(result.path) or "message d'urgence"
    end = _led(result.kind, result.node, result.queue) if result.kind else _WHY["caller_gone"]
    console.print(marked("✓" if ok else "✗", f"{way} ; {end}"), soft_wrap=True)
    if not ok:
        complain("ivr: l'appel n'arrive pas où il devait.")
