"""The format's truth: files with expected outcomes, read by our reader and, in miniature, by the document's words."""

from __future__ import annotations

import hashlib
import io
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ivr.errors import ArchiveError
from ivr.recording.container import read_prefix, read_whole
from ivr.recording.content import CODECS
from ivr.recording.data_keys import KEK_USE, LocalKeyRing
from ivr.recording.secret_file import Secret, secret_id

FOLDER = Path(__file__).parents[2] / "vectors"
VECTORS: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text())
CONTAINERS: list[dict[str, Any]] = VECTORS["containers"]


def third_party(content: bytes, key: bytes, recording_id: str) -> tuple[bytes, bool]:
    """A reader written from docs/recording-format.md alone: (verified plaintext, whether it is whole)."""
    if len(content) < 40 or content[0] != 40:
        return b"", False
    salt, prefix = content[1:33], content[33:40]
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=recording_id.encode()).derive(key)
    cipher, plain, at, number = AESGCM(derived), b"", 40, 0
    while True:
        end = min((number + 1) * 4096, len(content))
        last = end == len(content)
        for flag in (0, 1) if last else (0,):
            try:
                plain += cipher.decrypt(prefix + struct.pack(">IB", number, flag), content[at:end], None)
            except InvalidTag:
                continue
            if flag:
                return plain, True
            break
        else:
            return plain, False
        if last:
            return plain, False
        at, number = end, number + 1


@pytest.mark.parametrize("case", CONTAINERS, ids=lambda case: case["file"])
@pytest.mark.parametrize("reader", ["ours", "third party"])
def test_a_container_reads_as_the_vector_says(case: dict[str, Any], reader: str) -> None:
    content = (FOLDER / case["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == case["sha256"]
    key, recording_id = bytes.fromhex(case["data_key"]), case["recording_id"]
    if reader == "ours":
        plain, complete = read_prefix(io.BytesIO(content), key, recording_id)
    else:
        plain, complete = third_party(content, key, recording_id)
    assert complete is (case["outcome"] == "whole")
    assert len(plain) == case["verified_bytes"]
    assert hashlib.sha256(plain).hexdigest() == case["verified_sha256"]


@pytest.mark.parametrize("case", CONTAINERS, ids=lambda case: case["file"])
def test_only_whole_containers_open(case: dict[str, Any]) -> None:
    source = io.BytesIO((FOLDER / case["file"]).read_bytes())
    key, recording_id = bytes.fromhex(case["data_key"]), case["recording_id"]
    if case["outcome"] != "whole":
        with pytest.raises(ArchiveError, match=recording_id):
            read_whole(source, key, recording_id)
        return
    codec = CODECS[case["codec"]]
    sound = codec.decode(read_whole(source, key, recording_id))
    assert (sound.rate_hz, sound.channels) == (case["rate_hz"], case["channels"])
    assert sound.duration_ms == pytest.approx(case["duration_ms"], abs=5)


@pytest.mark.parametrize("case", VECTORS["keys"], ids=lambda case: case["name"])
def test_a_wrapped_key_opens_as_the_vector_says(case: dict[str, Any]) -> None:
    kek = bytes.fromhex(case["kek"])
    assert secret_id(KEK_USE, kek) == case["kek_id"]
    ring = LocalKeyRing(Secret(case["kek_id"], kek))
    wrapped = bytes.fromhex(case["wrapped"])
    if "data_key" in case:
        assert ring.unwrap(case["recording_id"], wrapped).hex() == case["data_key"]
        return
    with pytest.raises(ArchiveError, match=case["recording_id"]):
        ring.unwrap(case["recording_id"], wrapped)
