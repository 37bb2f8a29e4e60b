"""Everything a call needs from outside itself, built once by bootstrap and handed over whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.domain.profile import Profile
from ivr.domain.program import Program, Prompt
from ivr.domain.retention import RetentionTable
from ivr.domain.tape import TapeSettings
from ivr.services.listening import ListeningSettings
from ivr.services.pending_evidence import Notebook
from ivr.services.ports import (
    AuditLog,
    CallLog,
    Clock,
    Counters,
    Desk,
    DoNotCallRegister,
    Ear,
    KeyReader,
    Line,
    LiveFeed,
    MemberDirectory,
    ToneDetector,
    VoiceDetector,
)
from ivr.services.speaker import PromptFile
from ivr.services.tally import Tally
from ivr.services.vault import Vault


@dataclass(frozen=True)
class Dependencies:
    """Ports and data shared by the calls of one line."""

    node_id: str
    line: Line
    ear: Ear
    new_detector: Callable[[], VoiceDetector]
    new_tone_detector: Callable[[], ToneDetector]
    new_key_reader: Callable[[], KeyReader]
    vault: Vault
    audit: AuditLog
    call_log: CallLog
    do_not_call: DoNotCallRegister
    clock: Clock
    desk: Desk
    notebook: Notebook
    call_notes: Notebook
    feed: LiveFeed
    new_id: Callable[[], str]
    profile: Profile
    retention: RetentionTable
    programs: Mapping[str, Program]
    prompts: Mapping[str, Prompt]
    prompt_file: PromptFile
    prompt_sha256: Callable[[Prompt], str]
    codec: str
    listening: ListeningSettings
    tape: TapeSettings
    settle_timeout_s: float = 120.0
    quiet_timeout_s: float = 60.0
    close_timeout_s: float = 15.0
    counters: Counters = field(default_factory=Tally)
    members: MemberDirectory | None = None
