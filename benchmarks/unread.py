"""What both readers make of sentences by somebody who had read nothing of ours: `python -m benchmarks.unread [FILE …]`.

A FILE is written as those of `corpus/free` are (default: each of benchmarks/unread_sentences). It stands outside the
corpus until its errors are read: then it is moved there, and the models are taught again.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ivr.domain.hearing.verdict import Band, Label
from ivr.settings import default_config_dir, load_settings
from ivr.speech.second_reader.two_readers import TwoReaders
from ivr.speech.understanding import Hypothesis
from tools.corpus.sentences import Sentence, free_sentences

_FILES = Path(__file__).parent / "unread_sentences"
_OPPOSING = (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT)


def table(sentences: Sequence[Sentence]) -> list[str]:
    """Return, as Markdown, shares acted upon and asked about by program and label; questions count as calm."""
    settings, readers = load_settings(default_config_dir(os.environ), os.environ), TwoReaders.load()
    lines = ["| program | label | n | act | ask |", "| --- | --- | --- | --- | --- |"]
    for name in ("hotline-quality", "prospecting"):
        thresholds = settings.program(name).thresholds
        for label in (*_OPPOSING, None):
            chosen = [one for one in sentences if (one.label if one.label in _OPPOSING else None) is label]
            bands = Counter(
                readers.judge(
                    [Hypothesis(one.text, 0.0)], last_prompt="", after_disclosure=False, thresholds=thresholds
                ).band
                for one in chosen
            )
            shares = (f"{100 * bands[band] / len(chosen):.1f} %" for band in (Band.ACT, Band.DOUBT))
            lines.append(f"| {name} | {label.value if label else 'calm'} | {len(chosen)} | {' | '.join(shares)} |")
    return lines


if __name__ == "__main__":
    for file in [Path(given) for given in sys.argv[1:]] or sorted(_FILES.glob("*.txt")):
        print(f"{file.stem}\n\n" + "\n".join(table(list(free_sentences(file)))) + "\n")
