"""Before a node says anything: no prompt that its programs play asks for what may never be asked (ASK-002)."""

from __future__ import annotations

from dataclasses import fields

from ivr.domain.call import Direction
from ivr.domain.identity import IdentityPrompts
from ivr.domain.program import ProgramPrompts, Prompt
from ivr.errors import ConfigurationError
from ivr.services.lint import lint_prompts
from ivr.settings import Settings
from ivr.settings.phrases import load_phrases


def refuse_forbidden_prompts(settings: Settings) -> None:
    """Raises ConfigurationError naming the first prompt that asks for forbidden data, and what to say instead."""
    findings = lint_prompts(
        _said(settings), profile=settings.profile, phrases=load_phrases(settings.config_dir / "phrases")
    )
    if findings:
        first = findings[0]
        others = f" (et {len(findings) - 1} autre(s))" if len(findings) > 1 else ""
        raise ConfigurationError(
            f"{first.reason} [{first.rule}]{others} « {first.words} »",
            file=str(settings.config_dir / "prompts"),
            key=f"{first.file}.text",
            value=first.words,
            remedy=first.suggestion,
        )


def _said(settings: Settings) -> list[tuple[Prompt, Direction]]:
    """Every prompt with the direction of the programs that play it; in both directions, it is judged in both."""
    said: dict[tuple[str, Direction], Prompt] = {}
    for program in settings.programs.values():
        tables: list[ProgramPrompts | IdentityPrompts] = [program.prompts]
        if program.identity is not None:
            tables.append(program.identity.prompts)
        for spoken in tables:
            for field in fields(spoken):
                prompt_id = getattr(spoken, field.name)
                if prompt_id in settings.prompts:
                    said[prompt_id, program.direction] = settings.prompts[prompt_id]
    return [(prompt, direction) for (_, direction), prompt in said.items()]
