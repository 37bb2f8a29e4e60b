"""What reaches a user is French: every text that tells of a fault has its line in ivr/french.toml."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ivr.cli.root import main
from ivr.french import CATALOGUE, _found, french, parts_of
from tests.unit.raise_sites import Site, faults, sites, told, trees

#: Told to another process of ours only, never to a person.
INTERNAL = ("ivr/speech/wire.py", "ivr/speech/server.py")
#: Words of a technique, or names: they are the same in both languages.
SAME = {"int8", "float16", "ready", "plaintext", "ciphertext", "WAV", "bao/:v", "bao/:v*", "inproc://answers", "kek"}
SAME |= {"unhold", "hold", "speak", "quit", "hangup", "digit", "call", "answer", "{controller}, {objection_key}", "ZZ"}
SAME |= {"it", "authorization_endpoint", "token_endpoint", "jwks_uri"}


def filled(template: str) -> str:
    return re.sub(r"\{\{|\}\}", lambda m: m.group()[0], template.replace("{}", "\0"))


def gaps(text: str) -> set[str]:
    """Return the words of a text that would be shown in English: the text, or what it is filled with."""
    if not re.search(r"[^\W\d_]{2}", text) or text.replace("\0", "") in SAME:
        return set()
    found = _found(text)
    if found is None:
        return {text}
    entry, holes = found
    return set().union(*(gaps(hole) for at, hole in enumerate(holes) if at not in entry.as_it_is))


def missing(texts: list[Site]) -> list[str]:
    lines: dict[str, str] = {}
    for site in texts:
        for gap in gaps(filled(site.template)) if site.file not in INTERNAL else ():
            english = gap.replace("{", "{{").replace("}", "}}").replace("\0", "{}")
            lines.setdefault(english, f'{site.file}:{site.line}\n    "{english}" = "…"')
    return list(lines.values())


def test_every_text_of_an_error_has_a_french_line() -> None:
    lines = missing(sites())
    assert not lines, "add to [french] in ivr/french.toml, with the French for …:\n" + "\n".join(lines)


def test_every_sentence_about_what_is_stored_has_a_french_line() -> None:
    lines = missing(faults())
    assert not lines, "add to [french] in ivr/french.toml, with the French for …:\n" + "\n".join(lines)


def test_every_sentence_of_the_rules_has_a_french_line() -> None:
    lines = missing(told())
    assert not lines, "add to [french] in ivr/french.toml, with the French for …:\n" + "\n".join(lines)


def test_the_texts_are_found_in_the_code() -> None:
    """Were they not found, nothing would be missing."""
    found = {site.template for site in sites()}
    assert len(found) > 450
    assert {"there is no program '{}'", "not a regular file", "cannot write the recording: {}"} <= found
    assert len(faults()) > 40
    said = {site.template for site in told()}
    assert {"A reason is required.", "No opening in bulk: {} at a time.", "Suspended by the hold {}."} <= said
    assert "'{}': {}, counted from the objection ({}), until {} at {}, fixed sooner than the period." in said
    assert len(said) > 40


def test_a_new_text_is_missing_until_it_has_a_line() -> None:
    assert missing([Site("no such thing as a {} is there", "ivr/new.py", 7)])
    assert missing([Site("cannot polish the {}: {}", "ivr/new.py", 7)])


def test_every_text_of_click_has_a_french_line() -> None:
    """But those that only whoever writes a command can see."""
    written = tomllib.loads(CATALOGUE.read_text("utf-8"))["click"]
    ours_to_see = re.compile("Deprecat|declar|defined|Could not determine|standard stream|same flag|Boolean option")
    for name in ("core", "decorators", "exceptions", "formatting", "parser", "types"):
        tree = ast.parse((Path(click.__file__).parent / f"{name}.py").read_text("utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        asked = [call for call in calls if ast.unparse(call.func) in ("_", "ngettext")]
        texts = {str(one.value) for call in asked for one in call.args[:2] if isinstance(one, ast.Constant)}
        assert {text for text in texts if not ours_to_see.search(text)} <= written.keys(), name


@pytest.mark.parametrize("section", ["french", "click"])
def test_a_french_line_fills_in_what_the_english_one_does(section: str) -> None:
    for english, said in tomllib.loads(CATALOGUE.read_text("utf-8"))[section].items():
        assert said.strip(), english
        if section == "french":
            said.format(*map(str, range(len(parts_of(english)) - 1)))
        else:
            names = re.compile(r"\{(\w+)(?:!r)?\}")
            assert set(names.findall(said)) <= set(names.findall(english)), english


def test_what_was_filled_in_is_french_too() -> None:
    assert french("cannot write the recording: No space left on device") == (
        "impossible : écrire l'enregistrement (plus de place sur le disque)"
    )
    assert french("/x/ivr.toml, key 'sip.port'") == "/x/ivr.toml, clé « sip.port »"
    assert french("restore it in retention.toml; did you mean 'a'?") == (
        "rétablissez-la dans retention.toml ; vouliez-vous dire « a » ?"
    )
    assert french("stdin, line 3") == "stdin, ligne 3"
    assert french("hold nothing") == "gel nothing"
    assert french("there is no program 'nothing'") == "il n'y a pas de programme « nothing »"
    assert french("« déjà en français »") == "« déjà en français »"


def test_the_page_on_recovery_quotes_what_people_read() -> None:
    """Whoever looks for the line on the screen must find it there."""
    page = Path("docs/recovery.md").read_text("utf-8")
    written = tomllib.loads(CATALOGUE.read_text("utf-8"))
    said = "\n".join([*written["already"], *written["french"].values(), Path("ivr/cli/evidence.py").read_text("utf-8")])
    quoted = [
        one for head in re.findall(r'^\*\*("[^*]+)\*\*', page, re.MULTILINE) for one in re.findall('"([^"]+)"', head)
    ]
    assert len(quoted) >= 9
    parts = [part.strip() for one in quoted for part in one.split("…") if part.strip()]
    assert [part for part in parts if part not in said] == []


def test_a_witness_that_is_not_ours_is_told_in_french() -> None:
    told = french("node n, witness /k/n.head: the witness of the evidence, a file beside the keys, is missing")
    assert told == "nœud n, témoin /k/n.head : le témoin des preuves, un fichier à côté des clés, manque"


#: What stands in the domain in French because it is heard or said on the telephone, not read: the French language.
LANGUAGE = (
    "ivr/domain/asks/", "ivr/domain/identity/spoken_", "ivr/domain/menu/spoken_choice.py", "ivr/domain/numbers/",
    "ivr/domain/program/notice", "ivr/domain/redaction/redactor.py", "ivr/domain/text/plain_text.py",
)  # fmt: skip
#: How a caller is told of the keys * and #.
SPOKEN = {"étoile", "dièse"}
_FRENCH = re.compile(
    r"[à-öø-ÿœÀ-ÖØ-Þ«»]|\b(?:le|la|les|des|du|une|est|sont|sans|pas|pour|par|dans|avec|sur|vous|rien|appel)\b",
    re.IGNORECASE,
)


def in_french_in(tree: ast.Module) -> list[ast.Constant]:
    """Return the literals that read like French, comments and docstrings aside."""
    nodes = list(ast.walk(tree))
    idle = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    texts = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in idle]
    return [node for node in texts if isinstance(node.value, str) and _FRENCH.search(node.value)]


def test_the_domain_says_nothing_in_french() -> None:
    """A second language is a second file beside ivr/french.toml: what people read is English in the code."""
    found = [
        f"{file}:{node.lineno} {node.value!r}"
        for file, tree in trees()
        if file.startswith("ivr/domain/") and not file.startswith(LANGUAGE)
        for node in in_french_in(tree)
        if node.value not in SPOKEN
    ]
    assert not found, "say it in English, in Told(…), and in French in ivr/french.toml:\n" + "\n".join(found)


@pytest.mark.parametrize("text", ["Un motif est exigé.", "Rien ne change.", "L'appel", "« x »"])
def test_a_sentence_in_french_is_seen(text: str) -> None:
    assert in_french_in(ast.parse(f'"""Déjà."""\nx = f"{text}"'))
    assert not in_french_in(ast.parse(f'def f():\n    """{text}"""\n    return "No right."  # {text}'))


_ENGLISH = re.compile(
    r"\b(?:the|is|are|not|no|cannot|there|this|these|with|use|write|give|run|see|should|input|must|did|error|missing"
    r"|usage:|key|line|file)\b",
    re.IGNORECASE,
)


def ivr(folder: Path, *arguments: str, text: str = "", **env: str) -> str:
    given: dict[str, str | None] = {"IVR_NODE__DATA_DIR": str(folder / "var"), **env}
    result = CliRunner().invoke(main, list(arguments), input=text, env=given)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    # What was typed, and the names of files, keys and commands, are no sentences of ours.
    return re.sub(r"`[^`]*`|do-not-call|/\S+|--\S+|\b[\w-]+\.[\w.]+|« \w+ »", " ", str(result.output))


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (["doctor"], {}),
        (["serve"], {"IVR_SIP__PORT": "many"}),
        (["serve"], {"IVR_SIP__PRT": "5080"}),
        (["serve"], {"IVR_SIP__BIND": "nowhere"}),
        (["serve"], {"IVR_SIP__PORT": "70000"}),
        (["serve"], {"IVR_ROUTES__DEFAULT": "hotlin-quality"}),
        (["serve"], {"IVR_CONFIG": "/nowhere"}),
        (["serve"], {}),
        (["listen", "/nowhere.wav"], {}),
        (["listen", "/dev/null"], {}),
        (["lint", "/nowhere"], {}),
        (["call", "nobody", "--program", "prospecting"], {}),
        (["recordings", "show", "x"], {}),
        (["members", "import", "/nowhere.csv"], {}),
        (["audit", "verify"], {}),
        (["judge", "--jsonl"], {}),
        ([], {}),
        (["--help"], {}),
        (["recordings", "--help"], {}),
        (["recordings", "list", "--help"], {}),
        (["nope"], {}),
        (["listen"], {}),
        (["lint", "x", "--format", "y"], {}),
        (["lint", "x", "--nope"], {}),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else ",".join(one.values()),
)
def test_a_command_that_goes_wrong_says_so_in_french(tmp_path: Path, arguments: list[str], env: dict[str, str]) -> None:
    told = ivr(tmp_path, *arguments, text="no json\n", **env)
    assert told.strip() or arguments == ["audit", "verify"]
    assert not _ENGLISH.search(told), told
