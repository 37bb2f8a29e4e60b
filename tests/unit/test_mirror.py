"""Each file of the domain and the services has a test file of its name in the same room, or a reason why not."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERS = ("domain", "services")

#: Files that decide nothing: data, names, wiring.
_DATA = "data or names only: no branch to get wrong"
_EVENTS = "fields of each kind; every kind is written and read in tests/unit/domain/evidence/events/test_base.py"
#: Files that are tested through another's, by what they do there.
ELSEWHERE = {
    **dict.fromkeys(
        (
            "domain/audio/channel.py",
            "domain/audio/peaks.py",
            "domain/audio/spans.py",
            "domain/call/party.py",
            "domain/evidence/event.py",
            "domain/identity/member.py",
            "domain/menu/menu.py",
            "domain/retention/artefact.py",
            "domain/text/told.py",
            "services/call/dependencies.py",
        ),
        _DATA,
    ),
    **{
        f"domain/evidence/events/{room}.py": _EVENTS
        for room in (
            "authority",
            "call",
            "console",
            "destruction",
            "house",
            "legal_hold",
            "objection",
            "quality",
            "recording",
            "rights",
        )
    },
    "domain/numbers/number_names.py": "words: tests/unit/domain/numbers/test_sensitive_words.py",
    "domain/program/notice_words.py": "words: tests/unit/domain/program/test_notice.py",
    "services/lint/files.py": "tests/unit/services/lint/test_sources.py",
    "services/account/invitations.py": "tests/contract/sql/test_console_accounts.py",
    "services/account/new_password.py": "tests/contract/sql/test_console_accounts.py",
    "services/account/own_account.py": "tests/contract/sql/test_console_accounts.py",
    "services/account/sessions.py": "tests/contract/sql/test_console_accounts.py",
    "services/account/sign_in.py": "tests/contract/sql/test_console_accounts.py",
    "services/authority/handing_out.py": "tests/unit/services/authority/test_desk.py",
    "services/authority/requisition_file.py": "tests/unit/services/authority/test_desk.py",
    "services/rights/case_shown.py": "tests/unit/services/rights/test_requests.py",
    "services/operation/overview.py": "tests/unit/console/test_operation.py",
    "services/call/context.py": "the state of whole calls: tests/unit/services/call/test_inbound_call.py",
    "services/call/notes.py": "tests/contract/sql/test_call_notes.py",
    "services/consent/objection_spool.py": "tests/unit/services/vault/test_failing_store.py",
    "services/evidence/export.py": "tests/contract/sql/test_checkpoints.py",
    "services/export/exporter.py": "tests/integration/test_retention_commands.py",
    "services/hearing/channel_listener.py": "tests/unit/services/call/test_failing_ear.py",
    "services/lint/finding.py": "tests/unit/services/lint/test_lint.py",
    "services/rights/breaches.py": "tests/unit/console/test_breaches.py",
    "services/rights/hold_desk.py": "tests/unit/console/test_holds.py",
    "services/rights/request_file.py": "tests/unit/services/rights/test_requests.py",
    "services/rights/acting.py": "tests/unit/services/rights/test_findings.py",
    "services/rights/ended_cases.py": "tests/unit/services/rights/test_requests.py",
    "services/statistics/statistics.py": "tests/contract/sql/test_call_counts.py",
    "services/quality/steps.py": "tests/contract/sql/test_grading.py",
    "services/retention/run.py": "tests/contract/sql/test_retention_run.py",
    "services/vault/key_rotation.py": "tests/integration/test_rekeying.py",
}


def sources() -> set[str]:
    found = {path for layer in LAYERS for path in (ROOT / "ivr" / layer).rglob("*.py") if path.stem != "__init__"}
    # Ports are Protocols: what plays them is held to tests/contract.
    return {path.relative_to(ROOT / "ivr").as_posix() for path in found if "ports" not in path.parts}


def mirrored(source: str) -> bool:
    path = Path(source)
    if (ROOT / "tests/unit" / path.with_name(f"test_{path.name}")).exists():
        return True
    # Two nodes, one transaction, a real database: held there, on both databases.
    return path.parts[0] == "services" and (ROOT / f"tests/contract/sql/test_{path.name}").exists()


def test_each_file_of_domain_and_services_has_its_tests_or_a_reason() -> None:
    assert {source for source in sources() if not mirrored(source)} == set(ELSEWHERE)


def test_a_reason_that_names_a_file_names_one_that_exists() -> None:
    named = {word for reason in ELSEWHERE.values() for word in reason.split() if word.startswith("tests/")}
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
