"""config/retention.toml: what cannot be meant is refused at start-up, with file, key and fix."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ivr.domain.retention.schedule import AtEnd, Duration, OnObjection
from ivr.errors import ConfigurationError
from ivr.french import french
from ivr.settings.law import load_retention
from tests.unit.domain.retention.retention_cases import CONFIG, PROFILE, TABLE


def edited(folder: Path, old: str, new: str) -> Path:
    path = Path(shutil.copy(CONFIG / "retention.toml", folder))
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


MISTAKES = [
    ('on = "signature"', 'on = "signatur"', "schedules.sales_audio.periods.1.on", "did you mean 'signature'"),
    ('void_after = ["signature"]', 'void_after = ["signed"]', "schedules.transcript.periods.0.void_after", "signature"),
    ('cap_rule = "CAN-012"', 'cap_rule = "CAN-120"', "schedules.do_not_contact.periods.0.cap_rule", "CAN-012"),
    ('cap_rule = "CAN-012"\n', "", "schedules.do_not_contact.periods.0.cap_rule", "no rule orders this cap"),
    ("keep = { years = 3 }", "keep = { years = 2 }", "schedules.do_not_contact.periods.0.keep", "at least 3 years"),
    ("keep = { years = 3 }", "keep = { years = 11 }", "schedules.do_not_contact.periods.0.keep", "at most 10 years"),
    (
        '"CAN-012.min_retention_years"',
        '"CAN-012.store"',
        "schedules.do_not_contact.periods.0.at_least",
        "no length of time",
    ),
    (
        "archive_after = { years = 2 }",
        "archive_after = { years = 6 }",
        "schedules.social_aid.periods.0.archive_after",
        "archive",
    ),
    ('"trainer", "super', '"trainr", "super', "schedules.quality_audio.access.1", "trainer"),
    ('on_objection = "destroy"', 'on_objection = "stop"', "schedules.quality_audio.on_objection", "destroy"),
    ('objection_rules = ["REC-004", "REC-005"]\n', "", "schedules.quality_audio", "objection_rules"),
    (
        'objection_rules = ["REC-004"',
        'objection_rules = ["REC-404"',
        "schedules.quality_audio.objection_rules",
        "REC-0",
    ),
    ('basis = "6.1.f"\n', "", "schedules.quality_audio.basis", "this key is missing"),
    ('basis = "6.1.f"', 'basis = "interest"', "schedules.quality_audio.basis", "'6.1.f'"),
    ('confidence = "verified-official"', 'confidence = "sure"', "schedules.quality_audio.confidence", "memory"),
    ('on = "offer"', 'on = "signature"', "schedules.sales_audio.periods", "two periods begin with signature"),
    ('start = "l\'appel"', 'start = ""', "schedules.quality_audio.periods.0.start", "at least 1 character"),
    ("keep = { days = 0 }", "keep = { days = -1 }", "schedules.incident_audio.periods.0.keep.days", "greater than"),
]


@pytest.mark.parametrize(
    ("old", "new", "key", "words"), MISTAKES, ids=[f"{old} is {new}" for old, new, _, _ in MISTAKES]
)
@pytest.mark.parametrize("table", ["schedules", "clocks"])
def test_a_mistake_is_named_with_its_fix_and_the_key_that_stands_in_the_file(
    tmp_path: Path, table: str, old: str, new: str, key: str, words: str
) -> None:
    path = edited(tmp_path, old, new)
    path.write_text(path.read_text("utf-8").replace("[schedules.", f"[{table}."), "utf-8")
    key = key.replace("schedules.", f"{table}.")
    with pytest.raises(ConfigurationError) as refused:
        load_retention(path, PROFILE)
    assert (refused.value.file, refused.value.key) == (str(path), key)
    assert words in str(refused.value)
    assert refused.value.remedy


def test_what_a_schedule_says_is_read() -> None:
    sales, entry = TABLE.schedule("sales_audio"), TABLE.schedule("do_not_contact")
    assert (sales.on_objection, sales.at_end, sales.access) == (OnObjection.DESTROY, AtEnd.DESTROY, ())
    assert (entry.at_end, entry.periods[0].last, entry.periods[0].keep) == (AtEnd.REVIEW, True, Duration(months=36))
    assert TABLE.schedule("social_aid").periods[0].archive_after == Duration(months=24)


def test_a_file_of_an_earlier_version_which_says_clocks_is_read_alike(tmp_path: Path) -> None:
    written = (CONFIG / "retention.toml").read_text("utf-8")
    path = tmp_path / "retention.toml"
    path.write_text(written.replace("[schedules.", "[clocks."), "utf-8")
    assert load_retention(path, PROFILE) == TABLE
    path.write_text(written + '[clocks.more]\ntitle = "x"\n', "utf-8")
    with pytest.raises(ConfigurationError, match="clocks"):
        load_retention(path, PROFILE)


def test_no_schedule_can_outlast_its_cap() -> None:
    assert not [p for schedule in TABLE.schedules.values() for p in schedule.periods if p.keep.can_outlast(p.cap)]


def test_only_what_a_rule_lets_may_extend_a_deadline() -> None:
    """Each of these lengthens what was promised at the call: to add one is a decision of the DPO."""
    extending = {
        (schedule.tag, p.event) for schedule in TABLE.schedules.values() for p in schedule.periods if p.may_extend
    }
    assert extending == {
        ("sales_audio", "signature"),
        ("sales_audio", "offer"),
        ("contract_proof", "conclusion"),
        ("consent_events_sales", "refusal"),
        ("consent_events_sales", "signature"),
        ("consent_events_sales", "offer"),
        ("do_not_contact", "refusal"),
        ("dsar_file", "dsar-disputed"),
        ("dsar_file", "dsar-closed"),
        ("health_contract", "contract-ended"),
        ("provident", "contract-ended"),
        ("provident_death", "death"),
        ("commercial_relation", "last-contact"),
        ("money_laundering", "contract-ended"),
        ("fraud", "fraud-proven"),
        ("complaint", "complaint-closed"),
        ("objection_memory", "objection"),
    }


@pytest.mark.parametrize(
    ("schedule", "named"),
    [
        ("quality_audio", "quality"),
        ("quality_grid", "quality"),
        ("sales_audio", "insurance_sales_law"),
        ("contract_proof", "contract_proof"),
        ("fraud", "fraud"),
        ("money_laundering", "aml"),
    ],
)
def test_the_basis_of_a_purpose_that_the_rule_names_is_that_of_the_rule(schedule: str, named: str) -> None:
    bases = PROFILE.rules["GDP-001"].params["map"]
    assert isinstance(bases, dict)
    assert TABLE.schedules[schedule].basis.value == bases[named]


def test_a_schedule_without_a_basis_is_refused_in_french(tmp_path: Path) -> None:
    path = edited(tmp_path, 'basis = "6.1.f"\n', "")
    with pytest.raises(ConfigurationError) as refused:
        load_retention(path, PROFILE)
    assert french(refused.value.what) == "cette clé manque"
