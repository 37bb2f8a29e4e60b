"""The vault's ports in memory. They obey the same state table and the same contract suites as the real adapters."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ivr.domain.audio.peaks import Peaks
from ivr.domain.consent.bar import KnownBy, strongest
from ivr.domain.evidence.chain import GENESIS, Head, Link, broken_links, canonical, check_body, digest_of
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import Event, Unread
from ivr.domain.recording.state import RECORDING, RecordingEvent, RecordingState
from ivr.domain.retention.legal_hold import LegalHold
from ivr.errors import ArchiveError, ComplianceError, HostError, IvrError, LostEvidenceError
from ivr.recording.codec import Sound
from ivr.recording.content import codec_named
from ivr.recording.copy_metadata import with_metadata
from ivr.recording.export import render
from ivr.recording.ogg_sound import OggSound
from ivr.recording.opus import OpusCodec
from ivr.recording.peaks import measured
from ivr.services.ports.evidence import Bar, CallRow, Entry, LegRow, PersonTag
from ivr.services.ports.spool import Pending, Unreadable
from ivr.services.ports.vault import RecordingRow, RecordingTag, SealedFile
from ivr.storage.person import means, person_of
from tests.evidence_schema import faults

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class TickingClock:
    """Shows `at`, which a test may set; each look is a millisecond later than the last, so that evidence has an order.

    With `on_loop` it shows the running loop's time instead, which is virtual (`tests.fakes.virtual_time`).
    """

    def __init__(self, start: datetime = START, *, on_loop: bool = False) -> None:
        self.at = start
        self._on_loop = on_loop

    def now(self) -> datetime:
        if self._on_loop:
            return START + timedelta(seconds=self.monotonic())
        self.at += timedelta(milliseconds=1)
        return self.at

    def monotonic(self) -> float:
        if self._on_loop:
            return asyncio.get_running_loop().time()
        self.at += timedelta(milliseconds=1)
        return (self.at - START).total_seconds()


def a_tag(recording_id: str = "rec-1", **changes: object) -> RecordingTag:
    """A tag as call control makes it."""
    tag = RecordingTag(
        recording_id=recording_id,
        call_id="call-1",
        program="hotline-quality",
        activities=("quality",),
        policy_id="fr-mutuelle",
        policy_version="2026-11-01",
        rule_ids=("REC-001",),
        retention="quality-audio",
        codec="opus",
        channels=("caller", "agent"),
        rate_hz=8000,
        opened_at=START,
        node_id="node-1",
    )
    return replace(tag, **changes)  # type: ignore[arg-type]


class FakeKeyRing:
    """Keys are made by counting; the wrapped form names its KEK and its recording."""

    def __init__(self, kek_id: str = "kek-fake") -> None:
        self.kek_id = kek_id
        self._made = 0

    def new_data_key(self, recording_id: str) -> tuple[bytearray, bytes]:
        self._made += 1
        key = bytearray(hashlib.sha256(f"{self.kek_id} {self._made}".encode()).digest())
        return key, self.wrap(recording_id, key)

    def wrap(self, recording_id: str, data_key: bytes | bytearray) -> bytes:
        return json.dumps([self.kek_id, recording_id, data_key.hex()]).encode()

    def kek_of(self, wrapped: bytes) -> str:
        return str(json.loads(wrapped)[0])

    def unwrap(self, recording_id: str, wrapped: bytes) -> bytearray:
        try:
            kek_id, bound_to, key = json.loads(wrapped)
            data_key = bytearray.fromhex(key)
        except (ValueError, TypeError):
            kek_id = bound_to = ""
            data_key = bytearray()
        if kek_id != self.kek_id or bound_to != recording_id:
            raise ArchiveError(
                f"the data key was not wrapped by {self.kek_id} for this recording",
                where=f"recording {recording_id}",
                remedy=f"give the key file of {kek_id or 'the right KEK'}",
            )
        return data_key


@dataclass
class _Container:
    data_key: bytes = field(repr=False)
    rate_hz: int
    channels: int
    pcm: bytearray = field(default_factory=bytearray, repr=False)

    def sealed(self) -> SealedFile:
        body = self.data_key + bytes(self.pcm)
        duration_ms = len(self.pcm) * 1000 // (2 * self.channels * self.rate_hz)
        return SealedFile(hashlib.sha256(body).hexdigest(), len(body), duration_ms)


class _FakeWriter:
    def __init__(self, store: FakeStore, recording_id: str, container: _Container) -> None:
        self._store = store
        self._id = recording_id
        self._container = container
        self._open = True

    def write(self, pcm: bytes) -> None:
        self._must_be_open()
        self._store.may_fail(len(pcm))
        self._container.pcm += pcm

    def seal(self) -> SealedFile:
        self._must_be_open()
        self._store.may_fail(0)
        self._open = False
        self._store.writing.discard(self._id)
        self._store.files[self._id] = self._store.partials.pop(self._id)
        return self._container.sealed()

    def abort(self) -> None:
        self.close()
        self._store.partials.pop(self._id, None)

    def close(self) -> None:
        self._open = False
        self._store.writing.discard(self._id)

    def _must_be_open(self) -> None:
        if not self._open:
            raise ArchiveError("the recording is closed", where=f"recording {self._id}", remedy="open a new one")


class _FakeReservation:
    def __init__(self, store: FakeStore, recording_id: str) -> None:
        self._store = store
        self._id = recording_id

    def open(self, data_key: bytes | bytearray, *, codec: str, rate_hz: int, channels: int) -> _FakeWriter:
        return self._store.open(self._id, data_key, codec=codec, rate_hz=rate_hz, channels=channels)

    def abort(self) -> None:
        self._store.delete(self._id)


class FakeStore:
    """Containers in a dictionary. `room` is how many PCM bytes fit before the disk is full (None: no end)."""

    def __init__(self, room: int | None = None) -> None:
        self.files: dict[str, _Container] = {}
        self.there: dict[str, _Container] = {}
        self.partials: dict[str, _Container] = {}
        self.writing: set[str] = set()
        self.room = room

    @property
    def far(self) -> FakeFarStore | None:
        return None

    def must_be_writable(self) -> None:
        self.may_fail(0)

    def may_fail(self, size: int) -> None:
        if self.room is None:
            return
        if self.room < size or (size == 0 and self.room <= 0):
            raise HostError("no space left", where="memory", remedy="make room")
        self.room -= size

    def reserve(self, recording_id: str) -> _FakeReservation:
        if recording_id in self.files or recording_id in self.partials:
            raise ArchiveError("exists already", where=f"recording {recording_id}", remedy="use a new id")
        self.partials[recording_id] = _Container(b"", 8000, 2)
        self.writing.add(recording_id)
        return _FakeReservation(self, recording_id)

    def open(
        self, recording_id: str, data_key: bytes | bytearray, *, codec: str, rate_hz: int, channels: int
    ) -> _FakeWriter:
        codec_named(codec, recording_id)
        if recording_id not in self.writing or self.partials[recording_id].data_key:
            self.reserve(recording_id)
        self.may_fail(0)
        container = self.partials[recording_id] = _Container(bytes(data_key), rate_hz, channels)
        return _FakeWriter(self, recording_id, container)

    def crash(self) -> None:
        """What the death of the writing process leaves: half-written files that nobody writes."""
        self.writing.clear()

    def recover(self, recording_id: str, data_key: bytes | bytearray) -> SealedFile | None:
        whole = self.files.get(recording_id) or self.there.get(recording_id)
        if whole is None:
            partial = self.partials.get(recording_id)
            if partial is None or not partial.pcm or partial.data_key != data_key:
                return None
            whole = self.files[recording_id] = partial
        self.partials.pop(recording_id, None)
        return whole.sealed() if whole.data_key == data_key else None

    def verify(self, recording_id: str, data_key: bytes | bytearray, sealed: SealedFile) -> None:
        container = self._whole(recording_id, data_key)
        if container.sealed() != sealed:
            raise ArchiveError("was changed", where=f"recording {recording_id}", remedy="take it from a backup")

    def copy(
        self, recording_id: str, data_key: bytes | bytearray, form: str, metadata: Mapping[str, str] | None = None
    ) -> bytes:
        whole = self._whole(recording_id, data_key)
        made = render(b"", Sound(bytes(whole.pcm), whole.rate_hz, whole.channels), form)
        return with_metadata(made, form, metadata) if metadata else made

    def sound(self, recording_id: str, data_key: bytes | bytearray, sealed: SealedFile) -> OggSound:
        where = f"recording {recording_id}"
        whole = self._whole(recording_id, data_key)
        if whole.sealed() != sealed:
            raise ArchiveError("was changed", where=where, remedy="take it from a backup")
        encoder = OpusCodec().encoder(rate_hz=whole.rate_hz, channels=whole.channels)
        opus = bytearray(encoder.encode(bytes(whole.pcm)) + encoder.finish())

        def read(start: int, end: int) -> bytes:
            self._whole(recording_id, whole.data_key)
            if not opus:
                raise ArchiveError("the recording is closed", where=where, remedy="open it again")
            return bytes(opus[max(0, start) : end])

        return OggSound(read, len(opus), where=where, forget=opus.clear)

    def peaks(self, recording_id: str, data_key: bytes | bytearray) -> Peaks:
        whole = self._whole(recording_id, data_key)
        return measured([Sound(bytes(whole.pcm), whole.rate_hz, whole.channels)])

    def delete(self, recording_id: str) -> None:
        if "/" in recording_id:
            raise ArchiveError("cannot be the id of a recording", where=recording_id, remedy="letters and digits")
        for held in (self.files, self.there, self.partials):
            held.pop(recording_id, None)
        self.writing.discard(recording_id)

    def delete_all(self, recording_ids: Sequence[str]) -> dict[str, IvrError]:
        failed: dict[str, IvrError] = {}
        for recording_id in recording_ids:
            try:
                self.delete(recording_id)
            except IvrError as error:
                failed[recording_id] = error
        return failed

    def digest(self, recording_id: str) -> str | None:
        container = self.files.get(recording_id) or self.there.get(recording_id) or self.partials.get(recording_id)
        return container.sealed().sha256 if container else None

    def busy(self, recording_id: str) -> bool:
        return recording_id in self.writing

    def unfinished(self) -> Sequence[str]:
        return sorted(self.partials)

    def stored(self) -> Sequence[str]:
        return sorted({**self.files, **self.there})

    def at_hand(self) -> Sequence[str]:
        return sorted(self.files)

    def drop_empty(self, recording_id: str) -> bool:
        if recording_id in self.writing or self.partials[recording_id].pcm:
            return False
        del self.partials[recording_id]
        return True

    def _whole(self, recording_id: str, data_key: bytes | bytearray) -> _Container:
        container = self.files.get(recording_id) or self.there.get(recording_id)
        if container is None:
            raise ArchiveError("the file is missing", where=f"recording {recording_id}", remedy="restore it")
        if container.data_key != data_key:
            raise ArchiveError("cannot be decrypted", where=f"recording {recording_id}", remedy="use its key")
        return container


class FakeFarStore(FakeStore):
    """A disk and a far side that locks; `locked` is until when, `refused` what it answers for a recording."""

    where = "memory, far away"
    locks = True

    def __init__(self) -> None:
        super().__init__()
        self.locked: dict[str, datetime | None] = {}
        self.refused: dict[str, Exception] = {}

    @property
    def far(self) -> FakeFarStore:
        return self

    def check(self) -> None:
        """Always there."""

    def upload(self, recording_id: str, sealed: SealedFile, *, lock_until: datetime | None) -> None:
        if recording_id in self.refused:
            raise self.refused[recording_id]
        here = self.files.get(recording_id)
        if here is None or here.sealed() != sealed:
            raise ArchiveError("is missing or was changed", where=f"recording {recording_id}", remedy="restore it")
        self.there[recording_id], self.locked[recording_id] = here, lock_until

    def release(self, recording_id: str) -> None:
        assert recording_id in self.there
        self.files.pop(recording_id, None)


class FakeCatalogue:
    """Rows in a dictionary; states move by the same table."""

    def __init__(self) -> None:
        self.rows: dict[str, RecordingRow] = {}
        self.keys: dict[str, bytes] = {}
        self.holds: list[LegalHold] = []
        #: Evidence and register in the same database: `together` undoes what they were given too.
        self.beside: FakeAuditLog | None = None
        self.register: FakeDoNotCall | None = None
        self._guard = threading.Lock()
        self._claims: dict[str, threading.Lock] = {}

    def add(self, tag: RecordingTag, wrapped_key: bytes, kek_id: str, *, deadline: datetime | None = None) -> None:
        if tag.recording_id in self.rows:
            raise ArchiveError("exists already", where=f"recording {tag.recording_id}", remedy="use a new id")
        state = RECORDING.after(RecordingState.WITHHELD, RecordingEvent.START)
        self.rows[tag.recording_id] = RecordingRow(tag, state, None, deadline, None, {}, (), (), has_key=True)
        self.keys[tag.recording_id] = wrapped_key

    def get(self, recording_id: str) -> RecordingRow:
        try:
            row = self.rows[recording_id]
        except KeyError:
            raise ArchiveError(
                "there is no such recording", where=f"recording {recording_id}", remedy="list them"
            ) from None
        return replace(row, has_key=recording_id in self.keys)

    def find(
        self,
        *,
        call_id: str | None = None,
        node_id: str | None = None,
        states: Sequence[RecordingState] = (),
        has_key: bool | None = None,
        limit: int = 1000,
    ) -> list[RecordingRow]:
        rows = [self.get(recording_id) for recording_id in reversed(self.rows)]
        rows.sort(key=lambda row: row.tag.opened_at, reverse=True)
        return [
            row
            for row in rows
            if (call_id is None or row.tag.call_id == call_id)
            and (node_id is None or row.tag.node_id == node_id)
            and (not states or row.state in states)
            and (has_key is None or row.has_key is has_key)
        ][:limit]

    def page(self, *, after: str, limit: int) -> list[RecordingRow]:
        return [self.get(one) for one in sorted(self.rows) if one > after][:limit]

    def count(self) -> int:
        return len(self.rows)

    def states(self, recording_ids: Sequence[str]) -> dict[str, RecordingState]:
        return {one: self.rows[one].state for one in recording_ids if one in self.rows}

    def wrapped_key(self, recording_id: str) -> bytes:
        self.get(recording_id)
        try:
            return self.keys[recording_id]
        except KeyError:
            raise ArchiveError("its key was destroyed", where=f"recording {recording_id}", remedy="none") from None

    def move(
        self, recording_id: str, event: RecordingEvent, *, reason: str = "", at: datetime | None = None
    ) -> RecordingState:
        row = self.get(recording_id)
        state = RECORDING.after(row.state, event, where=f"recording {recording_id}")
        self.rows[recording_id] = replace(row, state=state, reason=reason or row.reason)
        return state

    def move_all(self, recording_ids: Sequence[str], event: RecordingEvent, *, reason: str, at: datetime) -> set[str]:
        able = {one for one in recording_ids if one in self.rows and RECORDING.allows(self.rows[one].state, event)}
        for one in able:
            self.move(one, event, reason=reason, at=at)
        return able

    def describe(
        self,
        recording_id: str,
        *,
        sealed: SealedFile | None,
        deadline: datetime | None,
        closed_at: datetime,
        consent: Mapping[str, object],
        gaps: Sequence[Mapping[str, object]],
        masks: Sequence[Mapping[str, object]],
    ) -> None:
        self.rows[recording_id] = replace(
            self.get(recording_id),
            sealed=sealed,
            deadline=deadline,
            closed_at=closed_at,
            consent=dict(consent),
            gaps=[dict(gap) for gap in gaps],
            masks=[dict(mask) for mask in masks],
        )

    def destroy_keys(self, recording_ids: Sequence[str]) -> None:
        for recording_id in recording_ids:
            self.keys.pop(recording_id, None)

    def wipe_destroyed_keys(self) -> bool:
        return True

    def holds_on(self, recording_id: str) -> list[LegalHold]:
        return [hold for hold in self.holds if hold.covers(recording_id)]

    @contextmanager
    def together(self) -> Iterator[None]:
        rows, keys = dict(self.rows), dict(self.keys)
        chain, head = (list(self.beside.chain), self.beside.head) if self.beside else ([], None)
        entries = dict(self.register.held) if self.register else {}
        try:
            yield
        except BaseException:
            self.rows, self.keys = rows, keys
            if self.beside is not None and head is not None:
                self.beside.chain, self.beside.head = chain, head
            if self.register is not None:
                self.register.held = entries
            raise

    @contextmanager
    def claim(self, name: str) -> Iterator[None]:
        with self._guard:
            lock = self._claims.setdefault(name, threading.Lock())
        # A thread that claims twice would wait for itself for ever.
        assert lock.acquire(timeout=10), f"'{name}' is claimed already"
        try:
            yield
        finally:
            lock.release()


class FakeCallLog:
    def __init__(self) -> None:
        self.rows: list[CallRow] = []
        self.members: dict[str, Sequence[PersonTag]] = {}
        self.legs: dict[str, tuple[LegRow, ...]] = {}

    def add(self, row: CallRow, *, members: Sequence[PersonTag] = (), legs: Sequence[LegRow] = ()) -> None:
        if any(row.call_id == known.call_id for known in self.rows):
            raise ArchiveError("is reported already", where=f"call {row.call_id}", remedy="report each call once")
        self.rows.append(row)
        self.members[row.call_id] = members
        self.legs[row.call_id] = tuple(sorted(legs, key=lambda leg: (leg.began_at, leg.leg_id)))

    def get(self, call_id: str) -> CallRow | None:
        return next((row for row in self.rows if row.call_id == call_id), None)

    def find(self, *, limit: int = 100) -> list[CallRow]:
        return sorted(self.rows, key=lambda row: row.started_at, reverse=True)[:limit]

    def of_person(self, uri: str, *, limit: int) -> list[CallRow]:
        try:
            person = person_of(uri)
        except ComplianceError:
            return []
        return [row for row in self.find(limit=len(self.rows)) if means(row.party, person)][:limit]


class FakeAuditLog:
    """A chain in a list; `tamper` with `chain` and `verify` finds it."""

    def __init__(self, node_id: str = "node-1", clock: TickingClock | None = None) -> None:
        self._node_id = node_id
        self._clock = clock or TickingClock()
        self.chain: list[AuditEvent] = []
        self.head = Head(node_id, 0, GENESIS)
        self.lost = False

    def must_be_whole(self) -> None:
        if self.lost:
            raise LostEvidenceError("the database is gone", where="memory", remedy="put it back")

    def append(self, event: Event, *, call_id: str = "", recording_id: str = "") -> AuditEvent:
        check_body(event.body())
        self.must_be_whole()
        kind, stored = event.kind, json.loads(canonical(event.body()))
        assert isinstance(event, Unread) or faults(kind, stored) == []
        at, seq, previous = self._clock.now(), self.head.seq + 1, self.head.digest
        digest = digest_of(
            previous,
            node_id=self._node_id,
            seq=seq,
            at=at,
            kind=kind,
            call_id=call_id,
            recording_id=recording_id,
            body=canonical(stored),
        )
        link = AuditEvent(self._node_id, seq, at, kind, call_id, recording_id, stored, previous, digest)
        self.chain.append(link)
        self.head = Head(self._node_id, seq, digest)
        return link

    def append_all(self, entries: Sequence[Entry]) -> list[AuditEvent]:
        return [self.append(one.event, call_id=one.call_id, recording_id=one.recording_id) for one in entries]

    def first_of(self, recording_ids: Sequence[str], kind: str) -> dict[str, AuditEvent]:
        mine = [event for event in self.chain if event.kind == kind and event.recording_id in recording_ids]
        return {event.recording_id: event for event in reversed(mine)}

    def events(self, *, call_id: str = "", recording_id: str = "", limit: int = 100_000) -> list[AuditEvent]:
        return [
            event
            for event in self.chain
            if (not call_id or event.call_id == call_id) and (not recording_id or event.recording_id == recording_id)
        ][:limit]

    def recent(self, kind: str, *, last: int) -> list[AuditEvent]:
        return [event for event in self.chain[-last:] if event.kind == kind]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.chain]

    def verify(self) -> list[str]:
        return broken_links(
            [Link(**{**vars(event), "body": canonical(event.body)}) for event in self.chain], [self.head]
        )


class FakeSpool:
    """Items in a dictionary; `mine` are those whose writer lives. `end` is the end of the process."""

    def __init__(self) -> None:
        self.items: dict[str, Pending] = {}
        self.mine: set[str] = set()
        self.every: list[Pending] = []
        self.full = False

    def keep(self, item: Pending) -> None:
        if self.full:
            raise HostError("no space left", where="memory", remedy="make room")
        self.items[item.name] = item
        self.mine.add(item.name)
        self.every.append(item)

    def strike(self, name: str) -> None:
        self.items.pop(name, None)
        self.mine.discard(name)

    def release(self, name: str) -> None:
        self.mine.discard(name)

    def end(self) -> None:
        self.mine.clear()

    def left(self) -> Iterator[AbstractContextManager[Pending | Unreadable]]:
        for name in sorted(self.items):
            if name not in self.mine:
                yield nullcontext(self.items[name])

    def waiting(self) -> int:
        return len(set(self.items) - self.mine)


class FakeDoNotCall:
    """Bars by the URI as written, scheme, host and letter case aside."""

    def __init__(self) -> None:
        self.held: dict[str, Bar] = {}
        self._clock = TickingClock()

    def add(self, uri: str, *, scope: str, rule_id: str, call_id: str, known_by: KnownBy = KnownBy.UNKNOWN) -> str:
        entry = self.entry_of(uri, scope=scope)
        self.put(entry, scope=scope, rule_id=rule_id, call_id=call_id, known_by=known_by)
        return entry

    def put(
        self, entry_id: str, *, scope: str, rule_id: str, call_id: str, known_by: KnownBy = KnownBy.UNKNOWN
    ) -> None:
        now = self._clock.now()
        before = self.held.get(entry_id)
        added_at = before.added_at if before else now
        known = strongest([known_by, *([before.known_by] if before else [])])
        self.held[entry_id] = Bar(entry_id, scope, rule_id, call_id, added_at, now, known)

    def entry_of(self, uri: str, *, scope: str) -> str:
        return hashlib.sha256(f"{scope} {self._person(uri)}".encode()).hexdigest()

    def entries_of(self, uri: str, *, scope: str) -> tuple[str, ...]:
        return (self.entry_of(uri, scope=scope),)

    def bars(self, uri: str, *, scope: str) -> str | None:
        return next(iter(self.known(self.entries_of(uri, scope=scope))), None)

    def known(self, entries: Sequence[str]) -> list[str]:
        return [entry for entry in entries if entry in self.held]

    @property
    def entries(self) -> list[str]:
        return list(self.held)

    def move(self, previous: str, entry: str) -> None:
        if (moving := self.held.pop(previous, None)) is not None:
            stays = self.held.get(entry, replace(moving, entry=entry))
            self.held[entry] = replace(stays, known_by=strongest([stays.known_by, moving.known_by]))

    def remove(self, entry: str) -> None:
        self.held.pop(entry, None)

    def listing(self) -> list[Bar]:
        return sorted(self.held.values(), key=lambda bar: bar.refreshed_at, reverse=True)

    def find(self, short: str) -> Bar:
        found = [bar for entry, bar in self.held.items() if entry.startswith(short.strip().lower())]
        if len(found) != 1 or len(short) < 6:
            raise ArchiveError("not one entry begins so", where=short, remedy="give more of it")
        return found[0]

    def refusals(self, entry: str) -> list[str]:
        """Knows no evidence."""
        return [self.held[entry].call_id]

    def reported(self) -> Iterator[tuple[str, str, str]]:
        """Knows no reports."""
        yield from ()

    @staticmethod
    def _person(uri: str) -> str:
        user = uri.strip().strip("<>").split(":", 1)[-1]
        name, _, host = user.partition("@")
        digits = "".join(c for c in name if c.isdigit())
        if digits and not any(c.isalpha() for c in name):
            return digits[-9:]
        return f"{name}@{host.partition(':')[0]}".lower()
