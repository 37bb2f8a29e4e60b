"""Draws docs/diagrams from the live state tables: python docs/make_state_diagrams.py

Mermaid inside Markdown: every forge draws it, and a change of a table shows as a readable difference.
`tests/unit/test_diagrams.py` fails when the files here and the tables disagree.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

from ivr.domain.authority.requisition import REQUISITION
from ivr.domain.call.leg import LEG
from ivr.domain.call.state import CALL
from ivr.domain.consent.state import CONSENT
from ivr.domain.menu.progress import MENU
from ivr.domain.quality.analysis import ANALYSIS
from ivr.domain.queue.agent import AGENT
from ivr.domain.queue.place import PLACE
from ivr.domain.recording.capture_state import CAPTURE
from ivr.domain.recording.state import RECORDING
from ivr.domain.retention.legal_hold import LEGAL_HOLD
from ivr.domain.rights.breach import BREACH
from ivr.domain.rights.request import RIGHTS_REQUEST
from ivr.domain.state_machine import Machine

FOLDER = Path(__file__).parent / "diagrams"

# What a reader must know to read one drawing, and the module that holds its table.
_ABOUT: tuple[tuple[Machine[Any, Any], str, str], ...] = (
    (
        LEG,
        "ivr/domain/call/leg.py",
        "One SIP session between the engine and a party. INCOMING is a UAS leg, CALLING a UAC leg. Hold is a media "
        "direction, not a state.",
    ),
    (CALL, "ivr/domain/call/state.py", "What the engine promises to one caller, over one leg or two."),
    (
        MENU,
        "ivr/domain/menu/progress.py",
        "The way of one caller through a menu, which begins once the disclosure was heard. An event that does not fit, "
        "a late key say, is ignored before the table is asked. LEAVING says the last prompt; LEFT has led the caller "
        "on, or lost them.",
    ),
    (
        CONSENT,
        "ivr/domain/consent/state.py",
        "One machine per party. Every move has its record. REFUSED is final: nothing said later brings the "
        "recording back.",
    ),
    (
        CAPTURE,
        "ivr/domain/recording/capture_state.py",
        "What may still be stored of a call while it lasts; it only ever gets less, and `Capture` asks first whether "
        "there is a move. Memory moves at once; the recording follows when the vault has acted.",
    ),
    (
        RECORDING,
        "ivr/domain/recording/state.py",
        "From nothing kept to destroyed. A call may be reported only when its recording stands in WITHHELD, SEALED, "
        "DAMAGED, DISCARDED or PURGED.",
    ),
    (
        LEGAL_HOLD,
        "ivr/domain/retention/legal_hold.py",
        "A named case suspends the destruction of the recordings that it lists (RET-002), by retention and by hand. "
        "Only ACTIVE holds anything; two persons who did not ask for it must approve.",
    ),
    (
        BREACH,
        "ivr/domain/rights/breach.py",
        "A breach of personal data in the register (GDP-007). The 72 hours run from the moment it was noticed; it is "
        "closed once everybody was told who must be.",
    ),
    (
        RIGHTS_REQUEST,
        "ivr/domain/rights/request.py",
        "What a person asks of their data (GDP-003). The month runs in every state but ANSWERED, REFUSED and DISPUTED; "
        "EXTEND makes it three, once, within the first. Nobody is answered before it is known who asks.",
    ),
    (
        REQUISITION,
        "ivr/domain/authority/requisition.py",
        "What an authority asks for in writing (RET-004). Its list stands once it is checked, whoever checked it does "
        "not approve it, and nothing is handed out or shown before. A list that is changed after the approval is "
        "checked and approved anew.",
    ),
    (
        ANALYSIS,
        "ivr/domain/quality/analysis.py",
        "What a reviewer makes of a call. REVISE is the end of a second review, an analysis of its own that counts in "
        "its place. A draft that is given up, and whatever is due, is deleted.",
    ),
    (
        AGENT,
        "ivr/domain/queue/agent.py",
        "Who serves queues. A pause that is asked for during a call begins after it. WITHDRAW: the caller has gone, or "
        "the agent could not be called; they keep their turn. LAPSE: the time of wrap-up, or of UNREACHABLE, is over.",
    ),
    (
        PLACE,
        "ivr/domain/queue/place.py",
        "One call in a queue. RETURN: the agent who was called for it did not answer; the place is kept. LEAVE sets "
        "its agent free, to wrap up where they have talked; nothing is kept of a place that is OVER.",
    ),
)


def draw(machine: Machine[Any, Any], source: str, about: str) -> str:
    """Return the Markdown page of one machine: drawing, then the table as a matrix of event and state."""
    lines = [f"# State table: {machine.name}", "", f"Generated from `{source}`; do not edit by hand.", "", about, ""]
    lines += ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state.name}" for state in _in_order(machine.initial)]
    edges: dict[tuple[str, str], list[str]] = {}
    for (state, event), after in machine.table.items():
        edges.setdefault((state.name, after.name), []).append(event.name)
    lines += [f"    {before} --> {after}: {', '.join(events)}" for (before, after), events in edges.items()]
    lines += [f"    {state.name} --> [*]" for state in _in_order(machine.final)]
    lines += ["```", "", "Every pair that is empty below raises `TransitionError` and changes nothing.", ""]
    states = _in_order({state for pair in machine.table.items() for state in (pair[0][0], pair[1])})
    events = _in_order({event for _, event in machine.table})
    lines.append("| in | " + " | ".join(event.name for event in events) + " |")
    lines.append("| --- |" + " --- |" * len(events))
    for state in states:
        cells = [_name(machine.table.get((state, event))) for event in events]
        lines.append(f"| **{state.name}** | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {f"{machine.name}.md": draw(machine, source, about) for machine, source, about in _ABOUT}


def _in_order(members: frozenset[Enum] | set[Enum]) -> list[Enum]:
    """Return members of one enumeration in the order in which it declares them."""
    return [member for member in type(next(iter(members))) if member in members] if members else []


def _name(state: Enum | None) -> str:
    return state.name if state is not None else ""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, page in pages().items():
        (FOLDER / name).write_text(page, "utf-8")


if __name__ == "__main__":
    main()
