#!/usr/bin/env bash
# onnx-asr 0.12.0, any NeMo model (CTC here; the features are the same for RNN-T, TDT and Canary).
# Surprise: of audio between 10 and 20 ms, whatever it holds, it writes the first word of the vocabulary, with a log
# probability that is no number. The features are divided by their deviation over time, which one window has none of
# (a division by features_lens - 1), so the network sees NaN, and the likeliest of NaNs is number 0. Shorter and longer
# audio of the same noise is empty text. Nothing is raised; min(0.0, nan) is 0.0 in Python, which reads as certain.
# Prints what was seen; exits 1 when it no longer happens.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check onnx-asr==0.12.0 onnxruntime==1.31.1 onnx==1.23.2 \
    numpy==2.4.6 2>/dev/null
"$folder/venv/bin/python" -W ignore - "$folder" <<'PYTHON'
import json
import sys
from pathlib import Path

import numpy as np
import onnx_asr
from onnx import TensorProto, helper, numpy_helper, save

# A model that writes "oui" while the band around 2 kHz is loud, and nothing (the blank) otherwise.
folder = Path(sys.argv[1])
bands = np.zeros((2, 80, 1), np.float32)
bands[0, 43] = 4.0
constants = [numpy_helper.from_array(bands, "bands"), numpy_helper.from_array(np.array([0.0, 5.2], np.float32), "bias")]
nodes = [
    helper.make_node("AveragePool", ["audio_signal"], ["mean"], kernel_shape=[8], strides=[8], ceil_mode=1),
    helper.make_node("Conv", ["mean", "bands", "bias"], ["scores"]),
    helper.make_node("Transpose", ["scores"], ["steps"], perm=[0, 2, 1]),
    helper.make_node("LogSoftmax", ["steps"], ["logprobs"], axis=-1),
]
takes = [
    helper.make_tensor_value_info("audio_signal", TensorProto.FLOAT, ["batch", 80, "time"]),
    helper.make_tensor_value_info("length", TensorProto.INT64, ["batch"]),
]
gives = [helper.make_tensor_value_info("logprobs", TensorProto.FLOAT, ["batch", "steps", 2])]
graph = helper.make_graph(nodes, "ctc", takes, gives, constants)
save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), folder / "model.onnx")
(folder / "vocab.txt").write_text("\u2581oui 0\n<blk> 1\n", "utf-8")
(folder / "config.json").write_text(json.dumps({"model_type": "nemo-conformer-ctc"}))

model = onnx_asr.load_model("nemo-conformer-ctc", folder).with_timestamps()
noise = (0.001 * np.random.default_rng(0).standard_normal(16_000)).astype(np.float32)
heard = {samples: model.recognize(noise[:samples]) for samples in (159, 160, 319, 320, 16_000)}
for samples, result in heard.items():
    print(f"{samples / 16:7.2f} ms of faint noise: {result.text!r}, log probabilities {result.logprobs}")
as_seen = [result.text for result in heard.values()] == ["", "oui", "oui", "", ""]
sys.exit(not (as_seen and np.isnan(heard[160].logprobs).all()))
PYTHON
echo "as seen: one window of a spectrum is a word"
