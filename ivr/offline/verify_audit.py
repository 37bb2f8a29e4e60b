#!/usr/bin/env python3
"""Checks an export of ivr, offline and without ivr: one file, Python 3.11+ and the `cryptography` package.

    python verify_audit.py FOLDER --key PUBLIC_KEY.pem [--key OTHER_NODE.pem ...]

FOLDER is what `ivr audit export FOLDER` wrote, or the recordings that an authority was handed; the first key is of the
node that exported it, and should have reached you by another way than the folder. Prints one line per fault, naming
node and event, or file, and one per node whose key only the exporter's database names: give that key too. Exit code 0:
whole, 1: something is changed, missing, moved, inserted or cut off, 2: the folder or a key cannot be read. The formats
are in docs/recording-format.md, sections Evidence and Exports of recordings.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

GENESIS = "0" * 64
FIELDS = ("node_id", "seq", "at", "kind", "call_id", "recording_id", "body", "previous", "digest")
CERTIFICATE = "certificate.destruction"
#: The signed list of an export of recordings, and what lies beside it without being listed.
INDEX = "index.json"
BESIDE = {INDEX, f"{INDEX}.sig", "public-key.pem", "verify_audit.py", "LISEZ-MOI.txt"}
#: An object of JSON; a node and the number of an event.
JsonObject = dict[str, Any]
Place = tuple[str, int]


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def key_id(raw: bytes) -> str:
    return "ed25519-" + hashlib.sha256(raw).hexdigest()[:12]


def signed(raw_key: bytes, text: bytes, signature: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(raw_key).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def digest_of(event: JsonObject) -> str:
    keys = ("previous", "node_id", "seq", "at", "kind", "call_id", "recording_id", "body")
    text = json.dumps([event[key] for key in keys], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_lines(path: Path, fields: tuple[str, ...], faults: list[str]) -> Iterator[JsonObject]:
    """Yield the objects of a file of JSON lines; a line that is none is a fault, named by its number."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                found = json.loads(line)
                if not all(type(found[name]) is (int if name == "seq" else str) for name in fields):
                    raise ValueError
                yield found
            except (ValueError, TypeError, KeyError, RecursionError):
                faults.append(f"{path.name}, line {number}: is not a whole object of this file")


class Keys:
    """Given keys count for every node; one that only the manifest names counts for its node, and is told."""

    def __init__(self, given: list[bytes], manifest: JsonObject) -> None:
        self.given = {key_id(raw): raw for raw in given}
        self.named: dict[str, bytes] = {name: raw for name, raw in manifest["keys"].items() if key_id(raw) == name}
        self.nodes: dict[str, str] = manifest["key_nodes"]
        self.unsure: dict[str, str] = {}

    def of(self, node: str, name: object) -> bytes | None:
        if not isinstance(name, str):
            return None
        if name in self.given:
            return self.given[name]
        if self.nodes.get(name) != node or name not in self.named:
            return None
        self.unsure[node] = name
        return self.named[name]


def check_manifest(folder: Path, raw_key: bytes, faults: list[str]) -> JsonObject:
    """Return the manifest; its signature is what everything else hangs on."""
    text = (folder / "manifest.json").read_bytes()
    if not signed(raw_key, text, (folder / "manifest.sig").read_text("ascii", "replace").strip()):
        faults.append("manifest.json: is not signed by this key (changed, or another key signed it)")
    try:
        manifest: JsonObject = json.loads(text)
        manifest.setdefault("key_nodes", {})
        digests = [file["sha256"] for file in manifest["files"].values()]
        digests += [head["digest"] for head in manifest["heads"].values()]
        texts = [*digests, *manifest["key_nodes"].values(), *manifest["keys"].values()]
        sizes = [head["seq"] for head in manifest["heads"].values()]
        typed = all(type(text) is str for text in texts) and all(type(size) is int for size in sizes)
        if manifest["format"] != "ivr audit export 1" or not typed:
            raise ValueError
        manifest["keys"] = {name: bytes.fromhex(text) for name, text in manifest["keys"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        faults.append("manifest.json: is not the manifest of an export of this format")
        return {"files": {}, "heads": {}, "keys": {}, "key_nodes": {}}
    for name, told in manifest["files"].items():
        path = folder / Path(name).name
        if not path.is_file():
            faults.append(f"{name}: is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != told["sha256"]:
            faults.append(f"{name}: was changed after the export")
    return manifest


def check_chain(
    events: Iterable[JsonObject], heads: JsonObject, wanted: dict[Place, str | None], keys: Keys, faults: list[str]
) -> dict[str, tuple[int, str]]:
    """Follow each node's chain; note in `wanted` the digests that checkpoints ask for. Returns what was last."""
    last: dict[str, tuple[int, str]] = {}
    for event in events:
        node, seq = event["node_id"], event["seq"]
        before, digest = last.get(node, (0, GENESIS))
        where = f"node {node}, event {seq}"
        if seq > before + 1:
            some = f"{before + 1}" if seq == before + 2 else f"{before + 1} to {seq - 1}"
            faults.append(f"{where}: event {some} before it is missing")
        elif seq <= before:
            faults.append(f"{where}: inserted, or moved from its place")
        elif event["previous"] != digest:
            faults.append(f"{where}: does not follow event {before} (changed, inserted or out of order)")
        if digest_of(event) != event["digest"]:
            faults.append(f"{where}: its content was changed after it was written")
        if event["kind"] == CERTIFICATE:
            check_certificate(event, keys, where, faults)
        if (node, seq) in wanted:
            wanted[node, seq] = event["digest"]
        last[node] = (max(seq, before), event["digest"])
    for node in sorted({*heads, *last}):
        seq, digest = last.get(node, (0, GENESIS))
        head = heads.get(node)
        if head is None:
            faults.append(f"node {node}, event {seq}: a chain that the manifest does not know")
        elif seq < head["seq"]:
            faults.append(f"node {node}, event {seq + 1}: the chain ends at {seq}, the manifest knows {head['seq']}")
        elif seq > head["seq"]:
            faults.append(f"node {node}, event {head['seq'] + 1}: added behind the end of the chain")
        elif digest != head["digest"]:
            faults.append(f"node {node}, event {seq}: is not the last event that the manifest knows")
    return last


def check_certificate(event: JsonObject, keys: Keys, where: str, faults: list[str]) -> None:
    try:
        body = json.loads(event["body"])
    except (ValueError, RecursionError):
        return  # the digest has told already
    if not isinstance(body, dict) or "signature" not in body:
        return  # written before certificates were signed
    told = {name: value for name, value in body.items() if name not in ("key_id", "signature")}
    text = canonical(
        {
            "type": "ivr destruction certificate 1",
            "node_id": event["node_id"],
            "recording_id": event["recording_id"],
            "body": told,
        }
    )
    key = keys.of(event["node_id"], body.get("key_id"))
    if key is None or not signed(key, text, body["signature"]):
        faults.append(f"{where}: the certificate of {event['recording_id']} bears no valid signature")


def check_checkpoints(
    checkpoints: list[JsonObject],
    wanted: dict[Place, str | None],
    keys: Keys,
    last: dict[str, tuple[int, str]],
    faults: list[str],
) -> None:
    for point in checkpoints:
        node, seq = point["node_id"], point["seq"]
        where = f"node {node}, event {seq}"
        fields = {name: point[name] for name in ("node_id", "seq", "digest", "at", "key_id")}
        key = keys.of(node, point["key_id"])
        if key is None or not signed(key, canonical({"type": "ivr checkpoint 1", **fields}), point["signature"]):
            faults.append(f"{where}: the checkpoint of {point['at']} bears no valid signature")
            continue
        found, end = wanted[node, seq], last.get(node, (0, ""))[0]
        if found is None and end < seq:
            faults.append(f"node {node}, event {end + 1}: the chain ends at {end}, a signed checkpoint knows {seq}")
        elif found is None:
            faults.append(f"{where}: is missing, a signed checkpoint knows it")
        elif found != point["digest"]:
            faults.append(f"{where}: is not the one of the checkpoint signed at {point['at']}")


def read_signed(path: Path, raw_key: bytes, faults: list[str]) -> JsonObject:
    """Return a signed object of JSON; an empty one, and a fault, for what is none."""
    text = path.read_bytes() if path.is_file() else b""
    signature = path.with_name(f"{path.name}.sig")
    told = signature.read_text("ascii", "replace").strip() if signature.is_file() else ""
    if not signed(raw_key, text, told):
        faults.append(f"{path.name}: is not signed by this key (changed, missing, or another key signed it)")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != "ivr recording export 1":
        faults.append(f"{path.name}: is not of an export of this format")
        return {}
    return found


def check_copies(folder: Path, given: list[bytes], faults: list[str]) -> tuple[int, int]:
    """Check an export of recordings: each copy, its manifest, its events. Returns how many of both."""
    index = read_signed(folder / INDEX, given[0], faults)
    listed = [one for one in index.get("recordings", []) if isinstance(one, dict) and type(one.get("file")) is str]
    if len(listed) != index.get("count"):
        faults.append(f"{INDEX}: does not list as many recordings as it says")
    known, events = set(BESIDE), 0
    for one in listed:
        name = Path(one["file"]).name
        known |= {name, f"{name}.json", f"{name}.json.sig"}
        copy = folder / name
        if not copy.is_file():
            faults.append(f"{name}: is missing")
        elif hashlib.sha256(copy.read_bytes()).hexdigest() != one.get("copy_sha256"):
            faults.append(f"{name}: was changed after the export")
        manifest = read_signed(folder / f"{name}.json", given[0], faults)
        told = ("recording_id", "call_id", "copy_sha256", "original_sha256")
        differing = [key for key in told if manifest.get(key) != one.get(key)]
        faults += [f"{name}.json: does not tell the {key} of {INDEX}" for key in differing]
        events += check_proof(name, manifest, given, faults)
    faults += [f"{path.name}: is not listed" for path in sorted(folder.iterdir()) if path.name not in known]
    return len(listed), events


def check_proof(name: str, manifest: JsonObject, given: list[bytes], faults: list[str]) -> int:
    """Check the events of a recording, each with its digest, and the signed head of the chain after them."""
    chain = manifest.get("chain")
    events = chain.get("events") if isinstance(chain, dict) else None
    if not isinstance(events, list) or not events:
        faults.append(f"{name}.json: bears no events of its recording")
        return 0
    call_id = manifest.get("call_id")
    if not isinstance(call_id, str):
        faults.append(f"{name}.json: does not tell the call of its recording")
    last: dict[str, JsonObject] = {}
    for event in events:
        if not isinstance(event, dict) or not all(
            type(event.get(key)) is (int if key == "seq" else str) for key in FIELDS
        ):
            faults.append(f"{name}.json: holds an event that is none")
            continue
        where, before = f"{name}.json, node {event['node_id']}, event {event['seq']}", last.get(event["node_id"])
        if digest_of(event) != event["digest"]:
            faults.append(f"{where}: its content was changed after it was written")
        if event["recording_id"] not in ("", manifest.get("recording_id")) or event["call_id"] != call_id:
            faults.append(f"{where}: is of another recording")
        if before and before["seq"] >= event["seq"]:
            faults.append(f"{where}: moved from its place")
        elif before and before["seq"] + 1 == event["seq"] and event["previous"] != before["digest"]:
            faults.append(f"{where}: does not follow the event before it")
        last[event["node_id"]] = event
    check_head(name, chain["checkpoint"] if isinstance(chain, dict) else None, last, given, faults)
    return len(events)


def check_head(name: str, point: object, last: dict[str, JsonObject], given: list[bytes], faults: list[str]) -> None:
    """A checkpoint is signed, and no event of its node stands behind it, nor another one in its place."""
    if point is None:
        return  # nothing came between this copy and the one before it, whose checkpoint knows both
    fields = ("node_id", "seq", "digest", "at", "key_id")
    if not isinstance(point, dict) or not all(key in point for key in (*fields, "signature")):
        faults.append(f"{name}.json: its checkpoint is none")
        return
    text = canonical({"type": "ivr checkpoint 1", **{key: point[key] for key in fields}})
    keys = {key_id(raw): raw for raw in given}
    if point["key_id"] not in keys or not signed(keys[point["key_id"]], text, point["signature"]):
        faults.append(f"{name}.json: the checkpoint of {point['at']} bears no valid signature")
        return
    event = last.get(point["node_id"])
    if event and event["seq"] > point["seq"]:
        faults.append(f"{name}.json: an event stands behind the signed end of its chain")
    elif event and event["seq"] == point["seq"] and event["digest"] != point["digest"]:
        faults.append(f"{name}.json: its last event is not the one of the checkpoint")


def raw_of(pem: bytes) -> bytes:
    public = load_pem_public_key(pem)
    if not isinstance(public, Ed25519PublicKey):
        raise ValueError("the key is not an Ed25519 public key")
    return public.public_bytes_raw()


def verify(folder: Path, pems: list[bytes]) -> tuple[list[str], int, dict[str, str]]:
    """Return (faults, number of events, node -> key that only the manifest names).

    Raises OSError or ValueError when folder or key cannot be read.
    """
    given, faults = [raw_of(pem) for pem in pems], list[str]()
    manifest = check_manifest(folder, given[0], faults)
    keys = Keys(given, manifest)
    fields = ("node_id", "seq", "digest", "at", "key_id", "signature")
    points = list(read_lines(folder / "checkpoints.jsonl", fields, faults))
    wanted: dict[Place, str | None] = {(point["node_id"], point["seq"]): None for point in points}
    count = 0

    def counted() -> Iterator[JsonObject]:
        nonlocal count
        for event in read_lines(folder / "events.jsonl", FIELDS, faults):
            count += 1
            yield event

    last = check_chain(counted(), manifest["heads"], wanted, keys, faults)
    check_checkpoints(points, wanted, keys, last, faults)
    return faults, count, keys.unsure


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks an export of ivr, offline.")
    parser.add_argument("folder", type=Path)
    said = "public key (PEM) of the node that exported; again for those of other nodes"
    parser.add_argument("--key", type=Path, required=True, action="append", help=said)
    options = parser.parse_args()
    try:
        pems = [path.read_bytes() for path in options.key]
        if (options.folder / INDEX).is_file():
            faults, unsure = list[str](), dict[str, str]()
            copies, count = check_copies(options.folder, [raw_of(pem) for pem in pems], faults)
            whole = f"whole: {copies} recordings, {count} events"
        else:
            faults, count, unsure = verify(options.folder, pems)
            whole = f"whole: {count} events"
    except (OSError, ValueError) as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    print("\n".join(faults) if faults else whole)
    for node, name in sorted(unsure.items()):
        print(f"node {node}: signed by {name}, which only the exporter's database names; give that node's --key too")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
