"""How the tour is shown: a timeline in French while it runs, then a table; or nothing, for JSON."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ivr.bootstrap.node import LiveEvent
from ivr.domain.evidence.events.call import Reported
from ivr.domain.evidence.events.objection import Barred
from ivr.domain.evidence.events.recording import Recovered
from ivr.screen import Screen
from ivr_demo.observed_calls import ObservedCall

_LABELS = {
    "objection_recording": "s'oppose à l'enregistrement",
    "refusal_contact": "refuse d'être démarché",
    "question_recording": "demande pourquoi c'est enregistré",
    "none": "rien à signaler",
}
_STATES = {
    "CAPTURING": "[red]● enregistrement en cours[/]",
    "PAUSED": "[yellow]● enregistrement suspendu[/]",
    "SEALED": "[green]■ enregistrement scellé, chiffré[/]",
    "DISCARDED": "[green]✗ enregistrement détruit : sa clé n'existe plus[/]",
    "DAMAGED": "[red]! enregistrement endommagé[/]",
}
_OUTCOMES = {"SEALED": "scellé", "DISCARDED": "détruit", "DAMAGED": "endommagé"}
_PARTY = {"caller": "la personne", "agent": "le conseiller"}


class View(Protocol):
    def note(self, text: str) -> None: ...

    def begin(self, call: ObservedCall) -> None: ...

    def show(self, item: LiveEvent) -> None: ...

    def end(self, calls: list[ObservedCall], places: Mapping[str, object]) -> None: ...


class JsonView:
    """Shows nothing: the result is printed as one JSON object afterwards."""

    def note(self, text: str) -> None:
        return

    def begin(self, call: ObservedCall) -> None:
        return

    def show(self, item: LiveEvent) -> None:
        return

    def end(self, calls: list[ObservedCall], places: Mapping[str, object]) -> None:
        return


class LiveView:
    """Prints a line of French for each thing that happens, with seconds since the call began."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Screen(markup=True)
        self._began = time.monotonic()

    def note(self, text: str) -> None:
        self._console.print(f"         [dim]{escape(text)}[/]", soft_wrap=True)

    def begin(self, call: ObservedCall) -> None:
        self._began = time.monotonic()
        self._console.print()
        self._console.rule(f"[bold]{call.title}[/]", align="left")

    def show(self, item: LiveEvent) -> None:
        tell = _TELL.get(str(item["kind"]))
        text = tell(item) if tell is not None else ""
        if text:
            at = item.get("at")
            since = (at if isinstance(at, float) else time.monotonic()) - self._began
            self._console.print(f"[cyan]{max(0.0, since):6.2f} s[/] {text}", soft_wrap=True)

    def end(self, calls: list[ObservedCall], places: Mapping[str, object]) -> None:
        self._console.print()
        table = Table(title="Ce qui s'est passé", title_justify="left")
        for column in ("appel", "enregistrement", "échéance", "arrêt", "bien fini"):
            table.add_column(column, no_wrap=True)
        for call in calls:
            recording = call.recording
            latency = call.latency_ms.get("objection_to_action")
            table.add_row(
                call.name,
                _OUTCOMES.get(str(recording.get("state")), "–"),
                str(recording.get("deadline") or "–")[:10],
                _latency(latency),
                "[green]oui[/]" if call.ok else "[red]non[/]",
            )
        self._console.print(table)
        for call in calls:
            for fault in call.faults:
                self._console.print(f"[red]✗[/] {call.name} : {escape(fault)}", soft_wrap=True)
        places_table = Table(show_header=False, box=None)
        for name, place in places.items():
            places_table.add_row(f"[dim]{name}[/]", str(place))
        self._console.print(places_table)
        self._console.print(
            "[dim]Et maintenant :[/] ivr recordings list · ivr recordings show ID · ivr recordings verify"
            " · ivr audit verify\n"
            "[dim]Dans un navigateur :[/] ivr console (ces appels) · ivr demo --console (une maison d'exemple)"
        )


def _latency(ms: float | None) -> str:
    """From the last objecting word to the moment nothing more is kept."""
    if ms is None:
        return "–"
    return f"{ms:.0f} ms après" if ms >= 0 else f"{-ms:.0f} ms avant la fin"


def _judged(item: LiveEvent) -> str:
    if not item.get("final") and item.get("band") == "clear":
        return ""
    who = _PARTY.get(str(item["channel"]), str(item["channel"]))
    label = _LABELS.get(str(item["label"]), str(item["label"]))
    early = "" if item.get("final") else " (avant la fin de la phrase)"
    return f"l'oreille : {who} — {label} [dim]({item['band']}, {item['score']}, {item['waited_ms']} ms){early}[/]"


def _objection(item: LiveEvent) -> str:
    basis = {
        "DTMF": "au clavier",
        "SPOKEN": "par la voix",
        "AGENT": "par le conseiller",
        "IMPLIED": "dans le doute",
    }
    onset = item["onset_ms"]
    assert isinstance(onset, int)
    return (
        f"[bold magenta]opposition {basis.get(str(item['basis']), '')}[/] : "
        f"rien n'est gardé depuis {onset / 1000:.2f} s"
        f" [dim]({', '.join(map(str, item['rules'] if isinstance(item['rules'], list) else []))})[/]"
    )


_TELL: dict[str, Callable[[LiveEvent], str]] = {
    "call.started": lambda item: "appel entrant" if item["direction"] == "inbound" else "le moteur appelle le prospect",
    "leg.confirmed": lambda item: f"{_PARTY[str(item['party'])]} est en ligne [dim]({item['codec']})[/]",
    "prompt.started": lambda item: f"le moteur dit « {item['prompt']} »",
    "disclosure.completed": lambda item: (
        f"[green]annonce entendue en entier[/] par {_PARTY[str(item['party'])]} [dim]({item['heard_ms']} ms)[/]"
    ),
    "hearing.judged": _judged,
    "doubt": lambda item: "[yellow]doute[/] : l'enregistrement est suspendu, le moteur pose la question",
    "objection": _objection,
    "dtmf.pressed": lambda item: f"{_PARTY[str(item['party'])]} appuie sur une touche",
    "agent.calling": lambda item: "le moteur appelle le conseiller",
    "agent.bridged": lambda item: "l'appelant et le conseiller se parlent",
    "recording.state": lambda item: _STATES.get(str(item["state"]), str(item["state"])),
    Barred.kind: lambda item: f"inscrit au registre « ne plus appeler » [dim]({str(item['entry'])[:12]}…)[/]",
    "leg.disconnected": lambda item: (
        f"{_PARTY[str(item['party'])]} a raccroché ou a été libéré [dim](SIP {item['sip_status']})[/]"
    ),
    Reported.kind: lambda item: f"appel terminé : {item['disposition']}",
    "hearing.unheard": lambda item: "[yellow]l'oreille n'a pas répondu à temps : rien n'est gardé sans être entendu[/]",
    "process.died": lambda item: f"[red]{item['process']} s'est arrêté (code {item['code']})[/]",
    Recovered.kind: lambda item: f"reste d'une panne traité : {item['state']}",
}
