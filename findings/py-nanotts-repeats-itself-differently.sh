#!/usr/bin/env bash
# py-nanotts 0.1.1 (SVOX Pico in a wheel), French voice.
# Surprise: the same text with the same voice, speed and pitch does not give the same audio twice in one process: noise
# of the synthesis depends on what was said before. Several processes that say one sentence each agree to the byte.
# Whoever binds a prompt to a digest of its audio, or wants a reproducible test call, takes a new process per prompt.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check py-nanotts==0.1.1 2>/dev/null
cat >"$folder/say.py" <<'PYTHON'
import hashlib
import sys

from py_nanotts import NanoTTS

sentence = "Vous pouvez vous y opposer à tout moment."
for _ in range(int(sys.argv[1])):
    audio = NanoTTS().speak(sentence, voice="fr-FR")
    print(len(audio), hashlib.sha256(audio).hexdigest()[:16])
PYTHON
one_process=$("$folder/venv/bin/python" "$folder/say.py" 6 | sort -u | wc -l)
six_processes=$(for _ in 1 2 3 4 5 6; do "$folder/venv/bin/python" "$folder/say.py" 1; done | sort -u | wc -l)
echo "six times in one process: $one_process different results; once each in six processes: $six_processes"
[ "$one_process" -gt 1 ] && [ "$six_processes" -eq 1 ]
echo "as seen: only a fresh process repeats itself to the byte"
