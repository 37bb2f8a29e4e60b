"""A small grid with a question of each kind."""

from __future__ import annotations

from ivr.domain.quality.answers import Answer
from ivr.domain.quality.grid import Choice, Grid, GridSection, Question, QuestionKind

_K = QuestionKind
GRID = Grid(
    "hotline", "1", "Appel entrant",
    (
        GridSection("accueil", "Accueil", (
            Question("salut", "Se présente", _K.YES_NO, weight=10, not_applicable=True),
            Question("ton", "Reste courtois", _K.SCALE, weight=20, levels=5),
        )),
        GridSection("fond", "Fond", (
            Question("coupe", "Coupe la parole", _K.YES_NO, weight=10, good="no", automatic_fail=True),
            Question("juste", "Réponse juste", _K.CHOICE, weight=60, choices=(
                Choice("oui", "oui", 100), Choice("peu", "un peu", 33), Choice("non", "non", 0),
            )),
            Question("dit", "Remarque", _K.TEXT),
        )),
    ),
    pass_mark=70,
    programs=("hotline-quality",),
)  # fmt: skip

BEST = {"salut": Answer("yes"), "ton": Answer("5"), "coupe": Answer("no"), "juste": Answer("oui")}
