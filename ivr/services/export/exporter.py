"""Copies of recordings for people: the copy, and a signed manifest that says what it is a copy of and who got it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ivr.domain.access import AccessRequest, Audience
from ivr.domain.evidence.chain import canonical, stamp
from ivr.domain.evidence.checkpoint import Checkpoint
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.domain.retention.schedule import RetentionTable
from ivr.errors import ArchiveError, HostError
from ivr.private_file import write_private
from ivr.services.export.access_gate import Gate
from ivr.services.export.vcon import vcon_of
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain, Signer
from ivr.services.ports.vault import RecordingRow
from ivr.services.vault.vault import Vault

#: What the ending of a file's name asks for, and what an asked format is called in a folder.
FORMS = {".wav": "wav", ".opus": "opus", ".ogg": "opus", ".vcon": "vcon"}
ENDINGS = {"wav": ".wav", "opus": ".opus", "vcon": ".vcon"}
FORMAT = "ivr recording export 1"
#: The signed list of what an export of several recordings holds.
INDEX = "index.json"
#: What a copy says in itself: for whom it was made.
_AUDIENCES = {
    Audience.INTERNAL: "Copie pour la maison",
    Audience.SUBJECT: "Copie pour la personne concernée",
    Audience.AUTHORITY: "Copie pour une autorité",
}
#: What it says of each, out of its manifest.
_LISTED = ("recording_id", "call_id", "original_sha256", "copy_sha256", "copy_bytes", "opened_at")


@dataclass(frozen=True)
class Exporter:
    """Every export passes the gate first and is noted before the copy exists."""

    vault: Vault
    chain: EvidenceChain
    signer: Signer
    clock: Clock
    gate: Gate
    table: RetentionTable
    redactor: Redactor = REDACTOR

    def one(self, request: AccessRequest, recording_id: str, path: Path, *, form: str = "") -> dict[str, object]:
        """Write a copy to `path`, its manifest beside it (`.json`) and the manifest's signature (`.json.sig`).

        `form` is wav, opus or vcon; empty: as the name ends. Returns the manifest. Raises ComplianceError when it is
        not allowed, ArchiveError when there is nothing to copy, HostError when `path` cannot be written.
        """
        form = form or FORMS.get(path.suffix.lower(), "")
        if form not in ENDINGS:
            raise ArchiveError(
                f"cannot write '{path.suffix}' files", where=str(path), remedy="end it in .wav or .opus, or .vcon"
            )
        self.gate.check(request, [recording_id])
        _must_be_ours(path)
        manifest = self._write(request, recording_id, path, form)
        return self._seal(path.with_name(path.name + ".json"), manifest)

    def many(
        self, request: AccessRequest, recording_ids: Sequence[str], folder: Path, *, form: str = ""
    ) -> dict[str, object]:
        """Write copies of all of these into a new folder with one signed `index.json`: what an authority is handed.

        All of them must be allowed, or none is opened. Raises ComplianceError when one is denied, ArchiveError when
        there is none, HostError when the folder cannot be written.
        """
        made = self.files(request, recording_ids, form=form or "wav")
        self._on_disk(folder, lambda: folder.mkdir(mode=0o700, exist_ok=True))
        index: dict[str, object] = {}
        for name, body in made:
            path = folder / name
            self._on_disk(path, partial(write_private, path, body))
            if name == INDEX:
                index = json.loads(body)
        return index

    def files(self, request: AccessRequest, recording_ids: Sequence[str], *, form: str) -> Iterator[tuple[str, bytes]]:
        """Return name and content of each file of such a folder, made one recording at a time, without a disk.

        What `many` raises is raised at once, before anything is opened, but for the disk's faults.
        """
        if not recording_ids:
            raise ArchiveError("there is nothing to export", remedy="the query finds no recording")
        self.gate.check(request, recording_ids)
        return self._made(request, recording_ids, form)

    def _made(self, request: AccessRequest, recording_ids: Sequence[str], form: str) -> Iterator[tuple[str, bytes]]:
        listed = []
        for recording_id in recording_ids:
            # Again, at its turn: of many the last is made long after the first.
            self.gate.check(request, [recording_id])
            copy, manifest = self._copied(request, recording_id, form)
            name = f"{recording_id}{ENDINGS[form]}"
            yield name, copy
            yield from self._sealed(f"{name}.json", manifest)
            listed.append({"file": name, **{key: manifest[key] for key in _LISTED}})
        index: dict[str, object] = {**self._head(request), "count": len(listed), "recordings": listed}
        yield from self._sealed(INDEX, index)

    def _sealed(self, name: str, manifest: dict[str, object]) -> Iterator[tuple[str, bytes]]:
        _, body, signature = self._signed(manifest)
        yield name, body
        yield f"{name}.sig", signature

    def packed(
        self, request: AccessRequest, recording_id: str, *, treat: Callable[[bytes], bytes] | None = None
    ) -> dict[str, bytes]:
        """Return the files that `one` would write of a WAV copy, by name, without a disk; `treat` is as in the vault.

        Raises ComplianceError when it is not allowed, ArchiveError when there is nothing to copy.
        """
        self.gate.check(request, [recording_id])
        copy, manifest = self._copied(request, recording_id, "wav", treat)
        _, body, signature = self._signed(manifest)
        name = f"{recording_id}{ENDINGS['wav']}"
        return {name: copy, f"{name}.json": body, f"{name}.json.sig": signature}

    def _write(self, request: AccessRequest, recording_id: str, path: Path, form: str) -> dict[str, object]:
        copy, manifest = self._copied(request, recording_id, form)
        self._on_disk(path, lambda: write_private(path, copy))
        return manifest

    def _copied(
        self, request: AccessRequest, recording_id: str, form: str, treat: Callable[[bytes], bytes] | None = None
    ) -> tuple[bytes, dict[str, object]]:
        audio = "opus" if form == "vcon" else form
        asked, head = self._asked(request), self._head(request)
        row, copy = self.vault.copy(
            recording_id,
            audio,
            reason=request.reason,
            actor=request.actor.id,
            more={**asked, "format": form},
            metadata=self._metadata(request, recording_id, str(head["exported_at"])),
            treat=treat,
        )
        events = [e for e in self.chain.events(call_id=row.tag.call_id) if e.recording_id in ("", recording_id)]
        checkpoint = self.chain.checkpoint()
        if form == "vcon":
            container = vcon_of(
                row,
                copy,
                schedule=self.table.schedules.get(row.tag.retention),
                events=events,
                made_at=self.clock.now(),
            )
            # The dialog is the audio and its hash.
            container = {**self.redactor.fields(container), "dialog": container["dialog"]}
            copy = json.dumps(container, ensure_ascii=False, indent=1).encode() + b"\n"
        return copy, {**head, **_about(row, form, copy), "chain": _proof(events, checkpoint)}

    def _head(self, request: AccessRequest) -> dict[str, object]:
        return {
            "format": FORMAT,
            "exported_at": stamp(self.clock.now()),
            "exported_by": request.actor.id,
            "reason": request.reason,
            "key_id": self.signer.key_id,
            "public_key": self.signer.public_key.hex(),
            **self._asked(request),
        }

    def _metadata(self, request: AccessRequest, recording_id: str, at: str) -> dict[str, str]:
        """What the copy itself says: of what, by whom, when, and for whom, with the reference of the request as given.

        Not why: that is in somebody's own words.
        """
        said, asked = _AUDIENCES[request.audience], request.reference
        if request.authority is not None:
            said, asked = f"{said} ({request.authority.authority})", request.authority.reference
        said += f", demande {asked}" if asked else ""
        known = {"title": recording_id, "date": at}
        return known | {"artist": self.redactor.text(request.actor.id), "comment": self.redactor.text(said)}

    def _asked(self, request: AccessRequest) -> dict[str, str]:
        asked = {"role": request.actor.role.value, "audience": request.audience.value}
        if request.audience is Audience.SUBJECT:
            asked["reference"] = request.reference
        if request.authority is not None:
            asked["authority"] = request.authority.authority
            asked["reference"] = request.authority.reference
            asked["verified_by"] = request.authority.verified_by
            asked["approved_by"] = request.authority.approved_by
        return asked

    def _seal(self, path: Path, manifest: dict[str, object]) -> dict[str, object]:
        """Write a manifest, and beside it the signature over its bytes (hex); return what was written."""
        redacted, body, signature = self._signed(manifest)

        def write() -> None:
            write_private(path, body)
            write_private(path.with_name(path.name + ".sig"), signature)

        self._on_disk(path, write)
        return redacted

    def _signed(self, manifest: dict[str, object]) -> tuple[dict[str, object], bytes, bytes]:
        """Return a manifest as it may be written, its bytes, and the signature over them.

        Why somebody asked is in their own words, which may quote anything.
        """
        # The events are as they were digested: redacted before they were written.
        redacted: dict[str, object] = {
            **self.redactor.fields(manifest),
            **{name: manifest[name] for name in ("chain",) if name in manifest},
        }
        body = json.dumps(redacted, indent=2, ensure_ascii=False).encode()
        return redacted, body, self.signer.sign(body).hex().encode() + b"\n"

    def _on_disk(self, path: Path, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError as error:
            raise HostError(
                f"cannot write the copy: {error.strerror}", where=str(path), remedy="choose another path"
            ) from error


def _must_be_ours(path: Path) -> None:
    """Refuse to write over a file beside which no manifest of an export lies."""
    beside = path.with_name(path.name + ".json")
    if not path.exists() and not beside.exists():
        return
    try:
        manifest = json.loads(beside.read_bytes())
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise HostError(
            "a file of that name exists and is no copy of a recording",
            where=str(path),
            remedy="choose another path, or move that file away",
        )


def _about(row: RecordingRow, form: str, copy: bytes) -> dict[str, object]:
    tag = row.tag
    return {
        "recording_id": tag.recording_id,
        "call_id": tag.call_id,
        "program": tag.program,
        "purposes": list(tag.activities),
        "policy_id": tag.policy_id,
        "policy_version": tag.policy_version,
        "rule_ids": list(tag.rule_ids),
        "retention": tag.retention,
        "state": row.state.value,
        "channels": list(tag.channels),
        "opened_at": stamp(tag.opened_at),
        "deadline": stamp(row.deadline) if row.deadline else None,
        "consent": dict(row.consent),
        "gaps": [dict(gap) for gap in row.gaps],
        "masks": [dict(mask) for mask in row.masks],
        "original_sha256": row.sealed.sha256 if row.sealed else None,
        "form": form,
        "copy_sha256": hashlib.sha256(copy).hexdigest(),
        "copy_bytes": len(copy),
    }


def _proof(events: Sequence[AuditEvent], checkpoint: Checkpoint | None) -> dict[str, object]:
    """The recording's events, each with what its digest is made of, and the head of the chain as it was just signed.

    Whoever has an export of the whole evidence finds the same digests in it.
    """
    links = [{**vars(event), "at": stamp(event.at), "body": canonical(event.body)} for event in events]
    head = None if checkpoint is None else {**vars(checkpoint), "at": stamp(checkpoint.at)}
    return {"events": links, "checkpoint": head}
