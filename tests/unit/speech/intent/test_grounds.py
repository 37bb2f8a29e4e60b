"""Nothing is acted upon without a ground: kinds of harmless speech that oppose, name recording, or are noise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.domain.hearing.verdict import OPPOSING, Band, Ground, Label, Thresholds
from ivr.speech.intent.model import IntentModel
from ivr.speech.understanding import Hypothesis, Reading

MODEL = IntentModel.load()
SENTENCES = Path(__file__).parents[3] / "data" / "hearing"
#: Those of the shipped programs, whose scores act soonest.
PROSPECTING = {"objection_recording": Thresholds(0.75, 0.25), "refusal_contact": Thresholds(0.65, 0.20)}
DOUBT = "Souhaitez-vous que j'arrête l'enregistrement de cet appel ?"


def kinds(name: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each kind of a file with its (prompt, words)."""
    text = (SENTENCES / name).read_text(encoding="utf-8")
    for block in text.split("## ")[1:]:
        heading, *lines = block.strip().splitlines()
        pairs = [line.rsplit(" | ", 1) for line in lines if line and not line.startswith("#")]
        yield heading, [(pair[0] if len(pair) == 2 else "", pair[-1]) for pair in pairs]


HARMLESS = dict(kinds("harmless.txt"))
OBJECTIONS = dict(kinds("objections.txt"))


def judged(text: str, prompt: str = "", *, after_disclosure: bool = False) -> Reading:
    return MODEL.judge(
        [Hypothesis(text, 0.0)], last_prompt=prompt, after_disclosure=after_disclosure, thresholds=PROSPECTING
    )


def acts(reading: Reading) -> bool:
    return reading.label in OPPOSING and reading.band is Band.ACT


@pytest.mark.parametrize("kind", HARMLESS)
def test_harmless_speech_of_this_kind_is_never_acted_upon(kind: str) -> None:
    sentences = HARMLESS[kind]
    assert sentences
    assert [text for prompt, text in sentences if acts(judged(text, prompt))] == []


@pytest.mark.parametrize("kind", ["menus that offer to record", "opposed to something else", "single words"])
def test_this_kind_is_hardly_asked_about(kind: str) -> None:
    asked = [text for prompt, text in HARMLESS[kind] if judged(text, prompt).band is Band.DOUBT]
    assert len(asked) <= len(HARMLESS[kind]) / 5


def test_what_whoever_holds_the_machine_offers_is_not_asked_about() -> None:
    kind = HARMLESS["offers of whoever holds the machine"]
    asked = [text for _, text in kind if judged(text).band is Band.DOUBT]
    assert len(asked) <= len(kind) / 3, asked


@pytest.mark.parametrize(
    "text", ["Refusé.", "Refuser.", "Renvoi d'appel.", "La caméra du hall n'a rien enregistré cette nuit."]
)
def test_a_machines_word_and_a_call_that_is_named_are_not_asked_about(text: str) -> None:
    assert judged(text).band is Band.CLEAR


@pytest.mark.parametrize("text", ["Je refuse.", "Opposition.", "Débranchez l'oreille mécanique."])
def test_a_refusal_that_names_nothing_is_asked_about(text: str) -> None:
    assert judged(text).band is Band.DOUBT


def test_plain_objections_are_acted_upon_and_name_their_ground() -> None:
    read = {text: judged(text) for _, text in OBJECTIONS["explicit"]}
    assert [text for text, reading in read.items() if not acts(reading)] == []
    assert {reading.ground for reading in read.values()} == {Ground.EXPLICIT}


def test_objections_as_a_recogniser_writes_them_are_not_lost() -> None:
    read = [judged(text) for _, text in OBJECTIONS["misheard"]]
    assert all(reading.band is not Band.CLEAR for reading in read)
    assert sum(acts(reading) for reading in read) >= len(read) - 2


@pytest.mark.parametrize(
    ("text", "prompt", "ground"),
    [
        ("oui", DOUBT, Ground.ANSWER),
        ("oui, je préfère", DOUBT, Ground.ANSWER),
        ("oui, arrêtez l'enregistrement", DOUBT, Ground.EXPLICIT),
        ("je refuse l'enregistrement", "", Ground.EXPLICIT),
        ("ne m'appelez plus", "", Ground.CONTACT_REFUSED),
        ("je ne suis pas intéressé par votre offre", "", Ground.CONTACT_REFUSED),
    ],
)
def test_what_acts_names_its_ground(text: str, prompt: str, ground: Ground) -> None:
    reading = judged(text, prompt)
    assert acts(reading)
    assert reading.ground is ground


@pytest.mark.parametrize("text", ["Non.", "Je refuse.", "Ah non, ça je n'y tiens pas."])
def test_a_refusal_is_an_answer_just_after_the_notice_and_nowhere_else(text: str) -> None:
    after = judged(text, after_disclosure=True)
    assert (after.band, after.ground) == (Band.ACT, Ground.ANSWER)
    assert not acts(judged(text))


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_a_score_alone_never_acts_whatever_the_thresholds(score: float) -> None:
    always = {label.value: Thresholds(act=score / 1000, doubt=score / 1000) for label in OPPOSING}
    for text in ("Je fuse à Rennes.", "Stop la voile.", "Accès refusé.", "Votre carte est refusée."):
        reading = MODEL.judge([Hypothesis(text, 0.0)], last_prompt="", after_disclosure=False, thresholds=always)
        assert not acts(reading)


@pytest.mark.parametrize(
    ("opposed", "agreed"),
    [
        ("Je refuse l'enregistrement.", "Je ne refuse pas l'enregistrement."),
        ("Coupez l'enregistrement.", "Ne coupez pas l'enregistrement."),
        ("Je ne veux pas que vous enregistriez.", "Je ne veux pas que vous arrêtiez d'enregistrer."),
        ("Je refuse d'être enregistré.", "Ma sœur refuse d'être enregistrée."),
        ("Je refuse d'être enregistré.", "Ma sourre refuse d'être enregistré."),
        ("J'ai dit non pour la bande.", "Ma tempère a dit non pour la bande."),
        ("Je refuse d'être enregistré.", "Vous refusez d'être enregistré ?"),
        ("Arrêtez l'enregistrement.", "L'enregistrement est arrêté."),
        ("Arrêtez l'enregistrement.", "Pour arrêter l'enregistrement, tapez deux."),
        ("Je m'oppose à l'enregistrement.", "Je m'oppose à l'enregistrement de ma fille sur le contrat."),
        ("Je préfère ne pas être enregistré.", "J'allais refuser d'être enregistré."),
        ("Coupez l'enregistrement, je vous prie.", "Coupez l'enregistrement, ah non, laissez-le tourner."),
        ("Effacez cet appel.", "J'ai effacé cet appel."),
    ],
)
def test_pairs_that_differ_in_a_word_differ_in_what_is_done(opposed: str, agreed: str) -> None:
    assert acts(judged(opposed))
    assert not acts(judged(agreed))


@pytest.mark.parametrize(
    ("opposed", "agreed"),
    [
        ("Pas d'enregistrement.", "Il n'y a pas d'enregistrement."),
        ("Vous n'avez pas à enregistrer cet appel.", "Vous n'avez pas l'enregistrement de cet appel ?"),
        ("Je ne souhaite pas être enregistré.", "Si vous ne souhaitez pas être enregistré, dites-le à l'accueil."),
        ("Je suis contre l'enregistrement.", "Y en a qui sont contre l'enregistrement."),
        ("Ceux-là, je m'oppose à ce qu'ils enregistrent.", "Ceux qui s'opposent à l'enregistrement le disent."),
        ("Vous enregistrez ? Alors arrêtez.", "Vous enregistrez ? J'ai fait opposition sur ma carte."),
        ("Vous enregistrez ? Alors arrêtez.", "L'enregistrement de l'appel. Arrêtez la musique, je n'entends rien."),
        ("L'enregistrement, dégagez-le.", "L'enregistrement, ça me dégage."),
        ("Arrêtez de m'enregistrer.", "N'enregistrez pas, non, je trouve ça normal."),
        ("Je coupe court, au revoir.", "Attendez, je coupe la radio."),
        ("Je ne veux pas que vous m'écoutiez.", "Je ne vous écoute plus, il y a du bruit."),
        ("Plus de démarchage.", "Nous ne faisons pas de démarchage, monsieur."),
        ("Vos offres, non.", "Voulez-vous nos offres par courrier, oui ou non ?"),
        ("Arrêtez de m'enregistrer.", "Hier une dame m'a crié : arrêtez de m'enregistrer."),
        ("Je veux pas d'enregistrement, ça suffit.", "Je veux pas de la formule d'au-dessus, celle-ci ça me suffit."),
        ("Je suis contre l'enregistrement.", "Y a des adhérents qui sont contre l'enregistrement."),
        ("C'est une honte.", "Vous avez honte jours pour vous rétracter."),
        ("C'est une honte de m'appeler.", "Ces remboursements, c'est une honte."),
        ("Ne m'appelez plus jamais.", "Ne m'appelez plus mademoiselle."),
        ("Arrêtez de m'appeler constamment.", "Arrêtez de m'appeler Solange, c'est Simone."),
        ("Je ne veux plus qu'on me rappelle.", "Je vais rappeler la caisse si ça ne vient pas."),
        ("Vous ne me rappelez plus jamais.", "Vous ne me rappelez jamais, j'attends toujours."),
        ("Je suis sur Bloctel.", "Ma tante, elle est sur Bloctel, moi non."),
        ("Lâchez-moi un peu.", "On ne lâche rien, mon petit."),
        ("Fichez-moi la paix.", "La paix soit avec vous, mes frères."),
        ("Ça suffit maintenant.", "Une seule ordonnance suffit, docteur."),
    ],
)
def test_pairs_of_later_rounds_differ_too(opposed: str, agreed: str) -> None:
    assert judged(opposed).band is not Band.CLEAR
    assert not acts(judged(agreed))


@pytest.mark.parametrize(
    "text",
    [
        "Si vous ne souhaitez pas être enregistré, dites-le à votre interlocuteur.",
        "Vous pouvez refuser, cela ne change rien au contrat.",
    ],
)
def test_what_the_listener_may_wish_is_not_asked_about(text: str) -> None:
    assert judged(text).band is Band.CLEAR


@pytest.mark.parametrize(
    "text",
    [
        "il n'y a pas d'enregistrement avec moi",
        "y a pas d'enregistrement sinon je raccroche",
        "vous n'avez pas d'enregistrement à faire",
        "avec moi y a pas d'enregistrement",
        "ne m'enregistrez pas, ça ne me gêne pas de continuer l'appel",
        "ne me rappelez plus, vous êtes ma mutuelle mais c'est trop",
        "y en a qui s'en fichent moi j'accepte pas d'être enregistré",
    ],
)
def test_what_looks_like_a_statement_and_opposes_is_acted_upon(text: str) -> None:
    assert acts(judged(text))


@pytest.mark.parametrize("text", ["Il n'y a aucun enregistrement.", "Y a pas de conservation de mes appels, hein."])
def test_that_there_is_said_to_be_none_is_asked_about_never_passed_over(text: str) -> None:
    assert judged(text).band is Band.DOUBT


@pytest.mark.parametrize("text", ["Laissez tomber.", "Ce n'est pas la peine.", "Bon, je raccroche, au revoir."])
def test_a_program_that_sells_nothing_asks_nobody_whether_they_want_to_be_called(text: str) -> None:
    sells_nothing = {**PROSPECTING, "refusal_contact": Thresholds(0.80, 0.80)}
    reading = MODEL.judge([Hypothesis(text, 0.0)], last_prompt="", after_disclosure=False, thresholds=sells_nothing)
    assert (reading.band, reading.label) == (Band.CLEAR, Label.NONE)
    plain = MODEL.judge(
        [Hypothesis("Ne m'appelez plus.", 0.0)], last_prompt="", after_disclosure=False, thresholds=sells_nothing
    )
    assert (plain.band, plain.ground) == (Band.ACT, Ground.CONTACT_REFUSED)


def test_words_that_were_hardly_heard_bear_nothing_out() -> None:
    text = "je refuse l'enregistrement"

    def heard(refuses: float, recording: float) -> Reading:
        tokens = ((0, 2, 0.9), (3, 9, refuses), (10, 12, 0.9), (12, 26, recording))
        return MODEL.judge(
            [Hypothesis(text, -0.5, heard=tokens)], last_prompt="", after_disclosure=False, thresholds=PROSPECTING
        )

    assert (heard(0.9, 0.8).band, heard(0.9, 0.8).ground) == (Band.ACT, Ground.EXPLICIT)
    for faint in (heard(0.9, 0.01), heard(0.01, 0.9)):
        assert (faint.band, faint.ground) == (Band.DOUBT, None)


def test_one_hypothesis_of_many_bears_nothing_out() -> None:
    spoken = ("le règlement est en cours", "le règlement est court", "le réglage est en cours", "on le règle ce jour")
    likely = [Hypothesis(text, -0.5) for text in spoken]
    reading = MODEL.judge(
        [*likely, Hypothesis("je refuse l'enregistrement", -0.6)],
        last_prompt="",
        after_disclosure=False,
        thresholds=PROSPECTING,
    )
    assert (reading.label, reading.ground) == (Label.OBJECTION_RECORDING, None)
    assert not acts(reading)
