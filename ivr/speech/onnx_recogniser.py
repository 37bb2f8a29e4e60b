"""Adapter of any recogniser that onnx-asr knows: Parakeet, Canary, FastConformer (CTC, RNN-T, TDT), Kaldi, Whisper.

The directory is as their ONNX exports are published: `config.json` with `model_type`, the graphs and the vocabulary.
Nothing is downloaded. What such a model tells besides words differs, and is asked for once, when it is loaded: most
say when a token was written and how likely it was, Whisper and Canary not when, Whisper not even how likely. None
says how likely it holds each language.
"""

from __future__ import annotations

import importlib
import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import onnxruntime

from ivr.audio.pcm import Samples
from ivr.errors import HostError, SpeechError, nearest
from ivr.speech.model import ModelSettings
from ivr.speech.recogniser import (
    FRENCH,
    LEAST_SAMPLES,
    RECOGNISER_HZ,
    UNMEASURED,
    Abilities,
    TimedToken,
    Transcript,
    refuse_too_long,
)
from ivr.speech.understanding import Hypothesis

_CONFIG = "config.json"
_REMEDY_EXTRA = "install it: pip install 'ivr[onnx]'"
_REMEDY_DIRECTORY = "set ear.model_dir to the directory of a model that onnx-asr knows (docs/ear/README.md)"


class _Place(NamedTuple):
    """Characters [start, end) of the text were written by this token."""

    token: int
    start: int
    end: int


class OnnxRecogniser:
    """Port Adapter over onnx-asr. Safe for several threads: each piece runs on the thread that asks, on one core."""

    def __init__(self, settings: ModelSettings) -> None:
        """Load the model and ask what it can tell. Raises HostError when it is absent, damaged or of no known type."""
        kind = _kind(settings.directory)
        self._model = _load(kind, settings)
        try:
            asked = self._model.recognize(np.zeros(RECOGNISER_HZ // 2, np.float32), language=FRENCH)
        except Exception as error:
            raise _unusable(settings.directory, error) from error
        self._abilities = Abilities(
            languages=False,
            support=asked.logprobs is not None,
            times=asked.timestamps is not None and asked.tokens is not None,
            at_once=settings.workers,
        )

    @property
    def abilities(self) -> Abilities:
        return self._abilities

    def transcribe(self, samples: Samples, *, partial: bool = False, language: str | None = None) -> Transcript:
        """Return what is said in 16 kHz `samples`, in one hypothesis; at most 29 seconds, or SpeechError.

        Whisper and Canary write down `language` (French, where it is None), the others what they hear. Raises
        SpeechError when the model fails, which names the kind of error only: its text may hold the words.
        """
        refuse_too_long(samples)
        written_in = language or FRENCH
        if samples.size < LEAST_SAMPLES:
            return Transcript((Hypothesis("", 0.0),), language=written_in)
        try:
            heard = self._model.recognize(np.ascontiguousarray(samples, np.float32), language=written_in)
        except Exception as error:
            # The words may be in the message: only the kind of error leaves the ear.
            raise SpeechError(
                f"the speech model failed ({type(error).__name__})", where="ear", remedy="restart the ear"
            ) from None
        text = heard.text.strip()
        places = _placed(text, heard.tokens or [])
        hypothesis = Hypothesis(text, UNMEASURED)
        if self._abilities.support:
            hypothesis = _measured(text, heard.logprobs, places)
        times = _timed(places, heard.timestamps, samples.size) if self._abilities.times else ()
        return Transcript((hypothesis,), times, language=written_in, supported=self._abilities.support)


def check_onnx_model(directory: Path, compute_type: str = "auto") -> str:
    """Return the type of the model in `directory`. Raises HostError without onnx-asr, or when files are missing."""
    kind = _kind(directory)
    _quantization(kind, directory, compute_type)
    return kind


def _kind(directory: Path) -> str:
    known = get_args(_onnx_asr("loader").AsrTypeNames)
    path = directory / _CONFIG
    try:
        kind = json.loads(path.read_text()).get("model_type")
    except OSError as error:
        raise HostError(
            f"no ONNX recogniser here: {_CONFIG} missing", where=str(directory), remedy=_REMEDY_DIRECTORY
        ) from error
    except (ValueError, AttributeError) as error:
        raise HostError(f"{_CONFIG} is damaged", where=str(path), remedy=_REMEDY_DIRECTORY) from error
    if not isinstance(kind, str) or kind not in known:
        raise HostError(
            f"onnx-asr knows no model of type '{kind}'",
            where=str(path),
            remedy=f"model_type: {nearest(str(kind), known)}",
        )
    return kind


def _onnx_asr(module: str) -> Any:
    try:
        return importlib.import_module(f"onnx_asr.{module}")
    except ImportError as error:
        raise HostError("the recogniser 'onnx' needs onnx-asr", where="ear.recogniser", remedy=_REMEDY_EXTRA) from error


def _load(kind: str, settings: ModelSettings) -> Any:
    options = onnxruntime.SessionOptions()
    # One thread per piece, as Whisper has: several pieces are judged at once.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    providers = _providers(settings.device)
    quantization = _quantization(kind, settings.directory, settings.compute_type)
    try:
        loaded = _onnx_asr("loader").load_model(
            kind, settings.directory, quantization=quantization, sess_options=options, providers=providers
        )
    except Exception as error:
        raise _unusable(settings.directory, error) from error
    return loaded.with_timestamps()


def _quantization(kind: str, directory: Path, compute_type: str) -> str | None:
    """Return "int8" where such graphs are wanted and there, None where the others are. Raises HostError."""
    resolver, faults = _onnx_asr("loader").create_asr_resolver(kind, directory), _onnx_asr("utils")
    try:
        if compute_type in ("auto", "int8"):
            with suppress(faults.ModelFileNotFoundError):
                resolver.resolve_model(quantization="int8")
                return "int8"
        resolver.resolve_model()
    except faults.ModelLoadingError as error:
        raise _unusable(directory, error) from error
    return None


def _providers(device: str) -> list[str]:
    here = onnxruntime.get_available_providers()
    if device != "cpu" and "CUDAExecutionProvider" in here:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]
    if device == "cuda":
        raise HostError(
            "this onnxruntime has no CUDA", where="ear.device", remedy="use 'cpu', or install onnxruntime-gpu"
        )
    return ["CPUExecutionProvider"]


def _unusable(directory: Path, error: Exception) -> HostError:
    return HostError(f"the recogniser cannot be loaded: {error}", where=str(directory), remedy=_REMEDY_DIRECTORY)


def _placed(text: str, tokens: list[str]) -> tuple[_Place, ...]:
    """Say which characters each token wrote. Empty when some of the text is of none: then no place is sure."""
    places, at = [], 0
    for number, token in enumerate(tokens):
        letters = token.strip()
        if letters:
            start = text.find(letters, at)
            if start < 0 or text[at:start].strip():
                return ()
            at = start + len(letters)
            places.append(_Place(number, start, at))
    return () if text[at:].strip() else tuple(places)


def _measured(text: str, logprobs: list[float], places: tuple[_Place, ...]) -> Hypothesis:
    mean = float(np.mean(logprobs)) if logprobs else math.nan
    if not text or not math.isfinite(mean):
        return Hypothesis(text, UNMEASURED)
    heard = tuple((place.start, place.end, math.exp(min(0.0, logprobs[place.token]))) for place in places)
    return Hypothesis(text, min(0.0, mean), heard=heard)


def _timed(places: tuple[_Place, ...], seconds: list[float], size: int) -> tuple[TimedToken, ...]:
    """A token was said from when the model wrote it until it wrote the next; the last one until the piece ends."""
    length_ms = size * 1000 // RECOGNISER_HZ
    starts = [min(int(seconds[place.token] * 1000), length_ms) for place in places]
    return tuple(
        TimedToken(place.start, place.end, start, max(start, end))
        for place, start, end in zip(places, starts, [*starts[1:], length_ms], strict=False)
    )
