"""Each word of the pages stands in the catalogue, in both languages, and is used."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import ivr.console
from ivr.console.words import LANGUAGES, Words, catalogue
from ivr.domain.access import Action
from ivr.domain.audio.channel import Channel
from ivr.domain.audio.spans import GapCause
from ivr.domain.authority.requisition import CheckedBy, RequisitionState
from ivr.domain.authority.requisition import RefusalGround as RequisitionRefusal
from ivr.domain.call.leg import Disposition
from ivr.domain.call.party import Direction, PartyRole
from ivr.domain.call.state import CallState
from ivr.domain.operation.node_events import FAULTS
from ivr.domain.operation.node_state import Presence
from ivr.domain.quality.analysis import AnalysisForm, AnalysisState
from ivr.domain.quality.grid import NO, NOT_APPLICABLE, YES
from ivr.domain.recording.state import RecordingState
from ivr.domain.retention.legal_hold import HoldState
from ivr.domain.retention.schedule import LawfulBasis
from ivr.domain.rights.breach import BreachState, Exemption, Loss, Owed, Risk
from ivr.domain.rights.letter import FORMS
from ivr.domain.rights.request import Channel as RequestChannel
from ivr.domain.rights.request import (
    ExtensionReason,
    IdentityCheck,
    Outcome,
    RefusalGround,
    RequestState,
    Right,
)
from ivr.domain.rights.third_voice import VoiceGround
from ivr.services.call.leg_records import BY_ENGINE, BY_PEER
from ivr.services.rights.breaches import TOLD

HERE = Path(ivr.console.__file__).parent
SOURCES = "\n".join(path.read_text("utf-8") for folder in (HERE, HERE / "templates") for path in folder.glob("*.*"))
BUILDERS = SOURCES + "".join(
    (HERE.parent / path).read_text("utf-8")
    for path in ("services/operation/overview.py", "bootstrap/certificates.py", "bootstrap/node_watch.py")
)
#: Headings, columns and labels of the DPO's desk, which its templates put together: each stands there in quotes.
DESK = ("requests.", "holds.", "breaches.", "processing.", "desk_act.", "found.", "authorities.")
DESK_NAMES = {
    name
    for name in catalogue()
    if name.startswith(DESK) and (f'"{name}"' in SOURCES or f'"{name.partition(".")[2]}"' in SOURCES)
}
#: Columns of the operator's page, and what stands in them by its name.
OPERATION_NAMES = {
    name
    for name in catalogue()
    if name.startswith(("operation.", "late.", "folder.", "certificate.")) and f'"{name.partition(".")[2]}"' in BUILDERS
} | {f"operation.node_{one.value}" for one in Presence}
#: Names that are put together of a part that varies.
PUT_TOGETHER = {
    *(f"right.{action.value}" for action in Action),
    *(f"state.{state.value.lower()}" for state in RecordingState),
    *(f"recordings.{name}" for name in ("gaps", "masks", "doubts", "yes", "no", "opened", "length", "deadline", "id")),
    *(f"error.{part}_{status}" for part in ("title", "text") for status in (400, 403, 404, 429, 500, 503)),
    *(f"gap.{cause}" for name, cause in vars(GapCause).items() if name.isupper()),
    *(f"mask.{kind}" for kind in ("card", "cvv", "iban", "nir", "otp", "password", "number", "keys", "identity")),
    *(f"{group}.{kind}" for group in ("mark", "letter") for kind in ("notice", "doubt", "gap", "mask", "note")),
    *(f"lane.{channel.value}" for channel in Channel),
    *(f"{group}.other" for group in ("gap", "mask", "lane")),
    *(f"key.{does}" for does in ("play", "step", "jump", "slower", "next", "mute", "note", "time", "help")),
    *(f"notes.{column}" for column in ("at", "text", "author", "written")),
    *(f"recording.{column}" for column in ("at", "what", "lane", "lasts")),
    *(f"accounts.{column}" for column in ("login", "role", "state", "made", "close", "active", "closed")),
    *(f"data_right.{right.value}" for right in Right),
    *(f"channel.{channel.value}" for channel in RequestChannel),
    *(f"identity_check.{check.value}" for check in IdentityCheck),
    *(f"extension_reason.{reason.value}" for reason in ExtensionReason),
    *(f"outcome.{outcome.value}" for outcome in Outcome),
    *(f"refusal_ground.{ground.value}" for ground in RefusalGround),
    *(f"request_state.{state.value.lower()}" for state in RequestState),
    *(f"letter_name.{name}" for name in FORMS),
    *DESK_NAMES,
    *(f"basis.{basis.name.lower()}" for basis in LawfulBasis),
    *(f"loss.{loss.value}" for loss in Loss),
    *(f"risk.{risk.value}" for risk in Risk),
    *(f"exemption.{exemption.value}" for exemption in Exemption),
    *(f"owed.{owed.value}" for owed in Owed),
    *(f"breach_state.{state.value.lower()}" for state in BreachState),
    *(f"breaches.{name}" for name in TOLD),
    *(f"hold_state.{state.value.lower()}" for state in HoldState),
    *(f"third_voice.{ground.value}" for ground in VoiceGround),
    *(f"checked_how.{how.value}" for how in CheckedBy),
    *(f"requisition_refusal.{ground.value}" for ground in RequisitionRefusal),
    *(f"requisition_state.{state.value.lower()}" for state in RequisitionState),
    *(f"handed_form.{form}" for form in ("wav", "opus")),
    "requests.left",
    *(f"analyses_{part}.{what}" for part in ("title", "about") for what in ("mine", "team", "coaching", "own")),
    *(f"analyses_to.{what}" for what in ("mine", "samples", "calibrations", "grids", "team", "coaching", "all")),
    *(f"analyses.{column}" for column in ("called", "agent", "grid", "reviewer", "form", "state", "score")),
    *(f"analysis.{column}" for column in ("question", "weight", "answer", "note", "place")),
    *(f"analysis.{outcome}" for outcome in ("passed", "not_passed")),
    *(f"analysis_form.{form.value}" for form in AnalysisForm),
    *(f"analysis_state.{state.value.lower()}" for state in AnalysisState),
    *(f"answer.{value}" for value in (YES, NO, NOT_APPLICABLE)),
    *(f"calibration.{done}" for done in ("done", "not_done")),
    *(f"grids.{column}" for column in ("id", "version", "imported", "by", "file")),
    *(
        f"statistics.{name}"
        for name in ("calls", "endings", "objections", "doubts", "masks", "asked", "gaps", "scores", "deadlines")
    ),
    *(
        f"calls.{column}"
        for column in (
            "began",
            "program",
            "direction",
            "disposition",
            "wait",
            "agent",
            "leg",
            "peer",
            "lasted",
            "ended_by",
            "sip_status",
            "hangup_cause",
            "codec",
            "lost",
            "jitter",
            "round_trip",
            "mos",
            "far_mos",
            "id",
        )
    ),
    *(f"leg_role.{role.value}" for role in PartyRole),
    *(f"leg_end.{who}" for who in (BY_PEER, BY_ENGINE)),
    *(f"statistics.{name}" for name in ("raised", "dispelled", "later", "minute")),
    *(f"disposition.{end.value.lower()}" for end in Disposition),
    "disposition.other",
    *OPERATION_NAMES,
    *(f"call_state.{state.name.lower()}" for state in CallState),
    *(f"direction.{direction.value}" for direction in Direction),
    *(f"fault.{kind.replace('.', '_')}" for kind in FAULTS),
    *(
        f"{group}.other"
        for group in ("state", "call_state", "direction", "fault", "folder", "certificate", "leg_role", "leg_end")
    ),
    *(f"sign_in.{end}" for end in ("idle", "expired", "closed", "asked", "over")),
}


def test_each_text_is_there_in_both_languages_and_fills_in_the_same() -> None:
    for name, texts in catalogue().items():
        assert set(texts) == set(LANGUAGES), name
        holes = [{field for _, field, _, _ in Formatter().parse(text) if field} for text in texts.values()]
        assert holes[0] == holes[1], name
        assert all(text.strip() for text in texts.values()), name


def test_each_name_that_a_page_asks_for_is_in_the_catalogue_and_no_other() -> None:
    asked = set(re.findall(r'words\(\s*"([a-z_]+\.[a-z_0-9]+)"', SOURCES)) | set(
        re.findall(r'"(invitation\.done)"', SOURCES)
    )
    assert (asked | PUT_TOGETHER) == set(catalogue())


def test_no_template_holds_a_word_of_its_own() -> None:
    for path in (HERE / "templates").glob("*.html"):
        plain = re.sub(r"\{[{%].*?[%}]\}|<[^>]*>", " ", path.read_text("utf-8"), flags=re.DOTALL)
        assert set(re.findall(r"[^\W\d_]{2,}", plain)) <= {"ivr", "doctype"}, path.name


def test_another_language_than_ours_is_french() -> None:
    assert Words("xx")("shell.home") == "Accueil"
    assert Words("en").told("The two passwords differ.") == "The two passwords differ."
    assert Words("fr").told("The two passwords differ.") == "Les deux mots de passe diffèrent."
