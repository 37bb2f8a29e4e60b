"""An example house to click through: eight months of calls, told in a minute, in a folder that goes when it ends.

Recordings, evidence, analyses and requests are made by the product's own services on a clock that is told where it
is; only the telephone is missing. What ran out in these months was destroyed by the retention run, with certificates.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ivr.audio.pcm import from_pcm, to_pcm
from ivr.audio.resampling import resample
from ivr.audio.wav import EAR_HZ
from ivr.bootstrap.accounts import open_accounts
from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.authority import open_authority
from ivr.bootstrap.quality import Quality, open_quality, shelve_shipped
from ivr.bootstrap.retention import Retention, open_retention
from ivr.bootstrap.rights import open_rights
from ivr.bootstrap.runtime import new_id
from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.audio.spans import Gap, GapCause, Mask
from ivr.domain.authority.requisition import CheckedBy
from ivr.domain.call.leg import Disposition
from ivr.domain.evidence.events.base import Event
from ivr.domain.evidence.events.call import AgentAsked, DisclosurePlayed, Masked, Reported
from ivr.domain.evidence.events.objection import Dispelled, Hesitation, Objection
from ivr.domain.quality.grid import Grid, QuestionKind
from ivr.domain.quality.sampling import SamplingRule
from ivr.domain.recording.state import RecordingState
from ivr.domain.retention.decision import deadline
from ivr.domain.rights.request import Channel, IdentityCheck, Right
from ivr.services.ports.evidence import CallRow
from ivr.services.ports.vault import RecordingTag
from ivr.settings import Settings
from ivr.speech.voice import NanoVoice
from ivr_demo.example_legs import legs_of

HOTLINE, SALES = "hotline-quality", "prospecting"
CALLS, MONTHS = 200, 8
AGENTS = ("chloe.martin", "bruno.leroy", "david.roux", "emma.petit")
#: Who the console lets in; of these, `chloe.martin` is an agent with results of her own.
PEOPLE = {
    "admin": Role.ADMINISTRATOR,
    "anne": Role.QUALITY_ANALYST,
    "lea": Role.QUALITY_ANALYST,
    "sophie": Role.SUPERVISOR,
    "karim": Role.DPO,
    "ines": Role.COMPLIANCE_OFFICER,
    "oscar": Role.OPERATOR,
    "chloe.martin": Role.AGENT,
}
_LINE_HZ = 8000
_SEED = 2026
_OPENS, _HOURS = time(9), 9
_SALES_SHARE, _OBJECTS, _DOUBT, _MASKED, _GAP, _ASKED = 0.2, 0.12, 0.1, 0.08, 0.06, 0.03
_REVIEWED = 36
#: So many of the latest recordings an authority may ask for: older sales are destroyed by now.
_RECENT = 30
Pcm = NDArray[np.int16]


class ToldClock:
    """Port Clock that stands where it is put; it never goes back."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


@dataclass(frozen=True)
class Conversation:
    """`pcm` is interleaved: the caller, then what the caller hears."""

    program: str
    pcm: bytes
    duration_ms: int


def conversations() -> list[Conversation]:
    """Speak example_calls.toml, the caller and the agent in turn, each on their own channel."""
    table = tomllib.loads(Path(__file__).with_name("example_calls.toml").read_text("utf-8"))
    return [_spoken(one["program"], one["caller"], one["agent"]) for one in table["conversations"]]


def _spoken(program: str, caller: Sequence[str], agent: Sequence[str]) -> Conversation:
    voices = NanoVoice(pitch=1.1), NanoVoice(pitch=0.8)
    lanes: tuple[list[Pcm], list[Pcm]] = ([], [])
    for texts in zip(caller, agent, strict=True):
        for lane, text in enumerate(texts):
            said = to_pcm(resample(from_pcm(voices[lane].say(text)), EAR_HZ, _LINE_HZ))
            lanes[lane].append(said)
            lanes[1 - lane].append(np.zeros(len(said), np.int16))
    both = np.stack([np.concatenate(lane) for lane in lanes], axis=1)
    return Conversation(program, both.astype("<i2").tobytes(), len(both) * 1000 // _LINE_HZ)


class ExampleHouse:
    """Fills an empty archive."""

    def __init__(self, settings: Settings, *, until: datetime) -> None:
        """`until` is the moment up to which it is told, now; aware."""
        self._settings = settings
        self._until = until
        self._dice = random.Random(_SEED)
        #: What lines do changes nothing of what people do.
        self._lines = random.Random(_SEED + 1)
        self._zone = ZoneInfo(settings.profile.timezone)
        self.clock = ToldClock(until - timedelta(days=MONTHS * 30))
        self.archive: Archive = open_archive(settings, create=True, clock=self.clock)
        self._retention: Retention = open_retention(settings, self.archive)
        self._sealed = list[tuple[str, str]]()
        self._quality: Quality = open_quality(settings, self.archive, self._retention)

    def close(self) -> None:
        self.archive.close()

    def fill(self) -> None:
        shelve_shipped(self._settings, self.archive, self._retention)
        spoken = conversations()
        for at in self._moments():
            while (night := self.clock.at + timedelta(days=1)) < at:
                self.clock.at = night
                self._sweep()
            self.clock.at = at
            program = SALES if self._dice.random() < _SALES_SHARE else HOTLINE
            self._call(program, self._dice.choice([one for one in spoken if one.program == program]))
        self._analyse()
        self._requests()
        self._authority()
        self.clock.at = self._until

    def _sweep(self) -> None:
        """As the clerk does every day: what is due goes, and the evidence stays close behind the clock."""
        self._retention.run.run()
        self.archive.audit.checkpoint()

    # ---- calls

    def _moments(self) -> list[datetime]:
        """Working hours of every working day, in order, up to a few hours ago."""
        days = [
            day
            for number in range(MONTHS * 30)
            if (day := (self.clock.at + timedelta(days=number)).astimezone(self._zone).date()).weekday() < 5
        ]
        found = []
        for day in (*days, *self._dice.choices(days, k=CALLS))[:CALLS]:
            begins = datetime.combine(day, _OPENS, self._zone)
            found.append(begins.astimezone(UTC) + timedelta(seconds=self._dice.randrange(_HOURS * 3600)))
        return sorted(at for at in found if self.clock.at < at < self._until - timedelta(hours=2))

    def _call(self, program: str, conversation: Conversation) -> None:
        call_id, dice, agent = new_id(), self._dice, self._dice.choice(AGENTS)
        number = f"sip:+3363998{dice.randrange(10_000):04d}@example.org"
        if program == SALES and dice.random() < 0.4:
            ended = dice.choice((Disposition.NO_ANSWER, Disposition.BUSY))
            self._report(call_id, program, number, agent="", ended=ended, state="WITHHELD", recording_id=None)
            return
        tag = self._tag(call_id, program)
        due = deadline(tag.retention, tag.opened_at, self._settings.retention, self._settings.profile)
        recording = self.archive.vault.begin(tag, deadline=due)
        self._note(tag, _DISCLOSED)
        self.clock.at += timedelta(milliseconds=conversation.duration_ms)
        recording.write(conversation.pcm)
        if dice.random() < _OBJECTS:
            at_ms = dice.randrange(2_000, 400_000)
            self._note(tag, _objection(at_ms))
            recording.discard("REC-004" if program == HOTLINE else "REC-005", "objection")
            self._report(call_id, program, number, agent=agent, ended=Disposition.ANSWERED, state="DISCARDED",
                         recording_id=tag.recording_id)  # fmt: skip
            return
        gaps, masks = self._blemishes(tag, conversation.duration_ms, agent)
        recording.seal(
            consent={"caller": {"state": "NOTIFIED"}},
            gaps=[vars(gap) for gap in gaps],
            masks=[vars(mask) for mask in masks],
        )
        self._sealed.append((program, tag.recording_id))
        self._report(call_id, program, number, agent=agent, ended=Disposition.ANSWERED, state="SEALED",
                     recording_id=tag.recording_id)  # fmt: skip

    def _blemishes(self, tag: RecordingTag, duration_ms: int, agent: str) -> tuple[list[Gap], list[Mask]]:
        """What happened in this call besides talk, each noted as the engine notes it."""
        dice, gaps, masks = self._dice, list[Gap](), list[Mask]()
        start = dice.randrange(1_000, max(2_000, duration_ms - 2_000))
        if dice.random() < _DOUBT:
            self._note(tag, _DOUBT_RAISED)
            self._note(tag, Dispelled("caller"))
            gaps.append(Gap(start, start + 1_500, GapCause.DOUBT))
        if dice.random() < _GAP:
            gaps.append(Gap(start + 2_000, start + 3_000, dice.choice((GapCause.OVERFLOW, GapCause.HOLD))))
        if dice.random() < _MASKED:
            kind = dice.choice(("card", "iban", "nir"))
            masks.append(Mask("caller", start, start + 1_200, kind))
            self._note(tag, Masked(party="caller", number=kind, start_ms=start, end_ms=start + 1_200))
        if dice.random() < _ASKED:
            self._note(tag, _asked(tag.program, agent, start))
        return gaps, masks

    def _tag(self, call_id: str, program: str) -> RecordingTag:
        found, profile = self._settings.programs[program], self._settings.profile
        return RecordingTag(
            recording_id=new_id(),
            call_id=call_id,
            program=program,
            activities=found.activities,
            policy_id=profile.id,
            policy_version=profile.version,
            rule_ids=found.rule_ids,
            retention=found.retention,
            codec="opus",
            channels=("caller", "heard_by_caller"),
            rate_hz=_LINE_HZ,
            opened_at=self.clock.at,
            node_id=self._settings.node.id,
        )

    def _note(self, tag: RecordingTag, event: Event) -> None:
        self.archive.audit.append(event, call_id=tag.call_id, recording_id=tag.recording_id)

    def _report(
        self, call_id: str, program: str, number: str, *, agent: str, ended: Disposition, state: str,
        recording_id: str | None,
    ) -> None:  # fmt: skip
        at, answered = self.clock.at, ended is Disposition.ANSWERED
        row = CallRow(
            call_id, program, self._settings.programs[program].direction.value, number, at, at if answered else None,
            at + timedelta(seconds=40), ended.value, 200 if answered else 486, 16 if answered else 17, "caller",
            recording_id, state, {}, self._settings.node.id, agent,
            self._lines.randrange(2_000, 20_000) if answered else None,
        )  # fmt: skip
        self.archive.call_log.add(row, legs=legs_of(row, self._lines))
        report = Reported(
            program=program, disposition=ended.value, sip_status=row.sip_status, ended_by=row.ended_by,
            recording_state=state,
        )  # fmt: skip
        self.archive.audit.append(report, call_id=call_id, recording_id=recording_id or "")

    # ---- what people made of them

    def _analyse(self) -> None:
        """Last month's sample, scored by two reviewers; a calibration that waits for both."""
        self.clock.at = self._until - timedelta(hours=1)
        since = (self.clock.at.astimezone(self._zone).replace(day=1) - timedelta(days=1)).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        until = (since + timedelta(days=32)).replace(day=1)
        sophie = _request("sophie", Role.SUPERVISOR, "tirage du mois")
        sample = self._quality.sampling.draw(sophie, SamplingRule(3, since, until))
        drawn = [name for share in sample.shares for name in share.drawn]
        grid = self._quality.grids.latest(HOTLINE)[0]
        for number, name in enumerate(drawn[:_REVIEWED]):
            self.clock.at += timedelta(seconds=20)
            self._score(("anne", "lea")[number % 2], name, grid, left=number == 0)
        if drawn:
            self._quality.calibrations.open(sophie, drawn[-1], grid, ["anne", "lea"])

    def _score(self, login: str, recording_id: str, grid: Grid, *, left: bool) -> None:
        """Score a call; the first of all is left as a draft."""
        asked = _request(login, Role.QUALITY_ANALYST, "écoute du mois")
        draft = self._quality.grading.begin(asked, recording_id, grid)
        form = {
            f"a.{one.id}": self._dice.choice((*one.values[-1:], *one.values[:1], *one.values[-1:]))
            if one.good != "no" else "no"
            for one in grid.questions
            if one.kind is not QuestionKind.TEXT
        }  # fmt: skip
        if left:
            form.popitem()
            self._quality.grading.save(asked, draft.id, draft.revision, form)
        else:
            self._quality.grading.finish(asked, draft.id, draft.revision, form)

    def _requests(self) -> None:
        """One person asks what is kept, and their identity was checked; another wants to be forgotten."""
        requests = open_rights(self._settings, self.archive, self._retention).requests
        asked = AccessRequest(Actor("karim", Role.DPO), Action.EVENT, reason="demandes de personnes")
        today = self.clock.at.astimezone(self._zone).date()
        person = {"name": "Marianne Exemple", "address": "1 rue de l'Exemple, 75000 Paris", "phone": "0639980001"}
        first = requests.take_in(asked, Right.ACCESS, Channel.LETTER, today - timedelta(days=12), person)
        requests.identify(asked, first.id, IdentityCheck.CALLED_BACK)
        other = {"name": "Jean Exemple", "address": "2 rue de l'Exemple, 44000 Nantes", "phone": "0639980002"}
        requests.take_in(asked, Right.ERASURE, Channel.ONLINE, today - timedelta(days=3), other)

    def _authority(self) -> None:
        """The ACPR asks for the last sales and the last call; the request was checked and waits for the DPO."""
        recent = self._sealed[-_RECENT:]
        stored = self._retention.ledger.stored([name for _, name in recent])
        kept = {one.recording_id for one in stored if one.state == RecordingState.SEALED.value}
        sold = [name for program, name in recent if program == SALES and name in kept]
        accounts = open_accounts(self._settings, self.archive)
        desk = open_authority(self._settings, self.archive, self._retention, accounts).desk
        asked = AccessRequest(Actor("ines", Role.COMPLIANCE_OFFICER), Action.AUTHORITY, reason="demande de l'ACPR")
        given = {
            "authority": "ACPR",
            "asked_reference": "ACPR-EXEMPLE-88",
            "basis": "CMF L612-24",
            "official": "Camille Exemple",
            "service": "Contrôle des pratiques commerciales",
            "items": " ".join((*sold[-2:], recent[-1][1])),
        }
        made = desk.take_in(asked, self.clock.at - timedelta(hours=5), given)
        desk.check(asked, made.id, CheckedBy.CALLED_BACK, made.items_sha256, "rappelé au standard de l'autorité")


_DISCLOSED = DisclosurePlayed(
    party="caller", prompt_id="disclosure", prompt_version="1", prompt_sha256="0" * 64, heard_ms=9_000, completed=True
)
_DOUBT_RAISED = Hesitation(party="caller", label="objection_recording", basis="SPOKEN", score=0.62, discards=True)


def _objection(at_ms: int) -> Objection:
    return Objection(
        party="caller", label="objection_recording", basis="SPOKEN", offset_ms=at_ms, score=0.98, band="act",
        rules=("REC-004",), discards=True, evidence="explicit",
    )  # fmt: skip


def _asked(program: str, agent: str, start_ms: int) -> AgentAsked:
    return AgentAsked(
        party="agent", agent=agent, program=program, rules=("ASK-002",), families=("bank",), start_ms=start_ms,
        end_ms=start_ms + 2_000, reaction="told",
    )  # fmt: skip


def _request(login: str, role: Role, reason: str) -> AccessRequest:
    return AccessRequest(Actor(login, role), Action.GRADE, purpose="quality_audio", reason=reason)
