"""Asks without a verb: a thing alone, with "s'il vous plaît" or a question mark. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ivr.domain.asks.grammar import ACTION_OF, AIM, CLAUSE_END, DETERMINER, FILLER, RELATIVE_CLAUSE, VERB
from ivr.domain.asks.parts import Cue, Sentence, Thing
from ivr.domain.asks.phrase_bank import SpeechAct
from ivr.domain.text.needles import Read, Sought


def elliptic(
    sentence: Sentence,
    read: Read,
    calm: str,
    here: int,
    thing: Thing,
    cues: Sequence[Cue],
    *,
    question: bool,
    negation: Sought,
) -> bool:
    """Say whether a thing is asked for without a verb: "Votre numéro de sécu, s'il vous plaît", "Et le CVV ?".

    `calm` is the text of `read` without what only sounds like a denial; the sentence begins at `here` in both.
    """
    if sentence.heading and not question:
        return False
    text = read.text
    begin = max((m.end() for m in CLAUSE_END.finditer(text, here, thing.start)), default=here)
    filler = FILLER.match(text, begin)
    at = filler.end() if filler else begin
    determiner = DETERMINER.match(text, at)
    has_determiner = thing.start > begin or text[thing.start :].startswith(("votre", "vos", "le ", "la ", "les "))
    stop = next((m.start() for m in CLAUSE_END.finditer(text, thing.end)), len(text))
    please = [cue for cue in cues if cue.act is SpeechAct.PLEASE and cue.live]
    polite = next((cue for cue in please if 0 <= cue.start - thing.end <= 60), None)
    if polite is not None:
        stop = min(stop, polite.start)
    clause = text[thing.end : stop]
    if re.match(r" (?:qui|que|qu|ou|dont)\b", clause):
        clause = RELATIVE_CLAUSE.sub("", clause)
    if VERB.search(clause):
        return False
    if not question and negation.may_match(read) and negation.pattern.search(calm[begin:]):
        return False
    lead_in = text[at : thing.start]
    reaches = len(lead_in.split()) <= (3 if polite or question else 2) and not VERB.search(lead_in)
    if determiner is None and lead_in.strip() and not reaches:
        return False
    if ACTION_OF.search(text, here, thing.start):
        return False
    if not reaches or (lead_in.startswith("si ") and not polite and not question):
        return False
    rest = [cue for cue in cues if cue.start > stop]
    aim = AIM.match(text, stop) or (polite is not None and AIM.match(text, polite.end))
    if not aim and any(cue.act is None or (cue.act is not SpeechAct.PLEASE and not cue.live) for cue in rest):
        return False
    if not thing.value and polite is None and not question:
        return False
    if polite is not None or question:
        return not any(cue.act is None and begin <= cue.start < stop for cue in cues)
    tells_before = any(cue.act is None for cue in cues if cue.end <= begin and not re.search(r"\bpour\b", text[:begin]))
    tells_here = any(cue.act is None for cue in cues if begin <= cue.start < thing.start)
    if (
        tells_before
        or tells_here
        or (VERB.search(FILLER.sub("", text[here:begin], count=1)) and not re.match(r"(?:pour|afin|si)\b", text[here:]))
    ):
        return False
    blank = bool(re.search(r":\s*$|: ?\.\.|_{2,}", text[thing.end :]))
    return (has_determiner or blank) and (not sentence.bullet or has_determiner)
