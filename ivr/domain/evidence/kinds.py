"""Every kind of event in the evidence."""

STARTED = "recording.started"
HELD = "recording.held"
RESUMED = "recording.resumed"
SEALED = "recording.sealed"
DAMAGED = "recording.damaged"
DISCARDING = "recording.discarding"
DISCARDED = "recording.discarded"
RECOVERED = "recording.recovered"
EXPORTED = "recording.exported"
CERTIFICATE = "certificate.destruction"

#: The party's objection: `objection`, or anything below it (`objection.voice`). Written by call control.
OBJECTION = "objection"

#: The caller may have objected and is being asked; and the answer that they do not.
DOUBT = "doubt"
DISPELLED = "doubt.dispelled"

#: Set to False in an objection's body when the programme keeps what was captured before it.
DISCARDS = "discards"

#: A person is barred from calls, under one spelling instead of another, and no longer.
BARRED = "do_not_call.added"
MOVED = "do_not_call.moved"
LIFTED = "do_not_call.lifted"

#: The whole evidence was copied for an auditor.
AUDIT_EXPORTED = "audit.exported"

#: A changed policy, or a look at what is due, fixed the deadlines anew.
RESCHEDULED = "retention.rescheduled"

#: Kinds of events whose body names the `deadline` that was written with them.
TELLING = frozenset({SEALED, DAMAGED, RECOVERED, "business.event", RESCHEDULED})
