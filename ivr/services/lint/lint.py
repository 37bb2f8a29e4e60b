"""Checks what is said before it is said: forbidden questions, and recording notices that lack an element,
are too long, or name a wrong key.

A check takes a passage and the law and yields findings; `CHECKS` is the whole list, and the place to add one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ivr.domain.asks.phrase_bank import PhraseBank
from ivr.domain.call.party import Direction
from ivr.domain.profile import Profile
from ivr.domain.program.notice import (
    ELEMENT_NAMES,
    ai_notice_position,
    objection_keys,
    present_elements,
    read_notice,
    spoken_seconds,
)
from ivr.domain.program.program import SpokenPrompt
from ivr.domain.text.told import Told
from ivr.errors import nearest
from ivr.services.lint.ask_checks import forbidden_asks
from ivr.services.lint.files import Unreadable
from ivr.services.lint.finding import Check, Finding, Law, finding_at
from ivr.services.lint.grid_checks import forbidden_notes
from ivr.services.lint.sources import Moment, Passage, grid_passages, read_passages

__all__ = ["CHECKS", "Finding", "lint_grid", "lint_paths", "lint_spoken"]


def lint_paths(
    paths: Iterable[Path],
    direction: Direction | None = None,
    *,
    profile: Profile,
    phrases: PhraseBank,
    controller: str = "",
) -> list[Finding]:
    """Return the faults of every prompt and script in the files and trees given, by file and line.

    `direction` is assumed for passages that no program places. A file that cannot be read is a finding; a path that
    does not exist raises ConfigurationError.
    """
    law = Law(profile, phrases, controller)
    findings: list[Finding] = []
    for passage in read_passages(paths, direction):
        if isinstance(passage, Unreadable):
            findings.append(_unreadable(passage))
        else:
            findings.extend(finding for check in CHECKS for finding in check(passage, law))
    return sorted(dict.fromkeys(findings), key=lambda f: (f.file, f.line, f.rule, f.kind, f.words))


def lint_grid(text: str, *, file: str, profile: Profile, phrases: PhraseBank) -> list[Finding]:
    """Return what a grid of this TOML text would have noted that an analysis may not hold (REC-018, ASK-002)."""
    law = Law(profile, phrases)
    found = (one for passage in grid_passages(text, file) for one in forbidden_notes(passage, law))
    return list(dict.fromkeys(found))


def lint_spoken(
    spoken: Iterable[SpokenPrompt], *, profile: Profile, phrases: PhraseBank, controller: str = ""
) -> list[Finding]:
    """Return the faults of what a node is about to say, each prompt as the program that says it will.

    `file` of a finding is the prompt's key, prompts.<id>. The node refuses to start on any finding (REC-002, REC-003,
    REC-004, AIA-003, ASK-001, ASK-002; ASK-005: in doubt a prompt is blocked).
    """
    law = Law(profile, phrases, controller)
    found = (finding for one in spoken for check in CHECKS for finding in check(_as_passage(one), law))
    return list(dict.fromkeys(found))


def _as_passage(spoken: SpokenPrompt) -> Passage:
    program, prompt = spoken.program, spoken.prompt
    return Passage(
        f"prompts.{prompt.id}",
        1,
        prompt.id,
        prompt.text,
        moment=next((one for one in Moment if one.value == spoken.moment), Moment.OTHER),
        direction=program.direction,
        sales="sales" in program.activities,
        claims=prompt.elements,
        objection_keys=frozenset({program.objection_key}),
        english=prompt.english,
    )


def _unreadable(file: Unreadable) -> Finding:
    return Finding(
        file.file,
        file.line,
        "REC-002",
        "unreadable_file",
        "",
        Told(f"The file cannot be checked: {file.reason}."),
        Told("Mend the line that is named; the file must be TOML, or text in UTF-8."),
    )


# ---------------------------------------------------------------- what a notice must say

#: What a notice lacks, and what to write; the words in « » are those to say on the telephone.
_ELEMENTS = {
    "ai_assistant": (
        "does not say that one speaks to a machine",
        "Begin with: « Vous parlez à l'assistant automatique de {controller}. »",
    ),
    "recording_exists": ("does not say that the call is recorded", "Add: « Cet appel peut être enregistré. »"),
    "controller_name": (
        "does not name the house that records",
        "Name it: « {controller} » becomes its name.",
    ),
    "purpose": (
        "does not say why the call is recorded",
        "Add the reason: « … enregistré pour améliorer la qualité de nos réponses. »",
    ),
    "right_to_object_and_how": (
        "does not say that one may refuse the recording, and how",
        "Add: « Vous pouvez refuser l'enregistrement à tout moment : dites-le, ou appuyez sur la touche "
        "{objection_key}. »",
    ),
    "pointer_to_full_notice": (
        "does not say where the full information is",
        "Add: « Toutes les informations sur vos droits sont sur notre site internet. »",
    ),
    "commercial_purpose": (
        "does not say that the call is commercial",
        "Add: « … qui vous appelle pour une offre commerciale. »",
    ),
    "professional_name": ("does not name the professional", "Name it: « {controller} » becomes its name."),
    "caller_identity_and_link": (
        "does not say who calls and how they belong to the professional",
        "Add: « Vous parlez à l'assistant automatique de {controller}, qui vous appelle… »",
    ),
    "recording_notice_if_recorded": (
        "does not say that the sales call is recorded",
        "Add: « Cet appel est enregistré, comme la loi le demande. »",
    ),
}


def _required(passage: Passage, law: Law) -> dict[str, str]:
    """Return the elements a passage must hold, each with the rule that asks for it."""
    wanted: dict[str, str] = {}
    if passage.moment is Moment.DISCLOSURE:
        wanted.update(dict.fromkeys(law.profile.names("REC-002", "required_elements"), "REC-002"))
        if _is_sales(passage):
            wanted.update(dict.fromkeys(law.profile.names("REC-003", "required_elements"), "REC-003"))
        if passage.spoken_by_engine:
            wanted["ai_assistant"] = "AIA-003"
    elif passage.moment is Moment.AGENT_DISCLOSURE:
        wanted["recording_exists"] = "REC-014"
    sales = law.profile.names("REC-003", "required_elements")
    for claimed in passage.claims:
        if claimed in ELEMENT_NAMES:
            rule = "AIA-003" if claimed == "ai_assistant" else "REC-003" if claimed in sales else "REC-002"
            wanted.setdefault(claimed, rule)
    return wanted


def _is_sales(passage: Passage) -> bool:
    if passage.direction is not None:
        return passage.direction is Direction.OUTBOUND and (passage.sales or not passage.objection_keys)
    return "commercial_purpose" in (*passage.claims, *present_elements(read_notice(passage.text)))


def missing_elements(passage: Passage, law: Law) -> Iterator[Finding]:
    """An element the rules ask for, or the passage claims, is not in its words (REC-002, REC-003, AIA-003)."""
    required = _required(passage, law)
    if not required:
        return
    present = present_elements(read_notice(passage.text, controller=law.controller))
    for element, rule in required.items():
        if element in present:
            continue
        lacks, suggestion = _ELEMENTS.get(element, (f"lacks the element '{element}'", "Add it."))
        claimed = ", though it claims to" if element in passage.claims else ""
        yield finding_at(
            passage,
            rule,
            "missing_element",
            element,
            Told(f"The notice '{passage.id}' {lacks}{claimed} ({element})."),
            Told(suggestion),
        )


def unknown_elements(passage: Passage, law: Law) -> Iterator[Finding]:
    """A claimed element that does not exist cannot be checked."""
    for claimed in passage.claims:
        if claimed not in ELEMENT_NAMES:
            reason = Told(f"The notice '{passage.id}' claims an unknown element: {claimed}.")
            yield finding_at(
                passage, "REC-002", "unknown_element", claimed, reason, Told(nearest(claimed, ELEMENT_NAMES))
            )


def machine_named_first(passage: Passage, law: Law) -> Iterator[Finding]:
    """That one speaks to a machine stands in the first sentence (AIA-003)."""
    if passage.moment is not Moment.DISCLOSURE or not passage.spoken_by_engine:
        return
    position = ai_notice_position(read_notice(passage.text))
    if position:
        yield finding_at(
            passage,
            "AIA-003",
            "late_ai_notice",
            "ai_assistant",
            Told(f"The notice '{passage.id}' says only in sentence {position + 1} that one speaks to a machine."),
            Told("Say it in the first sentence: « Vous parlez à l'assistant automatique de {controller}. »"),
        )


# ---------------------------------------------------------------- how it is said


def too_long(passage: Passage, law: Law) -> Iterator[Finding]:
    """A notice fits into REC-002's seconds, a closing sentence into REC-006's."""
    rule, param = {
        Moment.DISCLOSURE: ("REC-002", "max_notice_seconds"),
        Moment.CLOSING: ("REC-006", "closing_sentence_max_s"),
    }.get(passage.moment, ("", ""))
    if not rule:
        return
    limit_s = law.profile.number(rule, param)
    text = passage.text.replace("{controller}", law.controller or "la Mutuelle Exemple")
    length_s = spoken_seconds(text)
    if length_s > limit_s:
        yield finding_at(
            passage,
            rule,
            "too_long",
            f"{length_s:.0f} s",
            Told(f"'{passage.id}' lasts about {length_s:.0f} seconds; {limit_s:.0f} at most are allowed."),
            Told("Shorten the sentences; what is told at length belongs into the full information."),
        )


def wrong_objection_key(passage: Passage, law: Law) -> Iterator[Finding]:
    """The key that is named for objecting is the one that works in the programs that say it (REC-004)."""
    if not passage.objection_keys:
        return
    for key in dict.fromkeys(objection_keys(passage.text)):
        wrong = sorted(passage.objection_keys - {key})
        if wrong:
            yield finding_at(
                passage,
                "REC-004",
                "wrong_objection_key",
                key,
                Told(f"'{passage.id}' names the key {key} for refusing; in the program it is {wrong[0]}."),
                Told(
                    "Write « touche {objection_key} »: each program says its key there. Or set objection_key = "
                    f'"{key}" in the program.'
                ),
            )


def asked_of_the_not_understood(passage: Passage, law: Law) -> Iterator[Finding]:
    """Who was not understood is asked so that only a yes lets the recording go on, in two languages, with the key
    (REC-021): "no" refuses in most languages, and is taken for what it says."""
    if passage.moment is not Moment.NOT_UNDERSTOOD:
        return
    named = {"*": "star", "#": "hash"}
    keys = passage.objection_keys
    lacks = [
        (
            "refusing_yes",
            "does not ask « Acceptez-vous… ? », to which a yes agrees",
            not _ACCEPTS.search(passage.text),
        ),
        ("no_key", "does not say the key that refuses", keys and not objection_keys(passage.text)),
        ("no_english", "has no English text (`english`)", not passage.english.strip()),
        (
            "no_english_key",
            "does not say in English the key that refuses",
            passage.english and not any(named.get(key, key) in passage.english for key in (*keys, "{objection_key}")),
        ),
    ]
    for kind, what, missing in lacks:
        if missing:
            yield finding_at(
                passage,
                "REC-021",
                kind,
                "",
                Told(f"'{passage.id}', said to who was not understood, {what}."),
                Told("Take the prompt that is delivered, not-understood (config/prompts/recording.toml)."),
            )


_ACCEPTS = re.compile(r"\b(?:acceptez|autorisez|consentez|êtes[- ]vous d'accord)\b[^.?]*\?", re.IGNORECASE)

CHECKS: tuple[Check, ...] = (
    missing_elements,
    unknown_elements,
    machine_named_first,
    too_long,
    wrong_objection_key,
    asked_of_the_not_understood,
    forbidden_asks,
    forbidden_notes,
)
