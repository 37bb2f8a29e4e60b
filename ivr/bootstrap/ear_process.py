"""One ear process that knows the phrase bank: `python -m ivr.bootstrap.ear_process --phrases DIR --endpoint …`."""

from __future__ import annotations

import sys
from pathlib import Path

from ivr.domain.asks.detector import AskDetector
from ivr.settings.phrases import load_phrases
from ivr.speech.process import main


def detector(folder: Path) -> AskDetector:
    """Return the detector of forbidden questions; raises ConfigurationError for a damaged phrase bank."""
    return AskDetector(load_phrases(folder))


if __name__ == "__main__":
    sys.exit(main(load_asks=detector))
