"""The frame: 20 ms of PCM16 mono at 8 kHz."""

from __future__ import annotations

FRAME_MS = 20
