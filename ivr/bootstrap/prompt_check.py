"""Before a node says anything: every prompt that its programs play holds what the law asks for, and asks for nothing
that may never be asked (promises 2 and 4)."""

from __future__ import annotations

from pathlib import Path

from ivr.bootstrap.prompt_library import PromptLibrary
from ivr.domain.text.told import Told
from ivr.errors import ConfigurationError
from ivr.services.lint.lint import Finding, lint_spoken
from ivr.settings import Settings
from ivr.settings.phrases import load_phrases
from ivr.settings.source import read_toml, toml_files


def refuse_unlawful_prompts(settings: Settings) -> None:
    """Raises ConfigurationError naming file, prompt, rule and words of the first fault, and what to say instead."""
    findings = lint_spoken(
        settings.spoken(),
        profile=settings.profile,
        phrases=load_phrases(settings.config_dir / "phrases"),
        controller=settings.controller.name,
    )
    if not findings:
        return
    first = findings[0]
    more = f" (`ivr lint {settings.config_dir}` montre aussi les autres : {len(findings)} en tout)"
    quoted = "" if first.words in first.reason else f" « {first.words} »"
    raise ConfigurationError(
        f"{first.reason} [{first.rule}]{quoted}",
        file=_file_of(first, settings.config_dir / "prompts"),
        key=f"{first.file}.text",
        value=first.words,
        remedy=first.suggestion + (more if len(findings) > 1 else ""),
    )


def stale_voices(settings: Settings) -> list[Finding]:
    """Return one finding for each recorded voice that says another version or other words than its prompt (REC-002)."""
    return [
        Finding(
            str(voice.path),
            1,
            "REC-002",
            "stale_voice",
            voice.prompt_id,
            Told(f"{voice.what}."),
            Told(f"{voice.remedy}."),
        )
        for voice in PromptLibrary(settings).stale()
    ]


def _file_of(finding: Finding, folder: Path) -> str:
    prompt_id = finding.file.removeprefix("prompts.")
    holding = (path for path in toml_files(folder, what="prompt file") if prompt_id in read_toml(path)["prompts"])
    return str(next(holding, folder))
