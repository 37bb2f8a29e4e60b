"""Writes the vectors of docs/recording-format.md: `python -m tests.vectors.make`. Keys are for tests only.

Run it when the format changes, never to make a failing test pass.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ivr.recording.container import SEGMENT_BYTES, SegmentWriter, read_prefix
from ivr.recording.content import CODECS
from ivr.recording.data_keys import KEK_USE, LocalKeyRing
from ivr.recording.secret_file import Secret, secret_id

HERE = Path(__file__).parent
RECORDING = "vector-0001"
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
KEK, OTHER_KEK = b"\x11" * 32, b"\x22" * 32


def counted() -> Callable[[int], bytes]:
    """Bytes that look random and are the same on every run."""
    state = hashlib.shake_256(b"ivr vectors")
    return state.digest


def tones(milliseconds: int) -> bytes:
    at = np.arange(milliseconds * 8) / 8000
    both = np.stack([9000 * np.sin(2 * np.pi * 440 * at), 9000 * np.sin(2 * np.pi * 250 * at)], 1)
    return both.astype("<i2").tobytes()


def container(codec: str, milliseconds: int) -> bytes:
    encoder = CODECS[codec].encoder(rate_hz=8000, channels=2)
    content = encoder.encode(tones(milliseconds)) + encoder.finish()
    out = bytearray()
    writer = SegmentWriter(out.extend, KEY, RECORDING, random=counted())
    writer.write(content)
    writer.finish()
    return bytes(out)


def ring(kek: bytes) -> LocalKeyRing:
    return LocalKeyRing(Secret(secret_id(KEK_USE, kek), kek), random=counted())


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes((content[at] ^ 0x01,)) + content[at + 1 :]


def main() -> None:
    opus, alaw = container("opus", 3000), container("alaw", 250)
    files: list[tuple[str, bytes, str, bytes, str]] = [
        ("good-opus", opus, "whole", KEY, RECORDING),
        ("good-alaw", alaw, "whole", KEY, RECORDING),
        ("cut-at-segment", opus[:SEGMENT_BYTES], "broken", KEY, RECORDING),
        ("cut-in-segment", opus[: SEGMENT_BYTES + 500], "broken", KEY, RECORDING),
        ("cut-last-byte", alaw[:-1], "broken", KEY, RECORDING),
        ("changed-in-second-segment", flipped(opus, SEGMENT_BYTES + 100), "broken", KEY, RECORDING),
        ("changed-header", flipped(alaw, 20), "broken", KEY, RECORDING),
        ("trailing-byte", alaw + b"\0", "broken", KEY, RECORDING),
        ("wrong-key", alaw, "broken", OTHER_KEY, RECORDING),
        ("wrong-recording", alaw, "broken", KEY, "vector-0002"),
        ("empty", b"", "broken", KEY, RECORDING),
    ]
    cases = []
    for name, content, outcome, key, recording_id in files:
        (HERE / f"{name}.ivr").write_bytes(content)
        plain, _ = read_prefix(io.BytesIO(content), key, recording_id)
        case: dict[str, object] = {
            "file": f"{name}.ivr",
            "sha256": hashlib.sha256(content).hexdigest(),
            "recording_id": recording_id,
            "data_key": key.hex(),
            "outcome": outcome,
            "verified_bytes": len(plain),
            "verified_sha256": hashlib.sha256(plain).hexdigest(),
        }
        if outcome == "whole":
            codec = next(codec for codec in CODECS.values() if codec.owns(plain))
            case.update(codec=codec.name, duration_ms=codec.duration_ms(plain), rate_hz=8000, channels=2)
        cases.append(case)
    wrapped = ring(KEK).wrap(RECORDING, KEY)
    keys = [
        {"name": "good", "kek": KEK.hex(), "recording_id": RECORDING, "wrapped": wrapped.hex(), "data_key": KEY.hex()},
        {"name": "wrong KEK", "kek": OTHER_KEK.hex(), "recording_id": RECORDING, "wrapped": wrapped.hex()},
        {"name": "wrong recording", "kek": KEK.hex(), "recording_id": "vector-0002", "wrapped": wrapped.hex()},
        {"name": "changed", "kek": KEK.hex(), "recording_id": RECORDING, "wrapped": flipped(wrapped, 50).hex()},
        {"name": "cut", "kek": KEK.hex(), "recording_id": RECORDING, "wrapped": wrapped[:-1].hex()},
    ]
    for fields in keys:
        fields.setdefault("kek_id", secret_id(KEK_USE, bytes.fromhex(fields["kek"])))
    (HERE / "vectors.json").write_text(json.dumps({"version": 1, "containers": cases, "keys": keys}, indent=1) + "\n")


if __name__ == "__main__":
    main()
