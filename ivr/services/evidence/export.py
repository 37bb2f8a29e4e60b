"""The evidence as a folder that others can check without us; see tools/verify_audit.py."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from ivr.domain.evidence.chain import canonical, stamp
from ivr.domain.evidence.checkpoint import Checkpoint
from ivr.domain.evidence.events.house import AuditExported
from ivr.errors import HostError
from ivr.private_file import write_private
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain, Signer

FORMAT = "ivr audit export 1"


def export_evidence(
    folder: Path, *, chain: EvidenceChain, signer: Signer, clock: Clock, actor: str
) -> dict[str, object]:
    """Write events, checkpoints, public key and a signed manifest into `folder`; return the manifest.

    The act is noted and the chain signed first, so that the export ends with a checkpoint. Raises HostError.
    """
    chain.append(AuditExported(actor))
    chain.checkpoint()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with chain.snapshot() as seen:
            files: dict[str, object] = {}
            files["events.jsonl"], count = _write_lines(
                folder / "events.jsonl", ({**vars(link), "at": stamp(link.at)} for link in seen.links)
            )
            files["checkpoints.jsonl"], _ = _write_lines(
                folder / "checkpoints.jsonl", ({**vars(one), "at": stamp(one.at)} for one in seen.checkpoints)
            )
            heads = {head.node_id: {"seq": head.seq, "digest": head.digest} for head in seen.heads}
            keys = {key_id: key.hex() for key_id, key in seen.keys.items()}
            key_nodes = dict(seen.key_nodes)
        write_private(folder / "public-key.pem", signer.public_pem)
        manifest: dict[str, object] = {
            "format": FORMAT,
            "exported_at": stamp(clock.now()),
            "exported_by": actor,
            "events": count,
            "heads": heads,
            "key_id": signer.key_id,
            "keys": keys,
            "key_nodes": key_nodes,
            "files": files,
        }
        text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"
        write_private(folder / "manifest.json", text)
        write_private(folder / "manifest.sig", signer.sign(text).hex().encode() + b"\n")
    except OSError as error:
        raise HostError(
            f"cannot write the export: {error.strerror}", where=str(folder), remedy="choose another path"
        ) from error
    return manifest


def _write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> tuple[dict[str, object], int]:
    size, count, digest = 0, 0, hashlib.sha256()

    def lines() -> Iterable[bytes]:
        nonlocal size, count
        for row in rows:
            line = canonical(row).encode() + b"\n"
            digest.update(line)
            size, count = size + len(line), count + 1
            yield line

    write_private(path, lines())
    return {"sha256": digest.hexdigest(), "bytes": size}, count


def read_witness(folder: Path) -> tuple[list[Checkpoint], dict[str, bytes]]:
    """Return the signed checkpoints of an export and the public keys it names.

    Signatures are for the caller to check. Raises HostError when it is no whole export.
    """
    try:
        lines = (folder / "checkpoints.jsonl").read_text("utf-8").splitlines()
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        rows = [json.loads(line) for line in lines]
        points = [Checkpoint(**{**row, "at": datetime.fromisoformat(row["at"])}) for row in rows]
        keys = {str(name): bytes.fromhex(key) for name, key in manifest["keys"].items()}
    except OSError as error:
        raise HostError(
            f"the export cannot be read: {error.strerror}", where=str(folder), remedy="give the folder of an export"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise HostError(
            "this is no whole export of evidence", where=str(folder), remedy="check it with tools/verify_audit.py"
        ) from error
    if not points:
        raise HostError("the export holds no checkpoint", where=str(folder), remedy="give a later export")
    return points, keys
