"""Puts an ear together from its parts, warm and ready."""

from __future__ import annotations

import threading
from collections.abc import Collection

import numpy as np

from ivr.domain.asks.detector import AskDetector
from ivr.domain.hearing.verdict import Verdict
from ivr.services.ports.hearing import Speech
from ivr.speech.channel_memory import EarMemory
from ivr.speech.early_action import Eagerness
from ivr.speech.judge import Judge
from ivr.speech.language_memory import LanguageMemory
from ivr.speech.model import ModelSettings
from ivr.speech.recogniser import FRENCH, RECOGNISER_HZ
from ivr.speech.recogniser_kinds import load_recogniser
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.silero import Silero
from ivr.speech.transcript_cache import Recall
from ivr.speech.understanding import Understanding
from ivr.speech.whisper_recogniser import DecodingSettings


class EarJudge:
    """Callable that judges a Speech. Safe for several threads: each gets its own Silero, the recogniser is shared."""

    def __init__(
        self,
        model: ModelSettings,
        decoding: DecodingSettings | None = None,
        understanding: Understanding | None = None,
        asks: AskDetector | None = None,
        known: Collection[str] = (FRENCH,),
    ) -> None:
        """Load everything and judge once, so that the first caller does not wait for it. Raises HostError.

        `asks` knows the questions that our side may not ask; without it no agent can be guarded. `known` are the
        languages (ISO 639-1) that count as understood.
        """
        self._recogniser = load_recogniser(model, decoding)
        self._understanding = understanding if understanding is not None else TwoReaders.load()
        self._own, self._recall, self._memory = threading.local(), Recall(), EarMemory(asks)
        self._eagerness, self._languages, self._known = Eagerness(), LanguageMemory(), frozenset(known)
        hum = np.sin(np.arange(2 * RECOGNISER_HZ, dtype=np.float32) * np.float32(0.1)) * np.float32(0.1)
        self._recogniser.transcribe(hum.astype(np.float32))

    def __call__(self, speech: Speech) -> Verdict:
        judge = getattr(self._own, "judge", None)
        if judge is None:
            judge = self._own.judge = Judge(
                Silero().voiced,
                self._recogniser,
                self._understanding,
                self._recall,
                self._memory,
                self._eagerness,
                self._languages,
                self._known,
            )
        verdict: Verdict = judge.judge(speech)
        return verdict

    def forget(self, call_id: str) -> None:
        """The call is over: none of its words is kept."""
        self._recall.forget_call(call_id)
        self._memory.forget(call_id)
        self._eagerness.forget(call_id)
        self._languages.forget(call_id)
        if isinstance(self._understanding, TwoReaders):
            self._understanding.forget()
