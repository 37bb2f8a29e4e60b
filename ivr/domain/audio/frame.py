"""The frame: 20 ms of PCM16 mono at 8 kHz."""

from __future__ import annotations

FRAME_MS = 20
BYTES_PER_MS = 16
FRAME_BYTES = FRAME_MS * BYTES_PER_MS
