"""Whatever others wrote (file names, texts, headers) is shown to people as text, never obeyed by their terminal."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from ivr.bootstrap.logs import EventLog, _shown
from ivr.cli.context import reporting
from ivr.cli.root import main
from ivr.screen import Screen, marked, styled
from ivr.settings import LogSection
from ivr.visible import visible

ROOT = Path(__file__).parents[2]
EVIL = "\x1b]0;titre\x07\x1b[31mrouge\x1b[2J\x9b1m\u202eesrever"


def shown(*renderables: object, width: int = 120) -> str:
    screen = Screen()
    screen.file = io.StringIO()
    screen.width = width
    for one in renderables:
        screen.print(one)
    return str(screen.file.getvalue())


def harmless(text: str) -> bool:
    return all(character == "\n" or character.isprintable() for character in text)


def test_control_characters_are_written_out() -> None:
    assert visible("a\x1b[31mb\x7fc\u202ed\te\n") == "a\\x1b[31mb\\x7fc\\u202ed\te\n"


@given(st.text(max_size=80))
def test_nothing_a_terminal_obeys_is_left_and_doing_it_twice_changes_nothing(text: str) -> None:
    once = visible(text)
    assert not any((ord(c) < 0x20 and c not in "\t\n") or 0x7F <= ord(c) <= 0x9F for c in once)
    assert visible(once) == once


def test_text_lines_tables_and_marks_are_shown_written_out() -> None:
    table = Table("voie", EVIL)
    table.add_row("caller", EVIL)
    told = shown(EVIL, table, marked("✗", EVIL))
    assert harmless(told)
    assert "\\x1b" in told


@pytest.mark.parametrize("code", [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)])
def test_every_control_character_is_shown_and_none_is_left_out(code: int) -> None:
    written = f"a\\x{code:02x}b"
    table = Table(f"a{chr(code)}b", show_edge=False)
    table.add_row(styled((f"a{chr(code)}b", "bold")))
    told = shown(f"a{chr(code)}b", table, marked("!", f"a{chr(code)}b"))
    assert told.count(written) == 4


def test_what_looks_like_our_markup_is_shown_as_it_is() -> None:
    table = Table("a")
    table.add_row("[bold]x[/] :smile:")
    assert "[/nowhere] [red]" in shown("[/nowhere] [red]")
    assert "[bold]x[/] :smile:" in shown(table)


def test_our_own_colours_stay() -> None:
    screen = Screen()
    screen.file = io.StringIO()
    screen._color_system = None
    assert harmless(shown(marked("✓", "rien à redire.")))


def ivr(*arguments: str, text: str = "") -> str:
    result = CliRunner().invoke(main, list(arguments), input=text, env={"IVR_CONFIG": str(ROOT / "config")})
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return str(result.output)


def test_a_judged_text_moves_no_cursor() -> None:
    told = ivr("judge", text=f"je refuse {EVIL}\n")
    assert harmless(told)
    assert "je refuse \\x1b]0;titre\\x07\\x1b[31mrouge" in told


def test_a_bell_and_a_carriage_return_in_a_judged_text_are_seen() -> None:
    """What is left out silently, a person takes for judged; the model judged the text with it."""
    told = ivr("judge", text="je\x07 refuse\rl'enregistrement\x08\r\n")
    assert "je\\x07 refuse\\x0dl'enregistrement\\x08\n" in told


@pytest.mark.parametrize("form", ["text", "github"])
def test_a_linted_text_and_its_files_name_move_no_cursor(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a\x1b[31m[bold].md"
    path.write_text(f"Votre RIB {EVIL} ?\n", "utf-8")
    told = ivr("lint", str(path), "--format", form)
    assert harmless(told)
    assert "ASK-002" in told
    assert "[bold].md" in told.replace("\n", "")


def test_an_error_that_quotes_a_name_moves_no_cursor() -> None:
    for told in (
        ivr("lint", f"/nowhere/{EVIL}"),
        ivr("listen", f"/nowhere/{EVIL}"),
        ivr(f"{EVIL}"),
        ivr("call", EVIL, "--program", "prospecting"),
    ):
        assert harmless(told)
        assert "\\x1b" in told


def test_json_holds_the_text_itself_and_moves_no_cursor() -> None:
    told = ivr("judge", "--json", text=f"{EVIL}\n")
    assert harmless(told)
    assert json.loads(told)["text"] == EVIL


def test_a_log_of_json_moves_no_cursor(capfd: pytest.CaptureFixture[str]) -> None:
    log = EventLog(LogSection(), json_=True)
    log.write({"kind": "call.started", "program": EVIL}, always=True)
    log.close()
    told = capfd.readouterr().out
    assert harmless(told)
    assert json.loads(told)["program"] == EVIL


def test_a_log_line_for_people_moves_no_cursor() -> None:
    assert harmless(str(_shown(None, "", {"from_uri": f"sip:{EVIL}@x"})["from_uri"]))


def test_commands_show_nothing_but_through_the_screen() -> None:
    """`print`, `click.echo` and rich's own Console would let outside text through."""
    allowed = {
        "ivr/screen.py": {"click.echo"},
        "ivr/cli/script_check.py": {"click.echo"},  # written out there, for GitHub
        "ivr/cli/context.py": {"sys.stdout.write"},  # JSON
        "ivr/cli/evidence.py": {"sys.stdout.write"},  # JSON
        "ivr_demo/softphone.py": {"print"},  # JSON
    }
    for path in sorted([*(ROOT / "ivr" / "cli").glob("*.py"), *(ROOT / "ivr_demo").glob("*.py")]):
        name = str(path.relative_to(ROOT))
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        used = {ast.unparse(node.func) for node in calls}
        # What rich makes of a text itself, it leaves BEL and CR out of.
        used |= {one.removesuffix(".assemble") for one in used if one.startswith("Text")}
        raw = {"print", "click.echo", "click.secho", "Console", "Text", "sys.stdout.write", "sys.stderr.write"} & used
        assert raw <= allowed.get(name, set()), f"{name}: use ivr.screen"


def test_an_argument_that_is_no_text_is_refused_before_anything_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []

    @reporting
    def command(reference: str) -> None:
        done.append(reference)

    with pytest.raises(SystemExit) as refusal:
        command(reference="D-\udcff")
    assert refusal.value.code == 2
    assert "--reference" in capsys.readouterr().err
    command(reference="D-é")
    assert done == ["D-é"]
