"""Which recogniser a house brings, by its kind."""

from __future__ import annotations

from dataclasses import replace

from ivr.speech.forced_alignment import AlignedRecogniser
from ivr.speech.model import ModelSettings
from ivr.speech.onnx_recogniser import OnnxRecogniser
from ivr.speech.recogniser import Adapter
from ivr.speech.whisper_recogniser import DecodingSettings, WhisperRecogniser


def load_recogniser(settings: ModelSettings, decoding: DecodingSettings | None = None) -> Adapter:
    """Load the recogniser of `settings`; what an onnx one cannot tell, the Whisper in `settings.aligner` tells.

    Raises HostError when a model is missing, damaged or of no use.
    """
    if settings.kind == "whisper":
        return WhisperRecogniser(settings, decoding)
    recogniser = OnnxRecogniser(settings)
    if settings.aligner is None:
        return recogniser
    aligner = replace(settings, kind="whisper", directory=settings.aligner, compute_type="auto", aligner=None)
    return AlignedRecogniser(recogniser, WhisperRecogniser(aligner, decoding))
