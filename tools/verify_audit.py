#!/usr/bin/env python3
"""Checks an export of ivr's evidence, offline and without ivr: one file, Python 3.11+ and the `cryptography` package.

    python verify_audit.py FOLDER --key PUBLIC_KEY.pem [--key OTHER_NODE.pem ...]

FOLDER is what `ivr audit export FOLDER` wrote; the first key is of the node that exported it, and should have reached
you by another way than the folder. Prints one line per fault, naming node and event, and one per node whose key only
the exporter's database names: give that key too. Exit code 0: whole, 1: something is changed, missing, moved, inserted
or cut off, 2: the folder or a key cannot be read. The format is in docs/recording-format.md, section Evidence.
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
    parser = argparse.ArgumentParser(description="Checks an export of ivr's evidence, offline.")
    parser.add_argument("folder", type=Path)
    said = "public key (PEM) of the node that exported; again for those of other nodes"
    parser.add_argument("--key", type=Path, required=True, action="append", help=said)
    options = parser.parse_args()
    try:
        faults, count, unsure = verify(options.folder, [path.read_bytes() for path in options.key])
    except (OSError, ValueError) as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    print("\n".join(faults) if faults else f"whole: {count} events")
    for node, name in sorted(unsure.items()):
        print(f"node {node}: signed by {name}, which only the exporter's database names; give that node's --key too")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
