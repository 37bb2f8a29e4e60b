"""What the use cases need from the outside, by role. Adapters are named by technology and live elsewhere."""

from ivr.services.ports.evidence import AuditEvent, AuditLog, Bar, CallLog, CallRow, DoNotCallRegister
from ivr.services.ports.hearing import Ear, ListenContext, Speech, ToneDetector, VoiceDetector
from ivr.services.ports.members import MemberDirectory
from ivr.services.ports.telephony import (
    DigitPressed,
    ForeignRtp,
    IncomingCall,
    LegAudio,
    LegConfirmed,
    LegDisconnected,
    LegHeld,
    LegProgress,
    Line,
    LineEvent,
    PromptEnded,
)
from ivr.services.ports.vault import (
    Catalogue,
    KeyRing,
    RecordingRow,
    RecordingStore,
    RecordingTag,
    RecordingWriter,
    Reservation,
    SealedFile,
)
from ivr.services.ports.world import Clock, Counters, Desk, LiveFeed

__all__ = [
    "AuditEvent",
    "AuditLog",
    "Bar",
    "CallLog",
    "CallRow",
    "Catalogue",
    "Clock",
    "Counters",
    "Desk",
    "DigitPressed",
    "DoNotCallRegister",
    "Ear",
    "ForeignRtp",
    "IncomingCall",
    "KeyRing",
    "LegAudio",
    "LegConfirmed",
    "LegDisconnected",
    "LegHeld",
    "LegProgress",
    "Line",
    "LineEvent",
    "ListenContext",
    "LiveFeed",
    "MemberDirectory",
    "PromptEnded",
    "RecordingRow",
    "RecordingStore",
    "RecordingTag",
    "RecordingWriter",
    "Reservation",
    "SealedFile",
    "Speech",
    "ToneDetector",
    "VoiceDetector",
]
