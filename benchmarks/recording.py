"""What one live call costs: Opus, encryption and the file, against real time and against libopus' own defaults.

`python -m benchmarks.recording [--minutes N] [--json]`
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

from ivr.recording.container import SegmentWriter
from ivr.recording.opus import OpusCodec
from ivr.recording.store import LocalStore

RATE_HZ = 8000
FRAME_BYTES = 640
KEY = bytes(range(32))


def conversation(minutes: float) -> bytes:
    """Speech-like stereo: harmonics with a moving pitch under a syllable envelope, taking turns, over line noise."""
    samples = int(minutes * 60 * RATE_HZ)
    at = np.arange(samples) / RATE_HZ
    random = np.random.default_rng(1)
    pitch = 2 * np.pi * np.cumsum(140 + 30 * np.sin(2 * np.pi * 0.3 * at)) / RATE_HZ
    voice = sum(np.sin(pitch * harmonic) / harmonic for harmonic in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3.5 * at), 0, 1)
    caller = np.sin(2 * np.pi * at / 14) > 0
    both = np.stack([voice * syllables * caller, voice * syllables * ~caller], 1) * 4000
    both += random.normal(0, 25, both.shape)
    return both.clip(-32768, 32767).astype("<i2").tobytes()


def frames(pcm: bytes) -> list[bytes]:
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]


def cpu_s(work: Callable[[], object]) -> float:
    """The least of three runs: the others were disturbed."""
    runs = []
    for _ in range(3):
        start = time.process_time()
        work()
        runs.append(time.process_time() - start)
    return min(runs)


def whole(codec: str, pieces: list[bytes]) -> int:
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        writer = LocalStore(Path(folder)).open("bench", KEY, codec=codec, rate_hz=RATE_HZ, channels=2)
        for piece in pieces:
            writer.write(piece)
        return writer.seal().size_bytes


def encoding(pieces: list[bytes]) -> bytes:
    encoder = OpusCodec().encoder(rate_hz=RATE_HZ, channels=2)
    return b"".join([encoder.encode(piece) for piece in pieces]) + encoder.finish()


def sealing(content: bytes) -> int:
    out = bytearray()
    writer = SegmentWriter(out.extend, KEY, "bench")
    for at in range(0, len(content), 2000):
        writer.write(content[at : at + 2000])
    writer.finish()
    return len(out)


def defaults(pieces: list[bytes]) -> None:
    """libopus as PyAV sets it up, fed frame by frame: what a recorder costs that nobody looked at."""

    class Sink:
        def write(self, data: bytes) -> int:
            return len(data)

    with av.open(Sink(), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ)
        stream.layout = "stereo"
        for number, piece in enumerate(pieces):
            frame = av.AudioFrame(format="s16", layout="stereo", samples=len(piece) // 4)
            frame.sample_rate, frame.pts = RATE_HZ, number * 160
            frame.planes[0].update(piece)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def measure(minutes: float) -> list[dict[str, Any]]:
    pieces = frames(conversation(minutes))
    content = encoding(pieces)
    bytes_per_minute = {"opus": whole("opus", pieces) / minutes, "alaw": whole("alaw", pieces) / minutes}
    rows: list[tuple[str, Callable[[], object], float | None]] = [
        ("Opus + encryption + file", lambda: whole("opus", pieces), bytes_per_minute["opus"]),
        ("A-law + encryption + file", lambda: whole("alaw", pieces), bytes_per_minute["alaw"]),
        ("Opus alone", lambda: encoding(pieces), len(content) / minutes),
        ("encryption alone", lambda: sealing(content), None),
        ("libopus defaults, 20 ms at a time", lambda: defaults(pieces), None),
    ]
    table = []
    for name, work, size in rows:
        cost = cpu_s(work) / minutes
        table.append(
            {
                "what": name,
                "cpu_s_per_minute": round(cost, 4),
                "percent_of_a_core": round(cost / 60 * 100, 4),
                "times_real_time": round(60 / cost),
                "bytes_per_minute": round(size) if size else None,
            }
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    table = measure(given.minutes)
    if given.json:
        print(json.dumps({"benchmark": "recording", "target_percent_of_a_core": 0.3, "rows": table}))
        return
    print(f"{'one stereo call at 8 kHz':36} {'CPU s/min':>10} {'% of a core':>12} {'x real time':>12} {'KB/min':>8}")
    for row in table:
        size = f"{row['bytes_per_minute'] / 1000:8.0f}" if row["bytes_per_minute"] else " " * 8
        cost = f"{row['cpu_s_per_minute']:10.4f} {row['percent_of_a_core']:12.3f} {row['times_real_time']:12}"
        print(f"{row['what']:36} {cost} {size}")


if __name__ == "__main__":
    main()
