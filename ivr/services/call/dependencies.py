"""Everything a call needs from outside itself, built once by bootstrap and handed over whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from ivr.domain.menu.menu import Menu
from ivr.domain.menu.opening import OpeningHours
from ivr.domain.profile import Profile
from ivr.domain.program.program import Program, Prompt
from ivr.domain.recording.release_buffer import ReleaseSettings
from ivr.domain.retention.schedule import RetentionTable
from ivr.services.call.prompt_queue import PromptFile
from ivr.services.consent.objection_spool import Notebook
from ivr.services.counters import Tally
from ivr.services.hearing.channel_listener import ListeningSettings
from ivr.services.ports.evidence import AuditLog, CallLog, DoNotCallRegister
from ivr.services.ports.hearing import DtmfReader, Ear, ToneDetector, VoiceDetector
from ivr.services.ports.members import MemberDirectory
from ivr.services.ports.menu import EmergencyBook
from ivr.services.ports.runtime import Clock, Counters, LiveFeed, SerialExecutor
from ivr.services.ports.telephony import Line
from ivr.services.queue.desk import QueueDesk
from ivr.services.vault.vault import Vault


@dataclass(frozen=True)
class Dependencies:
    """Ports and data shared by the calls of one line."""

    node_id: str
    line: Line
    ear: Ear
    new_detector: Callable[[], VoiceDetector]
    new_tone_detector: Callable[[], ToneDetector]
    new_dtmf_reader: Callable[[], DtmfReader]
    vault: Vault
    audit: AuditLog
    call_log: CallLog
    do_not_call: DoNotCallRegister
    clock: Clock
    executor: SerialExecutor
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
    release: ReleaseSettings
    judging_timeout_s: float = 120.0
    quiet_timeout_s: float = 60.0
    close_timeout_s: float = 15.0
    counters: Counters = field(default_factory=Tally)
    members: MemberDirectory | None = None
    queues: QueueDesk | None = None
    menus: Mapping[str, Menu] = field(default_factory=dict)
    emergencies: EmergencyBook | None = None
    holidays: Callable[[OpeningHours | None, int], Mapping[date, str]] = lambda hours, year: {}
