"""`ivr lint`: a notice that lacks an element is named with file, line, rule and a suggestion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.domain.call.party import Direction
from ivr.errors import ConfigurationError
from ivr.french import french
from ivr.services.lint.lint import Finding, lint_paths
from ivr.settings import load_settings
from ivr.settings.phrases import load_phrases
from tests.fakes.shipped import copied_config

CONFIG = Path(__file__).parents[4] / "config"
SETTINGS = load_settings(CONFIG, {})
PHRASES = load_phrases(CONFIG / "phrases")
DISCLOSURES = Path("prompts") / "disclosures.toml"

WHOLE = (
    "Bonjour, vous parlez à l'assistant automatique de {controller}. "
    "Cet appel peut être enregistré, pour améliorer la qualité de nos réponses. "
    "Vous pouvez refuser à tout moment : dites-le, ou appuyez sur la touche 9. "
    "Toutes les informations sur vos droits sont sur notre site internet."
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return copied_config(tmp_path / "config")


def lint(*paths: Path, direction: Direction | None = None) -> list[Finding]:
    return lint_paths(paths, direction, profile=SETTINGS.profile, phrases=PHRASES, controller=SETTINGS.controller.name)


def prompt_file(folder: Path, text: str, *, name: str = "notice.toml", **keys: object) -> Path:
    path = folder / name
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"version": "1", "kind": "disclosure", **keys}.items()]
    path.write_text("\n".join(["[prompts.notice]", *lines, f"text = {json.dumps(text)}", ""]), encoding="utf-8")
    return path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(path: Path, header: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    start = lines.index(header)
    return next(n for n in range(start, len(lines)) if lines[n].startswith("text")) + 1


def test_what_is_shipped_has_no_finding() -> None:
    assert lint(CONFIG) == []


def test_a_whole_notice_has_no_finding(tmp_path: Path) -> None:
    assert lint(prompt_file(tmp_path, WHOLE)) == []


WITHOUT = [
    ("Bonjour, vous parlez à l'assistant automatique de {controller}.", "Ici {controller}.", "ai_assistant", "AIA-003"),
    (" de {controller}", "", "controller_name", "REC-002"),
    (
        "Cet appel peut être enregistré, pour améliorer la qualité de nos réponses.",
        "Nous enregistrons votre adresse pour améliorer la qualité.",
        "recording_exists",
        "REC-002",
    ),
    (", pour améliorer la qualité de nos réponses", "", "purpose", "REC-002"),
    (" : dites-le, ou appuyez sur la touche 9", "", "right_to_object_and_how", "REC-002"),
    ("Toutes les informations sur vos droits sont sur notre site internet.", "", "pointer_to_full_notice", "REC-002"),
]


@pytest.mark.parametrize(("old", "new", "element", "rule"), WITHOUT, ids=[row[2] for row in WITHOUT])
def test_a_missing_element_is_named(tmp_path: Path, old: str, new: str, element: str, rule: str) -> None:
    path = prompt_file(tmp_path, WHOLE.replace(old, new))
    (finding,) = lint(path)
    assert (finding.file, finding.line, finding.rule, finding.kind) == (str(path), 4, rule, "missing_element")
    assert finding.words == element
    assert element in finding.reason
    assert finding.suggestion


def test_a_claimed_element_is_not_believed(tmp_path: Path) -> None:
    (finding,) = lint(
        prompt_file(tmp_path, WHOLE.replace("pour améliorer la qualité de nos réponses", "merci"), elements=["purpose"])
    )
    assert finding.words == "purpose"
    assert "déclare" in french(finding.reason)


def test_a_claim_on_any_prompt_is_checked(tmp_path: Path) -> None:
    (finding,) = lint(prompt_file(tmp_path, "Merci.", kind="agent_disclosure", elements=["recording_exists"]))
    assert (finding.words, finding.rule) == ("recording_exists", "REC-014")


def test_an_unknown_claim_names_the_nearest(tmp_path: Path) -> None:
    (finding,) = lint(prompt_file(tmp_path, WHOLE, elements=["purposes"]))
    assert (finding.kind, finding.words) == ("unknown_element", "purposes")
    assert "purpose" in finding.suggestion


@pytest.mark.parametrize(
    ("old", "new", "elements"),
    [
        ("pour une offre commerciale de complémentaire santé", "au sujet de votre dossier", {"commercial_purpose"}),
        (
            "Cet appel est enregistré, comme la loi le demande.",
            "C'est la loi.",
            {"recording_exists", "recording_notice_if_recorded", "purpose", "right_to_object_and_how"},
        ),
        (
            "vous parlez à l'assistant automatique de {controller}",
            "vous parlez à un assistant automatique",
            {"controller_name", "professional_name", "caller_identity_and_link"},
        ),
    ],
)
def test_a_sales_call_says_who_calls_and_why(config: Path, old: str, new: str, elements: set[str]) -> None:
    path = config / DISCLOSURES
    line = line_of(path, "[prompts.prospecting-disclosure]")
    text = path.read_text(encoding="utf-8")
    head, _, tail = text.partition("[prompts.prospecting-disclosure]")
    assert old in tail
    path.write_text(f"{head}[prompts.prospecting-disclosure]{tail.replace(old, new, 1)}", encoding="utf-8")
    findings = lint(config)
    assert {f.words for f in findings} == elements
    assert {(f.file, f.line, f.kind) for f in findings} == {(str(path), line, "missing_element")}
    assert {f.rule for f in findings if f.words in ("commercial_purpose", "professional_name")} <= {"REC-003"}


def test_a_prompt_file_given_alone_is_judged_by_the_programs_beside_it(config: Path) -> None:
    edit(config / DISCLOSURES, "pour une offre commerciale de complémentaire santé", "au sujet de votre dossier")
    assert {f.words for f in lint(config / DISCLOSURES)} == {"commercial_purpose"}


@pytest.mark.parametrize("named", ["activities", "purposes"])
def test_a_program_that_sells_is_known_by_its_activities_also_under_their_older_name(config: Path, named: str) -> None:
    edit(config / "programs" / "prospecting.toml", "\nactivities =", f"\n{named} =")
    edit(config / DISCLOSURES, '"commercial_purpose", ', "")
    edit(config / DISCLOSURES, "pour une offre commerciale de complémentaire santé", "au sujet de votre dossier")
    assert {f.words for f in lint(config / DISCLOSURES)} == {"commercial_purpose"}


def test_a_notice_that_no_program_places_is_judged_by_the_direction_given(tmp_path: Path) -> None:
    path = prompt_file(tmp_path, WHOLE)
    assert lint(path, direction=Direction.INBOUND) == []
    assert {(f.rule, f.words) for f in lint(path, direction=Direction.OUTBOUND)} == {("REC-003", "commercial_purpose")}


def test_the_machine_is_named_in_the_first_sentence(tmp_path: Path) -> None:
    (finding,) = lint(prompt_file(tmp_path, f"Bonjour et bienvenue. {WHOLE}"))
    assert (finding.rule, finding.kind) == ("AIA-003", "late_ai_notice")
    assert "phrase 2" in french(finding.reason)


def test_a_notice_that_takes_too_long_is_found(tmp_path: Path) -> None:
    (finding,) = lint(prompt_file(tmp_path, f"{WHOLE} {'Merci encore de votre patience. ' * 4}"))
    assert (finding.rule, finding.kind) == ("REC-002", "too_long")
    assert "20 au plus" in french(finding.reason)


def test_a_closing_sentence_is_short(config: Path) -> None:
    edit(config / "prompts" / "recording.toml", "Au revoir.", f"{'Bonne journée à vous. ' * 4}Au revoir.")
    (finding,) = lint(config)
    assert (finding.rule, finding.kind) == ("REC-006", "too_long")


def test_what_names_its_key_by_the_placeholder_follows_the_program(config: Path) -> None:
    edit(config / "programs" / "hotline-quality.toml", 'objection_key = "9"', 'objection_key = "0"')
    assert lint(config) == []


@pytest.mark.parametrize("announced", ["la touche 9", "la touche neuf", "le 9", "la touche « 9 »"])
def test_the_key_that_is_said_is_the_key_that_works(config: Path, announced: str) -> None:
    edit(config / "programs" / "hotline-quality.toml", 'objection_key = "9"', 'objection_key = "0"')
    edit(config / DISCLOSURES, "la touche {objection_key}", announced)
    (finding,) = lint(config)
    assert (finding.rule, finding.kind, finding.words) == ("REC-004", "wrong_objection_key", "9")
    assert finding.file == str(config / DISCLOSURES)
    assert finding.line == line_of(config / DISCLOSURES, "[prompts.hotline-disclosure]")


def test_a_prompt_that_two_programs_say_must_be_right_for_the_key_of_each(config: Path) -> None:
    sales = config / "programs" / "prospecting.toml"
    edit(sales, 'objection_key = "9"', 'objection_key = "*"')
    edit(sales, 'question_answer = "sales-question-answer"', 'question_answer = "quality-question-answer"')
    assert lint(config) == []
    edit(config / "prompts" / "recording.toml", "la touche {objection_key}", "la touche 9")
    (finding,) = lint(config)
    assert finding.words == "9"
    assert "*" in finding.reason


def test_wrong_toml_is_a_finding_and_the_other_files_are_still_checked(config: Path) -> None:
    (config / "prompts" / "broken.toml").write_text("[prompts.x]\ntext = \n", encoding="utf-8")
    edit(config / DISCLOSURES, "Toutes les informations sur vos droits sont sur notre site internet.", "Merci.")
    findings = lint(config)
    assert {(Path(f.file).name, f.line, f.kind) for f in findings} == {
        ("broken.toml", 2, "unreadable_file"),
        ("disclosures.toml", line_of(config / DISCLOSURES, "[prompts.hotline-disclosure]"), "missing_element"),
    }


@pytest.mark.parametrize("name", ["notice.toml", "notice.txt"])
def test_a_file_that_is_not_text_is_a_finding(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00")
    (finding,) = lint(tmp_path)
    assert (finding.kind, finding.line) == ("unreadable_file", 1)


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        lint(tmp_path / "nowhere")


def test_a_short_text_that_announces_a_recording_is_a_notice(tmp_path: Path) -> None:
    path = tmp_path / "accueil.txt"
    path.write_text("\nBonjour, ici la Mutuelle Exemple. Cet appel est enregistré.\n", encoding="utf-8")
    findings = lint(path)
    assert {f.words for f in findings} == {"purpose", "right_to_object_and_how", "pointer_to_full_notice"}
    assert {f.line for f in findings} == {2}


@pytest.mark.parametrize(
    "text",
    [
        "Ne me donnez pas votre numéro de carte, je coupe l'enregistrement.",
        "Votre demande est enregistrée. Merci de votre appel.",
        "Nous ne vous demanderons jamais votre RIB par téléphone.",
    ],
)
def test_a_script_that_announces_no_recording_is_not_a_notice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "script.md"
    path.write_text(text, encoding="utf-8")
    assert lint(path) == []


def test_hidden_files_and_other_kinds_of_files_in_a_tree_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.toml").write_text("broken = ", encoding="utf-8")
    (tmp_path / "prompt.wav").write_bytes(b"\xff\xfe")
    assert lint(tmp_path) == []


def test_a_finding_becomes_one_json_object_with_the_agreed_keys(tmp_path: Path) -> None:
    (finding,) = lint(prompt_file(tmp_path, WHOLE.replace(" de {controller}", "")))
    parsed = json.loads(json.dumps(finding.as_dict()))
    assert list(parsed) == ["file", "line", "rule", "kind", "words", "reason", "suggestion"]


def test_the_same_file_named_twice_is_reported_once(tmp_path: Path) -> None:
    path = prompt_file(tmp_path, WHOLE.replace(" de {controller}", ""))
    assert len(lint(path, path, tmp_path)) == 1


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("Acceptez-vous que cet appel soit enregistré ?", "Faut-il arrêter l'enregistrement ?", "refusing_yes"),
        ("touche {objection_key} pour refuser", "bonne touche pour refuser", "no_key"),
        ("To refuse, press {objection_key}.", "To refuse, press the key.", "no_english_key"),
    ],
)
def test_who_was_not_understood_is_asked_so_that_only_a_yes_agrees_and_told_the_key_in_two_languages(
    config: Path, before: str, after: str, kind: str
) -> None:
    edit(config / "prompts" / "recording.toml", before, after)
    assert [(finding.rule, finding.kind) for finding in lint(config)] == [("REC-021", kind)]


def test_who_was_not_understood_is_asked_in_english_too(config: Path) -> None:
    path = config / "prompts" / "recording.toml"
    text = path.read_text("utf-8")
    begin = text.index("english = ", text.index("[prompts.not-understood]"))
    path.write_text(text[:begin] + text[text.index("[prompts.reassured]") :], "utf-8")
    assert [finding.kind for finding in lint(config)] == ["no_english"]
