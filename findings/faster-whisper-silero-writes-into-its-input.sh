#!/usr/bin/env bash
# faster-whisper 1.2.1, its wrapper of Silero's voice detector.
# Surprise: get_vad_model()(audio) is a detector, yet it writes into the array it is given: the last 64 samples become
# zero (the context of the next window is cut out as a view and then cleared). get_speech_timestamps pads first, so it
# works on a copy; whoever calls the model with whole windows of 512 samples and keeps the audio loses 4 ms of it.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check faster-whisper==1.2.1 numpy==2.4.6 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
from faster_whisper.vad import get_speech_timestamps, get_vad_model

noise = (0.1 * np.random.default_rng(1).standard_normal(512 * 40)).astype(np.float32)

given = noise.copy()
get_vad_model()(given)
changed = np.nonzero(given != noise)[0]
print(f"get_vad_model()(audio): {changed.size} samples changed, the last {noise.size - changed[0] if changed.size else 0}")

padded = noise.copy()
get_speech_timestamps(padded)
print(f"get_speech_timestamps(audio): {int(np.sum(padded != noise))} samples changed")

as_seen = changed.size == 64 and changed[0] == noise.size - 64 and not given[-64:].any() and (padded == noise).all()
sys.exit(not as_seen)
PYTHON
echo "as seen: the model's call zeroes the last 64 samples of the caller's array"
