"""What a recording sounds like, for a test that must hear it: no product code hands out audio but an export."""

from __future__ import annotations

import io
import wave

from ivr.services.ports.vault import RecordingStore
from ivr.services.vault.data_key import unlocked
from ivr.services.vault.vault import Vault


def pcm_of(store: RecordingStore, recording_id: str, data_key: bytes | bytearray) -> tuple[bytes, int, int]:
    """Interleaved PCM16, rate in Hz, channels."""
    with wave.open(io.BytesIO(store.copy(recording_id, data_key, "wav"))) as file:
        return file.readframes(file.getnframes()), file.getframerate(), file.getnchannels()


def heard(vault: Vault, recording_id: str) -> tuple[bytes, int, int]:
    with unlocked(vault.ports, recording_id) as data_key:
        return pcm_of(vault.ports.store, recording_id, data_key)
