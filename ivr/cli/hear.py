"""`ivr listen` and `ivr judge`: the ear without a telephone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.table import Table

from ivr.bootstrap.local_ear import listen_to_files, text_judge
from ivr.bounded_lines import bounded_lines
from ivr.cli.context import as_json, console, plain, print_json, reporting, settings, until_stopped
from ivr.cli.progress import Progress
from ivr.errors import ConfigurationError
from ivr.screen import complain

#: Bytes of one sentence to judge: an hour of speech holds half as many.
_LINE_MAX = 200_000

program_option = click.option("--program", "program_name", default="", help="Programme dont les seuils s'appliquent.")
after_option = click.option("--after-disclosure", is_flag=True, help="Comme juste après l'annonce d'enregistrement.")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@program_option
@after_option
@as_json
@reporting
def listen(files: tuple[Path, ...], program_name: str, after_disclosure: bool, json_: bool) -> None:
    """Écoute des fichiers WAV comme un appel : énoncés, verdicts et marque, un objet JSON par fichier."""
    found = settings()
    program = found.program(program_name or found.routes.default)
    until_stopped(_listen(files, program.name, after_disclosure, json_))


async def _listen(files: tuple[Path, ...], program: str, after_disclosure: bool, json_: bool) -> None:
    progress = Progress()
    heard = listen_to_files(
        settings(), files, program=program, after_disclosure=after_disclosure, progress=progress.show
    )
    async for body in heard:
        progress.clear()
        unheard = int(str(body["channels"])) - 2
        if unheard > 0:
            complain(
                f"{body['file']} : la voie 1 est prise pour l'appelant, la voie 2 pour le conseiller ; "
                f"{unheard} voie(s) ne sont pas écoutées."
            )
        if json_:
            print_json(body)
            continue
        console.print(f"{body['file']} — {int(str(body['duration_ms'])) / 1000:.1f} s", style="bold")
        table = Table("voie", "de", "à", "texte", "étiquette", "bande", "score", "verdict à")
        utterances = body["utterances"]
        assert isinstance(utterances, list)
        for one in utterances:
            table.add_row(
                one["channel"],
                f"{one['start_ms'] / 1000:.2f}",
                f"{one['end_ms'] / 1000:.2f}",
                one["text"],
                one["label"],
                one["band"],
                f"{one['score']:.2f}",
                f"{one['verdict_ms'] / 1000:.2f}",
            )
        console.print(table)


@click.command()
@program_option
@after_option
@click.option("--jsonl", is_flag=True, help='Entrée : objets {"text", "last_prompt", "after_disclosure"}.')
@as_json
@reporting
def judge(program_name: str, after_disclosure: bool, jsonl: bool, json_: bool) -> None:
    """Juge des phrases lues sur l'entrée standard, une par ligne : étiquette, bande, score."""
    found = settings()
    program = found.program(program_name or found.routes.default)
    judged = text_judge(program)
    for text, last_prompt, disclosed in _lines(jsonl, after_disclosure):
        body = judged(text, last_prompt, disclosed)
        if json_:
            print_json(body)
        else:
            console.print(
                f"{body['label']:<20} {body['band']:<6} {body['score']:.2f}  {text}", soft_wrap=True, markup=False
            )


def _lines(jsonl: bool, after_disclosure: bool) -> Iterator[tuple[str, str, bool]]:
    lines = bounded_lines(sys.stdin.buffer, where="stdin", longest=_LINE_MAX, most=sys.maxsize)
    for number, line in enumerate(lines, 1):
        # Whatever the locale: what is not UTF-8 is judged without the bytes that mean nothing.
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if not jsonl:
            yield text, "", after_disclosure
            continue
        if not text.strip():
            continue
        try:
            asked = json.loads(text)
            yield (
                str(asked["text"]),
                str(asked.get("last_prompt") or ""),
                bool(asked.get("after_disclosure", after_disclosure)),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConfigurationError(
                "not an object with a 'text'",
                file="stdin",
                line=number,
                value=plain(text[:60]),
                remedy='write {"text": "…", "last_prompt": "…", "after_disclosure": true}',
            ) from None
