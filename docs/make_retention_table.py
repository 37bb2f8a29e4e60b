"""Writes the table of docs/retention.md from config/retention.toml: python docs/make_retention_table.py

Run it after a change of the table, and read what it says: each line is a promise made to people.
`tests/unit/domain/retention/test_retention_document.py` fails, line by line and in plain words, when file and table
disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ivr.domain.access import AccessPolicy, Role
from ivr.domain.retention.schedule import AtEnd, LawfulBasis, OnObjection, Period, RetentionTable, Schedule
from ivr.french import french
from ivr.settings.access import load_access
from ivr.settings.law import load_profile, load_retention

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "retention.md"
BEGIN, END = "<!-- table: begin (docs/make_retention_table.py) -->", "<!-- table: end -->"
HEAD = (
    "donnée",
    "point de départ",
    "durée",
    "au plus",
    "ensuite",
    "opposition",
    "qui ouvre",
    "base",
    "règles",
    "fiabilité",
)

_CONFIDENCE = {
    "verified-official": "texte officiel lu",
    "verified-secondary": "plusieurs sources",
    "single-secondary": "une source",
    "conflicting-secondary": "sources contraires",
    "memory": "de mémoire",
    "inference": "lecture prudente",
}

_BASIS = {
    LawfulBasis.CONSENT: "consentement",
    LawfulBasis.CONTRACT: "contrat",
    LawfulBasis.LEGAL_OBLIGATION: "obligation légale",
    LawfulBasis.VITAL_INTERESTS: "intérêts vitaux",
    LawfulBasis.PUBLIC_TASK: "mission publique",
    LawfulBasis.LEGITIMATE_INTERESTS: "intérêt légitime",
}


def lines(table: RetentionTable, policy: AccessPolicy) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return one line for each period, by what it is about and when it begins; cells as in HEAD."""
    found = {}
    for schedule in table.schedules.values():
        for period in schedule.periods:
            cells = _cells(schedule, period, policy)
            found[cells[0], cells[1]] = cells
    return found


def written(page: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Read the lines back from the text of the page."""
    rows = page.partition(BEGIN)[2].partition(END)[0].strip().splitlines()[2:]
    cells = [tuple(cell.strip() for cell in row.strip().strip("|").split("|")) for row in rows]
    return {(row[0], row[1]): row for row in cells}


def differences(
    page: Mapping[tuple[str, str], tuple[str, ...]], table: Mapping[tuple[str, str], tuple[str, ...]]
) -> list[str]:
    """Say in French what a difference between page and configuration means; empty when they agree."""
    said = []
    for key in dict.fromkeys((*page, *table)):
        what, start = key
        old, new = page.get(key), table.get(key)
        if old is None and new is not None:
            said.append(f"« {what} » à partir de : {start}, gardé {new[2]}, n'est promis nulle part.")
        elif new is None:
            said.append(f"« {what} » à partir de : {start}, promis, n'a plus de délai dans la configuration.")
        elif old is not None:
            said += [
                f"« {what} » à partir de : {start} ; {name} : la configuration dit « {after} », "
                f"docs/retention.md promet « {before} »."
                for name, before, after in zip(HEAD, old, new, strict=True)
                if before != after
            ]
    return said


def render(page: str, table: RetentionTable, policy: AccessPolicy) -> str:
    """Return the page with its table written anew."""
    before, _, rest = page.partition(BEGIN)
    rows = [HEAD, ("---",) * len(HEAD), *lines(table, policy).values()]
    drawn = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"{before}{BEGIN}\n{drawn}\n{END}{rest.partition(END)[2]}"


def _cells(schedule: Schedule, period: Period, policy: AccessPolicy) -> tuple[str, ...]:
    length = french(str(period.keep))
    if period.archive_after is not None:
        length += f", archive {_since(period)}"
    cap = (
        f"{french(str(period.cap))} ({period.cap_rule})"
        if period.cap_param
        else f"{french(str(period.cap))} (engagement)"
    )
    then = "réexamen par une personne" if schedule.at_end is AtEnd.REVIEW else "destruction"
    objection = "détruit" if schedule.on_objection is OnObjection.DESTROY else "sans effet"
    rules = ", ".join(dict.fromkeys((*period.rules, period.cap_rule)))
    sure = _CONFIDENCE[schedule.confidence] + (" (conflit)" if schedule.conflict else "")
    return (
        schedule.title,
        period.start,
        length,
        cap,
        then,
        objection,
        _openers(schedule, policy),
        _BASIS[schedule.basis],
        rules,
        sure,
    )


def _since(period: Period) -> str:
    after = period.archive_after
    return "aussitôt" if after is None or after.at_once else f"après {french(str(after))}"


def _openers(schedule: Schedule, policy: AccessPolicy) -> str:
    if schedule.tag in policy.closed_tags:
        opened = policy.internal_roles if policy.internal_access else frozenset[Role]()
        return ", ".join(sorted(policy.titles[role] for role in opened)) or "fermé en interne"
    return ", ".join(policy.titles[Role(role)] for role in schedule.access) or "personne"


def main() -> None:
    profile = load_profile(ROOT / "config" / "profiles", "fr-2026", file="ivr.toml")
    table = load_retention(ROOT / "config" / "retention.toml", profile)
    policy = load_access(ROOT / "config" / "access.toml", table)
    page = PAGE.read_text("utf-8")
    for sentence in differences(written(page), lines(table, policy)):
        print(sentence)
    PAGE.write_text(render(page, table, policy), "utf-8")


if __name__ == "__main__":
    main()
