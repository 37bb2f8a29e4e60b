"""Promise 4, last defence: numbers and names are pushed through every way out, and found in none of them.

A module that gains a way to write something must be listed here, with the test that pushes through it.
"""

from __future__ import annotations

import ast
import dataclasses
import gc
import importlib
import inspect
import json
import logging
import re
import sys
import threading
import time
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from stdnum.fr import nir

import ivr.errors
from ivr import process_log
from ivr.bootstrap.line_process import StdoutFeed
from ivr.bootstrap.logs import EventLog
from ivr.bootstrap.redacting_members import NamedMembers
from ivr.cli.context import as_json, reporting
from ivr.cli.root import main
from ivr.domain.access import AccessRequest, Action, Actor, Audience, Role
from ivr.domain.evidence.events.base import Unread
from ivr.domain.identity.check import Expected
from ivr.domain.redaction.redactor import LearningRedactor, Redactor
from ivr.errors import EXIT_USAGE, IvrError
from ivr.services.evidence.export import export_evidence
from ivr.services.export.access_gate import Gate
from ivr.services.export.exporter import Exporter
from ivr.services.ports.evidence import CallRow
from ivr.settings.sections import LogSection
from ivr.sip.pjsip_log import PjsipLog
from ivr.speech import process as ear_process
from ivr.speech.server import EarMetrics
from ivr.storage.call_log import SqlCallLog
from tests.databases import fresh_url
from tests.fakes.exchange import Exchange, play
from tests.retention_rig import CALLED, SIGNER, RetentionRig, settings

REPOSITORY = Path(ivr.errors.__file__).resolve().parents[1]

NIR = "1850775116001" + nir.calc_check_digits("1850775116001")
IBAN = "FR7630006000011234567890189"
CARD = "4970101234567893"
PHONE = "0612345678"
NAME = "Éléonore Dupont-Léger"

#: Each as people and programs write it.
WRITTEN = (
    NIR,
    f"1 85 07 75 116 001 {NIR[13:]}",
    NIR[:13],
    IBAN,
    "FR76 3000 6000 0112 3456 7890 189",
    CARD,
    "4970 1012 3456 7893",
    "4970-1012-3456-7893",
    PHONE,
    "06 12 34 56 78",
    "+33612345678",
    "sip:+33612345678@carrier.example",
    NAME,
    "DUPONT-LÉGER Eleonore",
)
EVERYTHING = " ; ".join(WRITTEN)
#: The same in two parts, since a value of the evidence may not be long.
HALVES = " ; ".join(WRITTEN[:7]), " ; ".join(WRITTEN[7:])
_DIGITS = (NIR[:13], IBAN[4:], CARD, PHONE[1:])

_LOGGING = [
    f"ivr/sip/{name}.py"
    for name in (
        "account", "audio_stream", "digits", "endpoint", "leg", "pjsip_gate", "pjsip_log", "prompter", "switchboard",
        "tcp_watch", "wiring",
    )
]  # fmt: skip
_ANSWERING = [
    f"ivr/cli/{name}.py"
    for name in ("business", "copies", "hold", "install", "keys", "node", "retention", "vault")
]  # fmt: skip
#: Whatever can carry a word out of the engine, and where it is tested or why it carries none.
WAYS_OUT = {
    "ivr/process_log.py": "here: the formatter, the hooks and event_line themselves",
    "ivr/bootstrap/logs.py": "here: test_the_log_of_a_node_tells_none_of_it",
    "ivr/bootstrap/line_process.py": "here: test_the_feed_of_a_line_tells_none_of_it",
    "ivr/bootstrap/child_main.py": "event_line",
    "ivr/bootstrap/event_writer.py": "writes what it is given; its users are listed",
    "ivr/speech/process.py": "here: test_an_ear_tells_none_of_it",
    "ivr/cli/context.py": "here: test_no_error_shows_what_it_quotes",
    "ivr/cli/root.py": "here: test_a_wrong_command_line_is_not_quoted_in_clear",
    "ivr/cli/evidence.py": "prints evidence as it is stored; here: test_evidence_holds_none_of_it",
    **dict.fromkeys(_LOGGING, "here: test_no_logger_writes_any_of_it"),
    **dict.fromkeys(_ANSWERING, "ids, states, times, evidence for whoever asks; errors go through ivr/cli/context.py"),
    "ivr/screen.py": "shows what it is given; its users are listed",
    "ivr/cli/progress.py": "the name of the file that was given, and how far it is",
    "ivr/sip/bounded_log.py": "writes what it is given to the logger that it is given",
    "ivr/storage/head_guard.py": "here: test_no_logger_writes_any_of_it",
    "ivr/cli/queue.py": "ids of calls and agents, names of queues and pauses, states, times",
    "ivr/cli/members.py": "counts and ids of the list of members",
    "ivr/cli/do_not_call.py": "keyed hashes, dates, names of programs; no number is known to it",
    "ivr/cli/verification.py": "ids of recordings and their faults",
    "ivr/cli/grids.py": "names and text of analysis grids, which whoever asks has written",
    "ivr/cli/calibration.py": "names of programmes and labels, scores and counts",
    "ivr/cli/hear.py": "shows the text of the file or line that it was given",
    "ivr/cli/script_check.py": "shows the sentences of the script that it was given",
    "ivr/cli/menu.py": "nodes and prompts; what a caller does it never repeats: tests/unit/cli/test_menu.py",
    "ivr/speech/detector.py": "silences a warning, gives none",
    "ivr/cli/calls.py": "ids, times and figures of calls; tests/unit/services/search/test_call_details.py",
    "ivr/cli/console.py": "logins, roles and states of accounts, and one-time links for whoever asked for them",
    "ivr/console/authority_papers.py": "the name of a fault alone; tests/unit/console/test_authorities.py",
    "ivr/offline/verify_audit.py": "runs where ivr is not, on an export; it prints ids and file names of it",
    "ivr/console/api/guard.py": "the name of a fault alone; tests/unit/console/api/test_guard.py",
    "ivr/console/api/problems.py": "here: test_no_logger_writes_any_of_it; tests/unit/console/api/test_guard.py",
    "ivr/console/app.py": "here: test_no_logger_writes_any_of_it; tests/unit/console/test_pages.py",
    "ivr/console/identities.py": "faults in words of ours, and where; tests/unit/console/test_identities.py",
    "ivr/recording/local_writer.py": "encrypted segments",
    "ivr/recording/spool.py": "encrypted files",
}  # fmt: skip
_TELLING = {"logging", "structlog", "warnings", "syslog", "traceback"}
#: What would tell numbers and names to machines elsewhere; none is used.
_EXPORTERS = {"prometheus_client", "opentelemetry", "statsd", "sentry_sdk", "datadog", "influxdb_client"}
_CALLS = re.compile(
    r"^print$|(?:^|\.)_?console\.print$|click\.s?echo$|std(?:out|err)(?:\.buffer)?\.write(?:lines)?$|^os\.write$|^EventWriter$|^complain$|^over_write$"
)


#: As the redactor of a line is, once it has looked somebody up.
KNOWING = Redactor([NAME])


def clean(text: str, *, names: bool = True) -> None:
    """Assert that none of it stands in the text, however it is spaced, cased or accented.

    Only a process that has looked somebody up knows a name; `names` False is for what such a process does not write.
    """
    digits = re.sub(r"[\s.\-/\u00a0\u202f]", "", text)
    found = [one for one in _DIGITS if one in digits]
    plain = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    found += [part for part in ("eleonore", "dupont", "leger") if part in plain and names]
    assert found == [], text[:2000]


class Members:
    """A directory in which everybody is the same person."""

    def by_caller(self, uri: str) -> Sequence[Expected]:
        return [Expected(b"", {}, ("Dupont-Léger",), "Éléonore")]

    def by_number(self, number: str) -> Sequence[Expected]:
        return self.by_caller("")


@pytest.fixture
def guarded() -> Iterator[None]:
    """A process whose output is guarded; afterwards it is pytest's again."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    try:
        process_log.guard_output(logging.DEBUG, KNOWING)
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook, sys.unraisablehook, threading.excepthook = hooks


@cache
def modules() -> list[tuple[str, ast.Module]]:
    paths = sorted((REPOSITORY / "ivr").rglob("*.py"))
    return [(path.relative_to(REPOSITORY).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths]


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_every_module_that_can_tell_something_is_known_here() -> None:
    telling, exporting = set(), set()
    for name, tree in modules():
        libraries = imported(tree)
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        if libraries & _TELLING or any(_CALLS.search(call) for call in calls):
            telling.add(name)
        if libraries & _EXPORTERS:
            exporting.add(name)
    assert telling == set(WAYS_OUT), "push through the new way out here, and list it; take out the one that is gone"
    assert exporting == set(), "metrics and traces leave the machine: redact their labels and attributes, and test it"


def test_live_events_leave_a_process_by_one_function_only() -> None:
    """Whoever has an event writer writes what event_line or the redacting log made of it."""
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("event_writer.write"):
                assert ast.unparse(node.args[0]).startswith("event_line("), name


LOGGERS = sorted(
    name
    for name, tree in modules()
    if any(isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_LOG" for node in tree.body)
)


@pytest.mark.parametrize("module", LOGGERS)
def test_no_logger_writes_any_of_it(module: str, guarded: None, capsys: pytest.CaptureFixture[str]) -> None:
    dotted = module.removesuffix(".py").replace("/", ".")
    log = importlib.import_module(dotted)._LOG
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        log.log(level, "leg %s from %s", "019ab3c4d5e6f708192a3b4c5d6e7f80", EVERYTHING)
    log.warning("to %(who)s", {"who": WRITTEN})
    try:
        raise ValueError(EVERYTHING)
    except ValueError:
        log.exception("could not go on with %s", NAME, stack_info=True)
    told = capsys.readouterr().err
    assert told.count("019ab3c4d5e6f708192a3b4c5d6e7f80") == 5
    assert "ValueError" in told
    clean(told)


def test_the_sip_library_logs_none_of_it_and_no_key(guarded: None, capsys: pytest.CaptureFixture[str]) -> None:
    @dataclasses.dataclass
    class Entry:
        level: int
        msg: str

    for line in (EVERYTHING, f"INVITE sip:{NAME}@x", "Received DTMF digit 7", "Signal=7", "telephone-event 7"):
        PjsipLog().write(Entry(3, line))
    told = capsys.readouterr().err
    assert "INVITE" in told
    assert "7\n" not in told
    clean(told)


def test_what_nobody_caught_shows_none_of_it(guarded: None, capsys: pytest.CaptureFixture[str]) -> None:
    class Leaving:
        def __del__(self) -> None:
            raise KeyError(EVERYTHING)

    def fail() -> None:
        raise RuntimeError(EVERYTHING) from ValueError(NAME)

    try:
        fail()
    except RuntimeError:
        sys.excepthook(*sys.exc_info())
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    Leaving()
    gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(EVERYTHING, UserWarning, stacklevel=1)
    told = capsys.readouterr().err
    assert [told.count(kind) for kind in ("RuntimeError: ", "KeyError: ", "UserWarning: ")] == [2, 1, 1]
    clean(told)


EVENT: dict[str, object] = {
    "kind": "call.fault",
    "call_id": "019ab3c4d5e6f708192a3b4c5d6e7f80",
    "what": EVERYTHING,
    "nested": {"deep": [{"deeper": WRITTEN}, (NAME, int(NIR), int(CARD))], PHONE: NIR},
    NIR: 1,
    "error": ValueError(EVERYTHING),
    "event": NAME,
    "level": CARD,
    "digit": "7",
    "spoken_words": "au revoir",
    "port": 5060,
    "size_bytes": 185077512,
}


@pytest.mark.parametrize("form", ["console", "json"])
@pytest.mark.parametrize("json_", [False, True])
def test_the_log_of_a_node_tells_none_of_it(form: str, json_: bool, capfd: pytest.CaptureFixture[str]) -> None:
    log = EventLog(LogSection(level="debug", format=form), json_=json_)
    log.write(EVENT)
    log.write({**EVENT, "kind": "node.ready", "uris": ["sip:ivr@127.0.0.1:5060"]}, always=True)
    try:
        raise ValueError(EVERYTHING)
    except ValueError:
        log.write({**EVENT, "exc_info": True, "stack": "x"})
    log.close()
    told = "".join(capfd.readouterr())
    assert told.count("019ab3c4d5e6f708192a3b4c5d6e7f80") == 3
    assert "sip:ivr@127.0.0.1:5060" in told
    assert {"5060", "185077512", "<nir>", "<phone>"} <= set(re.findall(r"[\w<>]+", told))
    assert "au revoir" not in told
    clean(told, names=False)


def test_the_feed_of_a_line_tells_none_of_it(capfd: pytest.CaptureFixture[str]) -> None:
    feed = StdoutFeed(0, KNOWING)
    feed.publish(**EVENT)  # type: ignore[arg-type]
    feed.publish("line.ready", uri="sip:0612345678@127.0.0.1:5060", what=NAME)
    feed.close()
    first, second = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    clean(json.dumps(first, ensure_ascii=False))
    assert first["digit"] == first["spoken_words"] == "<removed>"
    # Its own address is there to be called.
    assert second.pop("uri") == "sip:0612345678@127.0.0.1:5060"
    clean(json.dumps(second, ensure_ascii=False))


def test_an_ear_tells_none_of_it(capsys: pytest.CaptureFixture[str], guarded: None, tmp_path: Path) -> None:
    ear_process._say("failed", what=EVERYTHING)
    assert ear_process.main(["--endpoint", f"smoke://{PHONE}/{NAME}", "--model-dir", str(tmp_path)]) != 0
    told = "".join(capsys.readouterr())
    assert told.count("failed") >= 2
    clean(told, names=False)


def test_figures_of_an_ear_are_numbers_without_labels() -> None:
    kinds = {field.type for field in dataclasses.fields(EarMetrics)}
    assert kinds <= {"int", "float"}


def errors() -> list[type[IvrError]]:
    """Every error of ours, wherever it is defined."""
    for name, _ in modules():
        if "__main__" not in name:
            source = (REPOSITORY / name).read_text("utf-8")
            if re.search(r"class \w+\(\w*Error\)", source):
                importlib.import_module(name.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    found, seen = [IvrError], set()
    while found:
        kind = found.pop()
        if kind not in seen:
            seen.add(kind)
            found += kind.__subclasses__()
    return sorted((kind for kind in seen if kind.__module__.startswith("ivr")), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", errors(), ids=lambda kind: kind.__name__)
def test_no_error_shows_what_it_quotes(kind: type[IvrError]) -> None:
    given: dict[str, Any] = {
        "what": EVERYTHING, "remedy": EVERYTHING, "where": EVERYTHING, "file": EVERYTHING, "key": EVERYTHING,
        "value": EVERYTHING, "rules": WRITTEN, "sip_status": 400, "status": 400, "said": EVERYTHING,
    }  # fmt: skip
    taken = inspect.signature(kind.__init__).parameters
    error = kind(**{name: value for name, value in given.items() if name in taken})

    @click.command()
    @as_json
    @reporting
    def command(json_: bool) -> None:
        raise error

    for arguments in ([], ["--json"]):
        done = CliRunner().invoke(command, arguments)
        assert done.exit_code == error.exit_code
        assert "<nir>" in done.stderr
        clean(done.output, names=False)


@pytest.mark.parametrize(
    "arguments", [[CARD], ["recordings", "show", f"--{PHONE}"], ["listen", "x", NIR, f"--program={IBAN}", f"-{NAME}"]]
)
def test_a_wrong_command_line_is_not_quoted_in_clear(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == EXIT_USAGE
    assert "Usage : " in done.stderr
    clean(done.output, names=False)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url("sqlite", tmp_path))
    rig.record("quality")
    rig.clock.at = CALLED + timedelta(days=1)
    yield rig
    rig.close()


def every_byte(rig: RetentionRig, tmp_path: Path) -> str:
    """The database as it lies on the disk, with its journal."""
    rig.database.close()
    files = [path for path in tmp_path.iterdir() if ".db" in path.name]
    assert files
    return "".join(path.read_bytes().decode("latin-1") for path in files)


def test_evidence_holds_none_of_it(rig: RetentionRig, tmp_path: Path) -> None:
    body = {
        "reason": HALVES[0],
        "detail": HALVES[1],
        "rules": [NIR, CARD],
        "more": {PHONE: {"who": "tel:0612345678"}, "number": int(NIR)},
        "prompt_sha256": "a" * 64,
        "offset_ms": 4970101234567893,
        "recording": "019ab3c4d5e6f708192a3b4c5d6e7f80",
    }
    event = rig.audit.append(Unread("test.pushed", body), call_id="call-1", recording_id="quality")
    assert event.body["offset_ms"] == 4970101234567893
    assert event.body["prompt_sha256"] == "a" * 64
    assert event.body["recording"] == "019ab3c4d5e6f708192a3b4c5d6e7f80"
    clean(json.dumps({**event.body, "offset_ms": 0}, ensure_ascii=False), names=False)
    assert rig.audit.verify() == []

    folder = tmp_path / "evidence"
    export_evidence(folder, chain=rig.audit, signer=SIGNER, clock=rig.clock, actor="dpo")
    exported = "".join(path.read_text("utf-8") for path in folder.iterdir() if path.suffix in (".json", ".jsonl"))
    assert "test.pushed" in exported
    clean(
        exported.replace('"offset_ms":4970101234567893', "").replace('\\"offset_ms\\":4970101234567893', ""),
        names=False,
    )


def test_the_same_event_has_the_same_digest_in_every_process_whoever_it_has_looked_up(tmp_path: Path) -> None:
    def written(folder: Path, learnt: bool) -> list[str]:
        folder.mkdir()
        rig = RetentionRig(fresh_url("sqlite", folder))
        line = LearningRedactor()
        if learnt:
            NamedMembers(Members(), line).by_caller("sip:+33612345678@x")
            assert line.text(NAME) == "<name>"
        try:
            body = {"owner": NAME, "reference": f"dossier {NAME}", "more": [{NAME: 1}]}
            rig.audit.append(Unread("hold.requested", body))
            rig.record("one")
            assert rig.audit.verify() == []
            return [event.digest for event in rig.audit.events()]
        finally:
            rig.close()

    assert written(tmp_path / "one", learnt=False) == written(tmp_path / "two", learnt=True)


def test_what_a_call_leaves_in_the_evidence_names_nobody_it_has_looked_up(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(5_000)
        x.call.redact_names_of(Members().by_caller(""))
        x.call.redact_names_of([])
        x.call.audit(Unread("test.pushed", {"note": f"pour {NAME}"}))
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.of_audit("test.pushed") == [{"note": "pour <name>"}]

    play(tmp_path, scene)


def test_a_call_report_keeps_the_number_of_the_other_party_and_nothing_else(rig: RetentionRig, tmp_path: Path) -> None:
    def row(call_id: str, party: str) -> CallRow:
        return CallRow(
            call_id=call_id, program="hotline-quality", direction="INBOUND", party=party, started_at=CALLED,
            answered_at=None, ended_at=CALLED, disposition="ANSWERED", sip_status=200, hangup_cause=16,
            ended_by=PHONE, recording_id=None, recording_state="WITHHELD",
            consent={"caller": {"state": NIR, "moves": [{"prompt_id": IBAN}, {"note": EVERYTHING}]}},
            node_id="node-1",
        )  # fmt: skip

    log = SqlCallLog(rig.database)
    log.add(row("one", "sip:+33612345678@carrier.example"))
    log.add(row("two", f"sip:{CARD}@carrier.example"))
    log.add(row("three", f"sip:{NIR}@carrier.example"))
    told = {row.call_id: row for row in log.find()}
    assert told["one"].party == "sip:+33612345678@carrier.example"
    assert told["one"].started_at == CALLED
    assert (told["two"].party, told["three"].party) == ("sip:<card>@carrier.example", "sip:<nir>@carrier.example")
    raw = every_byte(rig, tmp_path)
    assert raw.count("+33612345678") == 1
    clean(raw.replace("+33612345678", ""), names=False)


@pytest.mark.parametrize("form", ["wav", "vcon"])
def test_a_copy_and_its_manifest_quote_none_of_it(form: str, rig: RetentionRig, tmp_path: Path) -> None:
    rules = settings()
    gate = Gate(rig.ledger, rig.audit, rig.clock, policy=rules.access, table=rig.table, profile=rig.profile)
    exporter = Exporter(rig.vault, rig.audit, SIGNER, rig.clock, gate, rig.table)
    request = AccessRequest(
        actor=Actor("dpo-1", Role.DPO),
        action=Action.EXPORT,
        purpose="",
        reason=HALVES[0],
        audience=Audience.SUBJECT,
        reference=HALVES[1],
    )
    manifest = exporter.one(request, "quality", tmp_path / f"copy.{form}", form=form)
    written = [path for path in tmp_path.iterdir() if path.name.startswith("copy.")]
    assert len(written) == 3
    assert manifest["recording_id"] == "quality"
    assert re.fullmatch(r"[0-9a-f]{64}", str(manifest["copy_sha256"]))
    clean(json.dumps(manifest, default=str, ensure_ascii=False), names=False)
    for path in written:
        clean(path.read_bytes().decode("latin-1"), names=False)
    clean(every_byte(rig, tmp_path), names=False)


def test_names_of_members_are_known_to_a_line_as_long_as_they_may_be_on_it() -> None:
    class OnFile:
        def by_caller(self, uri: str) -> Sequence[Expected]:
            return [Expected(b"", {}, ("Dupont-Léger", "Martin"), "Éléonore")]

        def by_number(self, number: str) -> Sequence[Expected]:
            letters = "".join(chr(ord("a") + int(digit)) for digit in number)
            return [Expected(b"", {}, (f"Q{letters}",), "Zoé")]

    redactor = LearningRedactor()
    members = NamedMembers(OnFile(), redactor)
    members.by_caller("sip:+33612345678@x")
    clean(redactor.text(f"{NAME}, Mme Martin").replace("Mme Martin", ""))
    assert redactor.text("Zoé Qbaaa, Mme Martin") == "Zoé Qbaaa, Mme <name>"
    for number in range(1000, 1200):
        members.by_number(str(number))
    assert redactor.text("Zoé Qbbjj") == "<name>"
    assert redactor.text(f"{NAME}, Zoé") == f"{NAME}, <name>"


def test_the_search_of_these_tests_finds_each_of_them() -> None:
    for one in (*WRITTEN, f"x{CARD}y", NAME.upper(), "eleonore"):
        with pytest.raises(AssertionError):
            clean(f"… {one} …")
    clean(f"019ab3c4d5e6f708192a3b4c5d6e7f80 {time.time_ns()}")
