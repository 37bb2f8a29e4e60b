"""Telephony IVR and call-recording compliance engine."""

import os

__version__ = "0.2.0"

# ONNX Runtime (Silero's engine) reports its use to its vendor unless it is told not to before it is first imported.
# Nothing leaves a machine that hears calls.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
