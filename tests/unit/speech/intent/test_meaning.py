"""What callers say and what it means: one table per family of meaning and near miss."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.domain.hearing.verdict import Band, Label, Thresholds
from ivr.speech.intent.model import IntentModel
from ivr.speech.understanding import Hypothesis, Reading

MODEL = IntentModel.load()


def judged(*texts: str, last_prompt: str = "", after: bool = False, partial: bool = False) -> Reading:
    hypotheses = [Hypothesis(text, -0.1 * k) for k, text in enumerate(texts)]
    return MODEL.judge(hypotheses, last_prompt=last_prompt, after_disclosure=after, thresholds={}, partial=partial)


OBJECTIONS = [
    "Je m'oppose à l'enregistrement de cet appel.",
    "Je ne veux pas être enregistré.",
    "jveux pas être enregistré",
    "pas d'enregistrement svp",
    "Arrêtez l'enregistrement, s'il vous plaît.",
    "Merci de ne pas enregistrer notre conversation.",
    "N'enregistrez pas.",
    "Pouvez-vous couper l'enregistrement ?",
    "Vous enregistrez ? Alors non merci.",
    "Je préférerais que cet appel ne soit pas enregistré.",
    "Je vous saurais gré de bien vouloir ne point m'enregistrer.",
    "Tant que vous enregistrez, je ne dis rien.",
    "Oui d'accord, enfin non, je ne veux pas être enregistrée.",
    "Moi pas d'accord enregistrer ma voix.",
    "Mon mari est d'accord mais moi je refuse d'être enregistrée.",
    "Ne gardez pas ma voix.",
]
REFUSALS = [
    "Ne m'appelez plus.",
    "Rayez-moi de vos listes.",
    "Je ne suis pas intéressé.",
    "ça ne m'intéresse pas",
    "Laissez-moi tranquille.",
    "Arrêtez de m'appeler.",
    "Je suis inscrite sur Bloctel.",
]
QUESTIONS = [
    "Pourquoi c'est enregistré ?",
    "Vous enregistrez là ?",
    "Combien de temps vous gardez l'enregistrement ?",
    "Est-ce que je peux refuser l'enregistrement ?",
]
HARMLESS = {
    "negation": "Je ne m'oppose pas à l'enregistrement.",
    "negation twice": "Je ne veux pas que vous arrêtiez l'enregistrement.",
    "negation of saying": "Je n'ai pas dit que je refusais l'enregistrement.",
    "reported": "Ma femme m'a dit qu'elle refusait l'enregistrement chez eux.",
    "someone else": "Mon voisin n'aime pas être enregistré, moi ça m'est égal.",
    "other object": "Je m'oppose au prélèvement.",
    "card": "J'ai fait opposition sur ma carte.",
    "filing": "Enregistrez mon changement d'adresse.",
    "filed": "Vous avez bien enregistré mon adresse ?",
    "idiom": "Arrêtez-moi si je me trompe.",
    "line": "Coupez pas, j'arrive.",
    "number": "J'ai pas enregistré votre numéro.",
    "file": "L'enregistrement de mon dossier n'est pas fait.",
    "quote": "Je refuse ce devis.",
    "option": "Je ne suis pas intéressé par l'option dentaire, mais le reste oui.",
    "acceptance": "Oui oui, vous pouvez enregistrer.",
    "proof": "Réécoutez l'enregistrement de mardi, vous verrez.",
    "call back": "Rappelez-moi plutôt demain matin.",
    "contract": "Retirez mon fils du contrat.",
    "business": "Bonjour, j'appelle pour le remboursement de mes lunettes.",
    "nothing": "",
    "noise": "... !",
}


@pytest.mark.parametrize("text", OBJECTIONS)
def test_an_objection_is_acted_on(text: str) -> None:
    reading = judged(text)
    assert (reading.label, reading.band) == (Label.OBJECTION_RECORDING, Band.ACT)


@pytest.mark.parametrize("text", ["Vous êtes encore un démarchage, au revoir.", "J'ai déjà une mutuelle."])
def test_what_only_lets_guess_a_refusal_of_contact_is_asked_about(text: str) -> None:
    reading = judged(text)
    assert (reading.label, reading.band, reading.ground) == (Label.REFUSAL_CONTACT, Band.DOUBT, None)


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_of_contact_is_acted_on(text: str) -> None:
    reading = judged(text)
    assert (reading.label, reading.band) == (Label.REFUSAL_CONTACT, Band.ACT)


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_about_recording_is_no_objection(text: str) -> None:
    reading = judged(text)
    assert (reading.label, reading.band) == (Label.QUESTION_RECORDING, Band.CLEAR)


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_near_miss_is_left_alone(text: str) -> None:
    reading = judged(text)
    assert (reading.label, reading.band) == (Label.NONE, Band.CLEAR)
    assert reading.span is None


@pytest.mark.parametrize(
    "text",
    [
        "je me pose à l'angissement de l'appel",
        "j'ai m'oppose à en registrement",
        "je mopose à l'enrégissement",
        "je refuse d'être en registré",
        "arrêter l'engistrement",
    ],
)
def test_a_misheard_objection_is_not_lost(text: str) -> None:
    reading = judged(text)
    assert reading.label is Label.OBJECTION_RECORDING
    assert reading.band is not Band.CLEAR


def test_an_objection_is_heard_as_one_clause_of_a_long_turn() -> None:
    text = (
        "Bonjour, je vous appelle pour ma mère qui est hospitalisée depuis lundi, on nous demande une prise en charge, "
        "et je ne veux pas que cet appel soit enregistré, voilà, son numéro d'adhérente je l'ai sous les yeux"
    )
    reading = judged(text)
    assert (reading.label, reading.band) == (Label.OBJECTION_RECORDING, Band.ACT)
    assert reading.span is not None
    assert "enregistré" in text[slice(*reading.span)]


def test_an_objection_in_a_plausible_second_hypothesis_is_at_least_asked_about() -> None:
    reading = judged("je me pause à la gestion", "je m'oppose à l'enregistrement")
    assert reading.label is Label.OBJECTION_RECORDING
    assert reading.band is not Band.CLEAR


@pytest.mark.parametrize("text", ["je refuse", "je ne veux pas", "je m'oppose à", "je veux pas que"])
def test_an_unfinished_sentence_does_not_act_on_an_ambiguous_beginning(text: str) -> None:
    assert judged(text, partial=True).band is not Band.ACT


@pytest.mark.parametrize("text", ["je refuse l'enregistrement", "je ne veux pas être enregistré"])
def test_an_unfinished_sentence_acts_once_it_is_clear(text: str) -> None:
    assert judged(text, partial=True).band is Band.ACT


def test_thresholds_of_the_program_decide_the_band() -> None:
    hypotheses = [Hypothesis("je ne veux pas être enregistré", 0.0)]

    def band(thresholds: dict[str, Thresholds]) -> Band:
        return MODEL.judge(hypotheses, last_prompt="", after_disclosure=False, thresholds=thresholds).band

    assert band({}) is Band.ACT
    assert band({"objection_recording": Thresholds(act=2.0, doubt=0.3)}) is Band.DOUBT
    assert band({"objection_recording": Thresholds(act=2.0, doubt=2.0)}) is Band.CLEAR


@pytest.mark.parametrize("text", [*OBJECTIONS, *REFUSALS])
@pytest.mark.parametrize("shape", [str.upper, str.lower, lambda t: t.replace("é", "e").replace("ê", "e")])
def test_case_and_accents_change_nothing(text: str, shape: object) -> None:
    assert callable(shape)
    assert judged(shape(text)).label is judged(text).label


@pytest.mark.parametrize("text", [t for t in (*OBJECTIONS, *REFUSALS) if "?" not in t])
def test_an_objection_without_punctuation_is_still_one(text: str) -> None:
    reading = judged(text.replace(",", "").replace(".", "").replace("'", " "))
    assert reading.label is judged(text).label
    assert reading.band is not Band.CLEAR


@settings(max_examples=150)
@given(
    st.sampled_from(["", "Oui bonjour, ", "Allô bonjour madame, ", "Excusez-moi, ", "Bonjour, s'il vous plaît, "]),
    st.sampled_from(OBJECTIONS[:8] + REFUSALS[:6]),
    st.sampled_from(["", " Merci.", " Merci beaucoup, c'est gentil.", " Je vous remercie, madame."]),
)
def test_politeness_never_turns_an_objection_into_nothing(before: str, text: str, after: str) -> None:
    assert judged(before + text + after).band is not Band.CLEAR


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_any_text_gets_a_reading_with_bounds_inside_it(text: str) -> None:
    reading = judged(text)
    assert 0.0 <= reading.score <= 1.0
    if reading.span is not None:
        assert 0 <= reading.span[0] < reading.span[1] <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "Merci beaucoup madame, je vous souhaite une bonne journée.",
        "Je vous souhaite une bonne journée.",
        "Merci et bonne journée.",
        "Au revoir monsieur, merci pour votre aide.",
        "Bonjour madame.",
    ],
)
def test_taking_leave_is_no_refusal(text: str) -> None:
    assert judged(text).band is Band.CLEAR


@pytest.mark.parametrize(
    "text", ["Puis-je m'y opposer ?", "À qui je m'adresse pour refuser l'enregistrement de l'appel ?"]
)
def test_asking_how_to_refuse_is_asked_about_even_just_after_the_disclosure(text: str) -> None:
    eager = {"objection_recording": Thresholds(act=0.5, doubt=0.2)}
    reading = MODEL.judge([Hypothesis(text, 0.0)], last_prompt="", after_disclosure=True, thresholds=eager)
    assert reading.band is Band.DOUBT


def test_the_words_that_object_are_found_though_harmless_ones_follow() -> None:
    text = "Je refuse que cet appel soit enregistré, et puis mon mari a été opéré de la hanche en janvier."
    reading = judged(text)
    assert reading.band is Band.ACT
    assert reading.span is not None
    assert text[slice(*reading.span)] == "Je refuse que cet appel soit enregistré"


@pytest.mark.parametrize(
    "prompt",
    [
        "Cela vous dérange-t-il que l'appel soit enregistré ?",
        "Voyez-vous un inconvénient à ce que l'appel soit enregistré ?",
    ],
)
def test_yes_to_being_disturbed_by_the_recording_objects(prompt: str) -> None:
    def band(answer: str) -> Band:
        return MODEL.judge([Hypothesis(answer, 0.0)], last_prompt=prompt, after_disclosure=False, thresholds={}).band

    assert (band("Oui."), band("Non.")) == (Band.ACT, Band.CLEAR)
