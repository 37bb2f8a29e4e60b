"""The tables. Migrations in `migrations/versions` make them; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from ivr.domain.recording.state import KEPT as STATES_KEPT
from ivr.storage.columns import EvidenceTime, UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: Facts about the database itself, such as the id of the do-not-call secret.
meta = Table("meta", metadata, Column("name", String(60), primary_key=True), Column("value", Text, nullable=False))

_KEPT = f"state IN ({', '.join(repr(state.value) for state in STATES_KEPT)})"
#: The recording's audio is kept. Written out: with bound values no planner would take an index of those rows alone.
KEPT = text(f"recordings.{_KEPT}")
#: What few recordings have: each has an index of those alone, which costs the others nothing.
_RARE = {
    "agent": text("agent <> ''"),
    "disposition": text("disposition NOT IN ('', 'ANSWERED')"),
    "gap": text("gap_count > 0"),
    "mask": text("mask_count > 0"),
    "doubt": text("doubt_count > 0"),
}

recordings = Table(
    "recordings",
    metadata,
    Column("recording_id", String(100), primary_key=True),
    Column("call_id", String(100), nullable=False, index=True),
    Column("program", String(100), nullable=False),
    Column("purposes", JSON, nullable=False),
    Column("policy_id", String(100), nullable=False),
    Column("policy_version", String(60), nullable=False),
    Column("rule_ids", JSON, nullable=False),
    Column("retention", String(100), nullable=False),
    Column("codec", String(20), nullable=False),
    Column("channels", JSON, nullable=False),
    Column("rate_hz", Integer, nullable=False),
    Column("opened_at", UtcTime, nullable=False, index=True),
    Column("node_id", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("moved_at", UtcTime),
    Column("reason", Text, nullable=False, server_default=""),
    Column("sha256", String(64)),
    Column("size_bytes", BigInteger),
    Column("duration_ms", BigInteger),
    Column("deadline", UtcTime),
    Column("closed_at", UtcTime),
    Column("consent", JSON, nullable=False),
    Column("gaps", JSON, nullable=False),
    Column("masks", JSON, nullable=False),
    # What a search asks beside the tag: counts of the lists above, and what the call's report says.
    Column("gap_count", Integer, nullable=False, server_default="0"),
    Column("mask_count", Integer, nullable=False, server_default="0"),
    Column("doubt_count", Integer, nullable=False, server_default="0"),
    Column("agent", String(100), nullable=False, server_default=""),
    Column("disposition", String(20), nullable=False, server_default=""),
    Index("ix_recordings_state_deadline", "state", "deadline"),
    Index("ix_recordings_node_state", "node_id", "state"),
    # What the retention run reads, and nothing else: it grows with what is kept, and a run reads what is due of it.
    Index("ix_recordings_due", "deadline", "recording_id", postgresql_where=text(_KEPT), sqlite_where=text(_KEPT)),
    # Pages of a search, newest first, each with its place to go on from.
    Index("ix_recordings_opened_page", "opened_at", "recording_id"),
    Index("ix_recordings_state_page", "state", "opened_at", "recording_id"),
    Index("ix_recordings_program_page", "program", "state", "opened_at", "recording_id"),
    *(
        Index(
            f"ix_recordings_{name}_page",
            *([name] if name in ("agent", "disposition") else []),
            "opened_at",
            "recording_id",
            postgresql_where=rare,
            sqlite_where=rare,
        )
        for name, rare in _RARE.items()
    ),
)

#: Keys of the hashes by which recordings are found by number: the newest is for new ones, the others go on finding.
person_keys = Table(
    "person_keys",
    metadata,
    Column("key_id", String(60), primary_key=True),
    Column("kek_id", String(60), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)

#: Whose call a recording is: keyed hashes of telephone and member number, 16 bytes each. They go with the audio.
recording_persons = Table(
    "recording_persons",
    metadata,
    Column("tag", LargeBinary, primary_key=True),
    Column("opened_at", UtcTime, primary_key=True),
    Column("recording_id", ForeignKey("recordings.recording_id"), primary_key=True, index=True),
    Column("key_id", ForeignKey("person_keys.key_id"), nullable=False),
    sqlite_with_rowid=False,
)

#: One row per living key. Destroying the row destroys every copy of the audio. On PostgreSQL it has a partition
#: per `part`, which its primary key therefore contains; see `ivr.storage.key_part`.
recording_keys = Table(
    "recording_keys",
    metadata,
    Column("recording_id", ForeignKey("recordings.recording_id"), primary_key=True),
    Column("kek_id", String(60), nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("part", SmallInteger, nullable=False),
)

#: Parts of `recording_keys` whose files may still hold the bytes of a key that was destroyed.
key_wipes = Table("key_wipes", metadata, Column("part", String(100), primary_key=True))

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("owner", String(200), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("filters", JSON, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("call_id", String(100), primary_key=True),
    Column("program", String(100), nullable=False),
    Column("direction", String(20), nullable=False),
    Column("party", String(255), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("answered_at", UtcTime),
    Column("ended_at", UtcTime, nullable=False),
    Column("disposition", String(20), nullable=False),
    Column("sip_status", Integer, nullable=False),
    Column("hangup_cause", Integer, nullable=False),
    Column("ended_by", String(40), nullable=False),
    Column("recording_id", String(100)),
    Column("recording_state", String(20), nullable=False),
    Column("consent", JSON, nullable=False),
    Column("node_id", String(100), nullable=False),
    Column("agent", String(100), nullable=False, server_default=""),
    Column("queue_wait_ms", BigInteger),
    # Pages of call details, newest first.
    Index("ix_calls_started_at", "started_at", "call_id"),
    Index("ix_calls_program_page", "program", "started_at", "call_id"),
    Index("ix_calls_disposition_page", "disposition", "started_at", "call_id"),
    Index("ix_calls_program_disposition_page", "program", "disposition", "started_at", "call_id"),
)

#: A row for each leg of a reported call, which goes with its call's.
legs = Table(
    "legs",
    metadata,
    Column("leg_id", String(100), primary_key=True),
    Column("call_id", ForeignKey("calls.call_id"), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("direction", String(20), nullable=False),
    Column("peer", String(100), nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("answered_at", UtcTime),
    Column("ended_at", UtcTime, nullable=False),
    Column("ended_by", String(20), nullable=False),
    Column("sip_status", Integer, nullable=False),
    Column("hangup_cause", Integer, nullable=False),
    Column("codec", String(40), nullable=False),
    Column("received", BigInteger),
    Column("lost", BigInteger),
    Column("discarded", BigInteger),
    Column("jitter_ms", Float),
    Column("jitter_max_ms", Float),
    Column("buffer_ms", Float),
    Column("sent", BigInteger),
    Column("far_lost", BigInteger),
    Column("far_jitter_ms", Float),
    Column("round_trip_ms", Float),
    Column("mos", Float),
    Column("far_mos", Float),
)

#: `body` is text, not JSON: the digest is over these very bytes.
audit_events = Table(
    "audit_events",
    metadata,
    Column("node_id", String(100), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", EvidenceTime, nullable=False, index=True),
    Column("kind", String(60), nullable=False),
    Column("call_id", String(100), nullable=False, index=True),
    Column("recording_id", String(100), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)

#: Last event of each node's chain: writers queue on this row, and a cut tail shows against it.
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("node_id", String(100), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
)

#: Heads of chains, signed from time to time: a chain that was cut or recomputed with its head shows against them.
audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("node_id", String(100), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("at", EvidenceTime, nullable=False),
    Column("key_id", String(60), nullable=False),
    Column("signature", String(128), nullable=False),
)

#: Public keys of the nodes that sign.
evidence_keys = Table(
    "evidence_keys",
    metadata,
    Column("key_id", String(60), primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("node_id", String(100), nullable=False),
    Column("since", UtcTime, nullable=False),
)

#: Which event certifies a recording's destruction: its key is what makes a second certificate impossible.
certificates = Table(
    "certificates",
    metadata,
    Column("recording_id", String(100), primary_key=True),
    Column("node_id", String(100), nullable=False),
    Column("seq", BigInteger, nullable=False),
)

#: Purposes of a recording beside the one of its tag, and deadlines that an event has moved.
recording_purposes = Table(
    "recording_purposes",
    metadata,
    Column("recording_id", String(100), primary_key=True),
    Column("tag", String(100), primary_key=True),
    Column("due_at", UtcTime),
    Column("event", String(60), nullable=False, server_default=""),
    Column("event_at", UtcTime),
    Column("ended_at", UtcTime),
)

business_events = Table(
    "business_events",
    metadata,
    Column("recording_id", String(100), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("at", UtcTime, primary_key=True),
    Column("reference", String(200), primary_key=True),
    Column("actor", String(200), nullable=False),
    Column("noted_at", UtcTime, nullable=False),
)

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("hold_id", String(100), primary_key=True),
    Column("case_name", String(200), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("basis", String(100), nullable=False),
    Column("requested_by", String(200), nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("review_at", UtcTime, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("active_from", UtcTime),
    Column("closed_at", UtcTime),
    Column("closed_by", String(200), nullable=False, server_default=""),
    Column("closed_reason", String(300), nullable=False, server_default=""),
)

legal_hold_items = Table(
    "legal_hold_items",
    metadata,
    Column("hold_id", ForeignKey("legal_holds.hold_id"), primary_key=True),
    Column("recording_id", String(100), primary_key=True, index=True),
)

legal_hold_approvals = Table(
    "legal_hold_approvals",
    metadata,
    Column("hold_id", ForeignKey("legal_holds.hold_id"), primary_key=True),
    Column("approved_by", String(200), primary_key=True),
    Column("at", UtcTime, nullable=False),
)

#: Who is destroying what at this moment. A claim whose lease has run out is anybody's.
retention_claims = Table(
    "retention_claims",
    metadata,
    Column("recording_id", String(100), primary_key=True),
    Column("owner", String(100), nullable=False, index=True),
    Column("until", UtcTime, nullable=False),
)

#: Neither number nor name: the id is a keyed hash of scope and person.
do_not_call = Table(
    "do_not_call",
    metadata,
    Column("entry_id", String(64), primary_key=True),
    Column("scope", String(100), nullable=False),
    Column("rule_id", String(60), nullable=False),
    Column("call_id", String(100), nullable=False),
    Column("added_at", UtcTime, nullable=False),
    Column("refreshed_at", UtcTime, nullable=False),
    Column("known_by", String(20), nullable=False, server_default="unknown"),
)

#: The list of members in force, one row or none: `seal` is a keyed hash of all of it.
member_lists = Table(
    "member_lists",
    metadata,
    Column("list_id", String(60), primary_key=True),
    Column("kek_id", String(60), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("size", Integer, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

#: `tags` are keyed hashes of the member's number and telephones, 16 bytes each, the number's first.
members = Table(
    "members",
    metadata,
    Column("list_id", String(60), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("tags", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: Which members a tag leads to.
member_tags = Table(
    "member_tags",
    metadata,
    Column("list_id", String(60), primary_key=True),
    Column("tag", LargeBinary, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: Who may sign in to the console. `password_hash` is Argon2id; `code_secret` is sealed under the console's key.
accounts = Table(
    "accounts",
    metadata,
    Column("account_id", String(60), primary_key=True),
    Column("login", String(63), nullable=False, unique=True),
    Column("role", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("code_secret", LargeBinary, nullable=False),
    Column("used_step", BigInteger, nullable=False),
    Column("expires_at", UtcTime),
    Column("case_id", String(60), nullable=False, server_default=""),
)

#: One-time links; `key` is the digest of what the link holds. One for each login, the empty one included.
account_invitations = Table(
    "account_invitations",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("login", String(63), nullable=False, unique=True),
    Column("role", String(40), nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("invited_by", String(200), nullable=False),
    Column("code_secret", LargeBinary, nullable=False),
    Column("expires_at", UtcTime),
    Column("case_id", String(60), nullable=False, server_default=""),
)

account_sessions = Table(
    "account_sessions",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("began_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False, index=True),
    Column("purpose", String(100), nullable=False, server_default=""),
    Column("reason", String(200), nullable=False, server_default=""),
)

#: What programs bear at the API: digests.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("token_id", String(60), nullable=False, unique=True),
    Column("account_id", ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False, index=True),
    Column("used_at", UtcTime),
)

#: `key` is the digest of `credential_id`; `public_key` is COSE. With neither does anybody get in.
passkeys = Table(
    "passkeys",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(60), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
)

#: `key` is the digest of an issuer and a subject there: neither a password nor a token of the provider is kept.
linked_identities = Table(
    "linked_identities",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("issuer", String(255), nullable=False),
    Column("name", String(60), nullable=False),
    Column("linked_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
)

#: What waits for a browser's answer; `key` is the digest of what that browser alone holds.
sign_in_challenges = Table(
    "sign_in_challenges",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("challenge", LargeBinary, nullable=False),
    Column("until", UtcTime, nullable=False, index=True),
)

#: How often signing in failed; `bucket` is the digest of a login, or of a browser and its account.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("bucket", String(64), primary_key=True),
    Column("count_", Integer, nullable=False),
    Column("last_at", UtcTime, nullable=False, index=True),
)

#: Files of the DPO's desk. `sealed` holds what they tell of persons, under a key of each file's own; `facts` name
#: nobody.
cases = Table(
    "cases",
    metadata,
    Column("case_id", String(60), primary_key=True),
    Column("room", String(20), nullable=False),
    Column("state", String(30), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("keep_until", UtcTime, index=True),
    Column("facts", JSON, nullable=False),
    Column("kek_id", String(60), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_cases_room_page", "room", "opened_at", "case_id"),
)

#: Recordings whose processing is restricted at a person's request (GDP-004), until somebody lifts it.
restrictions = Table(
    "restrictions",
    metadata,
    Column("recording_id", String(100), primary_key=True),
    Column("case_id", String(60), nullable=False),
    Column("since", UtcTime, nullable=False),
)

#: Versions of analysis grids, as their authors wrote them; none ever changes.
quality_grids = Table(
    "quality_grids",
    metadata,
    Column("grid_id", String(40), primary_key=True),
    Column("version", String(32), primary_key=True),
    Column("text", Text, nullable=False),
    Column("imported_at", UtcTime, nullable=False),
    Column("imported_by", String(200), nullable=False),
)

#: What reviewers answered about calls. `answers` is JSON text: its digest stands in the evidence. No word of a call.
quality_analyses = Table(
    "quality_analyses",
    metadata,
    Column("analysis_id", String(60), primary_key=True),
    Column("form", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("recording_id", String(100), nullable=False, index=True),
    Column("call_id", String(100), nullable=False),
    Column("program", String(100), nullable=False),
    Column("called_at", UtcTime, nullable=False),
    Column("agent", String(100), nullable=False),
    Column("grid_id", String(40), nullable=False),
    Column("grid_version", String(32), nullable=False),
    Column("reviewer", String(63), nullable=False),
    Column("second_of", String(60), nullable=False),
    Column("calibration_id", String(60), nullable=False),
    Column("answers", Text, nullable=False),
    Column("begun_at", UtcTime, nullable=False, index=True),
    Column("saved_at", UtcTime),
    Column("scored_at", UtcTime),
    Column("tenths", Integer),
    Column("passed", Boolean, nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("to_coach", Boolean, nullable=False),
    Column("coached_at", UtcTime),
    Column("coached_by", String(63), nullable=False),
    Column("dispute", JSON),
    Column("deadline", UtcTime, nullable=False, index=True),
    Index("ix_quality_analyses_reviewer", "reviewer", "begun_at"),
    # Pages of a search by score, newest call first.
    Index(
        "ix_quality_analyses_scored_page",
        *("called_at", "recording_id", "tenths"),
        postgresql_where=text("counts"),
        sqlite_where=text("counts"),
    ),
    # One draft of one person for one call, grid and occasion.
    Index(
        "uq_quality_analyses_draft",
        *("reviewer", "recording_id", "grid_id", "second_of", "calibration_id"),
        unique=True,
        postgresql_where=text("state = 'DRAFT'"),
        sqlite_where=text("state = 'DRAFT'"),
    ),
)

#: Notes at moments of recordings. `sealed` is their text under the recording's data key; they go with that key.
recording_notes = Table(
    "recording_notes",
    metadata,
    Column("note_id", String(60), primary_key=True),
    Column("recording_id", String(100), nullable=False, index=True),
    Column("at_ms", Integer, nullable=False),
    Column("author", String(63), nullable=False),
    Column("written_at", UtcTime, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

#: Calls that were drawn by lot for a month: `shares` tells of each agent what was drawn, and out of how many.
quality_samples = Table(
    "quality_samples",
    metadata,
    Column("sample_id", String(60), primary_key=True),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("per_agent", Integer, nullable=False),
    Column("min_ms", Integer, nullable=False),
    Column("program", String(100), nullable=False),
    Column("seed", String(64), nullable=False),
    Column("drawn_at", UtcTime, nullable=False),
    Column("drawn_by", String(63), nullable=False),
    Column("shares", JSON, nullable=False),
    Column("deadline", UtcTime, nullable=False, index=True),
)

quality_calibrations = Table(
    "quality_calibrations",
    metadata,
    Column("calibration_id", String(60), primary_key=True),
    Column("recording_id", String(100), nullable=False),
    Column("called_at", UtcTime, nullable=False),
    Column("grid_id", String(40), nullable=False),
    Column("grid_version", String(32), nullable=False),
    Column("reviewers", JSON, nullable=False),
    Column("opened_by", String(63), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("deadline", UtcTime, nullable=False, index=True),
)

#: What each node told of itself last: processes, counts, calls in progress without content (`ivr.domain.operation`).
node_states = Table(
    "node_states",
    metadata,
    Column("node_id", String(100), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("body", JSON, nullable=False),
)

#: Calls that wait or talk, one row each while they do. No number, no name: `place_id` is the call's id.
queue_places = Table(
    "queue_places",
    metadata,
    Column("place_id", String(100), primary_key=True),
    Column("queue", String(63), nullable=False),
    Column("joined_at", UtcTime, nullable=False),
    Column("owner", String(100), nullable=False),
    Column("lease_until", UtcTime, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("wrap_up_s", Float, nullable=False),
    Column("state", String(20), nullable=False),
    Column("agent_id", String(63), unique=True),
)

#: The state of each agent who ever began to work; skills and addresses stand in the configuration.
queue_agents = Table(
    "queue_agents",
    metadata,
    Column("agent_id", String(63), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("idle_since", UtcTime, nullable=False),
    Column("pause", String(63), nullable=False),
    Column("next_pause", String(63), nullable=False),
    Column("until", UtcTime),
    Column("place_id", String(100), nullable=False),
)

#: The menus whose emergency message is on: no row, and it is off.
menu_emergencies = Table(
    "menu_emergencies",
    metadata,
    Column("menu", String(63), primary_key=True),
    Column("since", UtcTime, nullable=False),
)

#: How long calls of a queue take its agents: one mean each, of nobody in particular.
queue_handling = Table(
    "queue_handling",
    metadata,
    Column("queue", String(63), primary_key=True),
    Column("mean_s", Float, nullable=False),
    Column("calls", Integer, nullable=False),
)
