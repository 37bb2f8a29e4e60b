"""The register of article 30 says what the configuration says, and nothing else."""

from __future__ import annotations

from ivr.domain.retention.schedule import LawfulBasis
from ivr.domain.rights.processing import KEPT_HERE, Processing, register_of
from tests.retention_rig import settings

TABLE, ACCESS = settings().retention, settings().access
PROGRAMS = {name: program.retention for name, program in settings().programs.items()}


def register(closed: frozenset[str] = ACCESS.closed_tags) -> dict[str, Processing]:
    titles = {role.value: title for role, title in ACCESS.titles.items()}
    return {one.tag: one for one in register_of(TABLE, programs=PROGRAMS, titles=titles, closed=closed)}


def test_each_purpose_of_a_programme_and_each_trace_of_the_engine_has_one_entry() -> None:
    found = register()
    assert set(found) == {*PROGRAMS.values(), *KEPT_HERE}
    assert set(KEPT_HERE) <= set(TABLE.schedules)
    quality = found["quality_audio"]
    assert (quality.basis, quality.recipients[0]) == (LawfulBasis.LEGITIMATE_INTERESTS, "analyste qualité")
    assert "hotline-quality" in quality.programs
    assert any("REC-007" in kept.rules and kept.keep.months == 6 for kept in quality.kept)


def test_what_is_closed_to_the_house_has_no_recipient_in_it() -> None:
    sales = [one for one in register().values() if one.closed]
    assert [one.tag for one in sales] == ["sales_audio"]
    assert sales[0].recipients == ()
    assert not any(one.closed for one in register(frozenset()).values())


def test_what_ends_with_a_review_says_so() -> None:
    assert register()["breach_register"].reviewed
    assert not register()["dsar_file"].reviewed


def test_call_details_name_who_reads_them_and_why() -> None:
    report = register()["call_report"]
    assert report.recipients == ("délégué à la protection des données", "auditeur", "exploitant")
    assert "L'exploitant lit le détail des appels" in report.note
