"""Which elements a notice really holds: wordings that count, and near misses that do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.program.notice import (
    ELEMENT_NAMES,
    ai_notice_position,
    is_recording_notice,
    objection_keys,
    present_elements,
    read_notice,
    spoken_seconds,
)

HOLDS = {
    "recording_exists": [
        "Cet appel est enregistré.",
        "Cet appel peut être enregistré pour améliorer nos services.",
        "Votre conversation est susceptible d'être enregistrée.",
        "Cette communication sera enregistrée.",
        "Les appels sont enregistrés.",
        "Certains appels peuvent être enregistrés.",
        "Votre appel avec nos conseillers pourra être enregistré.",
        "Nous enregistrons cet appel pour la qualité.",
        "Cet appel fait l'objet d'un enregistrement.",
        "Vous êtes enregistré.",
        "L’appel est enregistré, sauf si vous souhaitez qu’il ne soit pas enregistré.",
        "Pour votre information, l'échange à venir sera enregistré.",
        "Cet appel peut être enregistré dans le cadre de l'amélioration de la qualité.",
        "Cet appel est susceptible d'être enregistré dans un souci de qualité.",
        "Cet appel est enregistré avec votre accord, pour la formation.",
    ],
    "controller_name": [
        "Bonjour, ici {controller}.",
        "Vous êtes en ligne avec la Mutuelle Exemple.",
        "Bienvenue chez Harmonie Santé.",
        "Vous parlez à l'assistant automatique de la Mutuelle du Littoral.",
        "Bonjour, ici la Mutuelle Bleue.",
        "L'appel est enregistré par Prévoyance Atlantique.",
    ],
    "purpose": [
        "Cet appel est enregistré pour améliorer la qualité de nos réponses.",
        "Cet appel est enregistré à des fins de formation.",
        "Votre appel est susceptible d'être enregistré afin d'évaluer nos équipes.",
        "Cet appel est enregistré, comme la loi le demande.",
        "Cet appel est enregistré. La loi nous l'impose.",
        "Cet appel est enregistré pour la qualité, dites non pour refuser.",
        "Dans le cadre du contrôle qualité, cet appel est enregistré.",
        "Cet appel est enregistré conformément à une obligation légale.",
    ],
    "right_to_object_and_how": [
        "Cet appel est enregistré. Vous pouvez refuser à tout moment : dites-le, ou appuyez sur la touche 9.",
        "Vous pouvez vous opposer à l'enregistrement en le disant à votre conseiller.",
        "Cet appel est enregistré. Vous pouvez vous y opposer. Il suffit de le dire.",
        "Cet appel est enregistré. Si vous ne le souhaitez pas, dites « je refuse ».",
        "Pour refuser l'enregistrement, tapez 9.",
        "Vous pouvez refuser l'enregistrement, sans effet sur vos garanties : dites-le ou tapez 9.",
        "L'appel est enregistré. Pour vous y opposer, appuyez sur étoile.",
        "Vous pouvez à tout moment demander l'arrêt de l'enregistrement en tapant 9.",
        "Cet appel est enregistré. Si vous n'acceptez pas, signalez-le à votre conseiller.",
        "Vous pouvez arrêter l'enregistrement à tout moment. Dites simplement non.",
        "Cet appel est enregistré. Vous avez la possibilité de refuser en appuyant sur dièse.",
        "Vous ne voulez pas être enregistré ? Dites-le nous ou tapez 9.",
        "L'appel est enregistré. Si vous souhaitez vous y opposer, merci de le signaler à votre conseiller.",
        "Si vous ne voulez pas être enregistré, tapez 9. Pour parler à un conseiller, tapez 1.",
    ],
    "pointer_to_full_notice": [
        "Toutes les informations sur vos droits sont sur notre site internet.",
        "Pour en savoir plus, rendez-vous sur mutuelle-exemple.fr.",
        "Notre politique de confidentialité est disponible en ligne.",
        "Pour plus d'informations, tapez 5.",
        "Pour connaître vos droits, écrivez à notre délégué à la protection des données.",
        "Vos droits sont détaillés dans votre espace adhérent.",
    ],
    "commercial_purpose": [
        "Je vous appelle pour une offre commerciale de complémentaire santé.",
        "C'est un appel commercial.",
        "Nous vous appelons pour vous proposer une complémentaire santé.",
        "Cet appel a un but commercial.",
        "Il s'agit de prospection commerciale.",
        "Ce n'est pas une enquête. Nous vous appelons pour vous proposer une complémentaire santé.",
    ],
    "caller_identity_and_link": [
        "Vous parlez à l'assistant automatique de {controller}, qui vous appelle pour une offre.",
        "Je suis Claire Martin, conseillère de la Mutuelle Exemple.",
        "Ici le cabinet Durand, qui vous appelle pour le compte de la Mutuelle Exemple.",
    ],
    "ai_assistant": [
        "Vous parlez à l'assistant automatique de la Mutuelle Exemple.",
        "Bonjour, je suis un assistant virtuel.",
        "Une intelligence artificielle vous répond.",
        "Vous êtes en relation avec un système automatique.",
        "Bonjour, je suis l'assistant vocal de la Mutuelle Exemple.",
        "Vous êtes en communication avec le serveur vocal de la Mutuelle Exemple.",
        "Vous parlez à une voix automatique.",
    ],
}

LACKS = {
    "recording_exists": [
        "Nous enregistrons votre adresse.",
        "Votre demande est enregistrée.",
        "Suite à cet appel, votre adresse sera enregistrée.",
        "Cet appel n'est pas enregistré.",
        "C'est noté, cet appel n'est plus enregistré.",
        "Cet appel ne sera pas enregistré.",
        "Souhaitez-vous que cet appel ne soit pas enregistré ?",
        "Nous n'enregistrons pas cet appel.",
        "Votre appel est enregistré sous le numéro douze.",
        "Votre appel est important pour nous.",
        "Ne me donnez pas votre numéro de carte, je coupe l'enregistrement.",
        "Votre virement est enregistré.",
        "Vous êtes bien enregistré dans nos fichiers.",
        "Cet appel est gratuit et votre adhésion est enregistrée.",
        "Cet appel ne fait l'objet d'aucun enregistrement.",
        "L'enregistrement de cet appel est détruit.",
        "Votre appel est enregistré dans votre dossier.",
    ],
    "controller_name": [
        "Bonjour, ici votre mutuelle.",
        "La mutuelle vous informe que cet appel est enregistré.",
        "Bonjour, vous parlez à un assistant automatique.",
        "Vous pouvez saisir la CNIL.",
        "Tous les détails sont sur Internet.",
    ],
    "purpose": [
        "Cet appel est enregistré.",
        "Cet appel est enregistré pour des raisons techniques.",
        "Cet appel est enregistré. Pour votre contrat qualité plus, tapez 1.",
        "Pour améliorer la qualité, tapez 2. Bonne journée. Cet appel est enregistré.",
        "Nous travaillons à améliorer la qualité de nos réponses.",
    ],
    "right_to_object_and_how": [
        "Cet appel est enregistré. Vous pouvez vous y opposer.",
        "Vous pouvez vous opposer à l'enregistrement à tout moment.",
        "Vous pouvez vous opposer au prélèvement en tapant 2.",
        "Cet appel est enregistré. Vous pouvez vous opposer au prélèvement en le disant.",
        "Cet appel est enregistré. Dites oui ou non.",
        "Vous ne pouvez pas refuser l'enregistrement. Dites-le à votre conseiller.",
        "Vous pouvez refuser l'enregistrement. Pour parler à un conseiller, tapez 1.",
        "Vous avez un droit d'opposition à l'enregistrement.",
        "Cet appel est enregistré. Vous pouvez refuser la prospection en tapant 3.",
        "Cet appel est enregistré. Vous pouvez refuser nos offres en le disant.",
        "Cet appel est enregistré. Si vous ne souhaitez pas patienter, tapez 2.",
        "Cet appel est enregistré. Si vous ne souhaitez pas attendre, dites-le.",
        "Cet appel est enregistré. Vous pouvez vous y opposer. Dites-nous la raison de votre appel.",
        "En restant en ligne, vous renoncez à votre droit de refuser l'enregistrement, en le disant ou en tapant 9.",
        "Vous pouvez refuser l'enregistrement, sans effet : dites-le ou tapez 9.",
        "Votre refus de l'enregistrement n'aura aucun effet : dites-le ou tapez 9.",
    ],
    "pointer_to_full_notice": [
        "Vous pouvez suivre vos remboursements sur notre site internet.",
        "Pour en savoir plus, patientez.",
        "Vos droits sont protégés.",
        "Rendez-vous sur notre site.",
    ],
    "commercial_purpose": [
        "Notre service commercial est fermé.",
        "Ceci n'est pas un appel commercial.",
        "Bonjour, nous vous appelons sans but commercial.",
        "L'assistant automatique de la Mutuelle Exemple ne vous appelle pas pour une offre commerciale.",
        "Nous n'appelons pas pour vous vendre un contrat.",
        "Bonjour, nous vous appelons au sujet de votre dossier.",
        "Cet appel est enregistré.",
    ],
    "caller_identity_and_link": [
        "Bonjour, c'est la Mutuelle Exemple.",
        "Je suis votre conseiller.",
        "Vous parlez à un assistant automatique.",
    ],
    "ai_assistant": [
        "Bonjour, vous parlez à la Mutuelle Exemple.",
        "Votre conseiller vous répond automatiquement.",
        "Vous ne parlez pas à un robot.",
        "Je m'appelle Sophie, conseillère humaine et non un assistant automatique.",
        "Le prélèvement est automatique.",
    ],
}


@pytest.mark.parametrize(("element", "text"), [(e, text) for e, texts in HOLDS.items() for text in texts])
def test_a_text_with_the_words_holds_the_element(element: str, text: str) -> None:
    assert element in present_elements(read_notice(text, controller="la Mutuelle Exemple"))


@pytest.mark.parametrize(("element", "text"), [(e, text) for e, texts in LACKS.items() for text in texts])
def test_a_near_miss_does_not_hold_the_element(element: str, text: str) -> None:
    assert element not in present_elements(read_notice(text, controller="la Mutuelle du Test"))


def test_the_professionals_name_and_the_recording_notice_of_a_sales_call_are_the_same_words() -> None:
    found = present_elements(read_notice("Ici la Mutuelle Exemple. Cet appel est enregistré."))
    assert {"professional_name", "recording_notice_if_recorded"} <= found


def test_a_controller_without_a_proper_noun_shape_is_found_by_its_configured_name() -> None:
    text = "bonjour, ici solidarité plus"
    assert "controller_name" not in present_elements(read_notice(text))
    assert "controller_name" in present_elements(read_notice(text, controller="Solidarité Plus"))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Vous pouvez refuser l'enregistrement : appuyez sur la touche 9.", ("9",)),
        ("Pour refuser l'enregistrement, tapez neuf.", ("9",)),
        ("Pour refuser l'enregistrement, tapez 1 ou la touche étoile.", ("1", "*")),
        ("Pour parler à un conseiller, tapez 1.", ()),
        ("Si vous ne voulez pas être enregistré, tapez 9. Pour parler à un conseiller, tapez 1.", ("9",)),
        ("Cet appel est enregistré. Vous pouvez refuser : dites-le.", ()),
        ("Vous pouvez refuser l'enregistrement : tapez 92.", ()),
        ("Si vous refusez, appuyez sur le neuf.", ("9",)),
        ("Si vous refusez, appuyez sur le bouton 8.", ("8",)),
        ("Si vous refusez, sélectionnez 8.", ("8",)),
        ("Si vous refusez, choisissez le 8.", ("8",)),
        ("Si vous refusez, validez par 8.", ("8",)),
        ("Si vous refusez, touchez le huit.", ("8",)),
        ("Si vous refusez, appuyez longuement sur 8.", ("8",)),
        ("Si vous refusez, appuyez sur l'étoile.", ("*",)),
        ("Si vous refusez, appuyez sur la touche ' 8 '.", ("8",)),
        ("Vous pouvez refuser l'enregistrement : dites-le, ou le 8 de votre clavier.", ("8",)),
        ("Si vous refusez, appuyez sur la touche neuf ou huit.", ("9", "8")),
        ("Si vous refusez, tapez 9, ou un conseiller le note.", ("9",)),
        ("Vous pouvez refuser l'enregistrement, conservé 6 mois, en choisissant un conseiller ou en tapant 9.", ("9",)),
        ("Vous pouvez refuser avec le 8 de votre clavier, ou en pressant la touche numéro 8.", ("8", "8")),
        ("Vous pouvez refuser l'enregistrement. Dites-le. Ou tapez le 8.", ("8",)),
        ("Vous pouvez refuser l'enregistrement. Pour cela, appuyez sur la touche 8.", ("8",)),
        ("Vous pouvez refuser l'enregistrement. La touche « 8 » suffit.", ("8",)),
        ("Vous pouvez refuser l'enregistrement. Pour parler à un conseiller, tapez 1.", ()),
        ("Vous pouvez refuser l'enregistrement : faites un courrier à notre siège.", ()),
        ("Vous pouvez refuser l'enregistrement : faites le un.", ("1",)),
    ],
)
def test_the_keys_named_for_objecting_are_found(text: str, keys: tuple[str, ...]) -> None:
    assert objection_keys(text) == keys


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("Bonjour, vous parlez à l'assistant automatique de la Mutuelle Exemple. Cet appel est enregistré.", 0),
        ("Cet appel est enregistré. Vous parlez à un assistant virtuel.", 1),
        ("Cet appel est enregistré.", None),
    ],
)
def test_the_sentence_that_says_one_speaks_to_a_machine_is_located(text: str, position: int | None) -> None:
    assert ai_notice_position(read_notice(text)) == position


@pytest.mark.parametrize(
    ("text", "measured_s"),
    [
        ("", 0.0),
        ("Merci. L'appel continue.", 2.7),
        ("C'est noté, cet appel n'est plus enregistré.", 3.4),
        ("C'est noté, nous ne vous rappellerons plus. L'enregistrement de cet appel est détruit. Au revoir.", 6.5),
        (
            "Bonjour, vous parlez à l'assistant automatique de la Mutuelle Exemple. "
            "Cet appel peut être enregistré, pour améliorer la qualité de nos réponses. "
            "Vous pouvez refuser l'enregistrement à tout moment : dites-le simplement, ou appuyez sur la touche 9. "
            "Toutes les informations sur vos droits sont sur notre site internet.",
            18.4,
        ),
    ],
)
def test_the_estimated_length_is_near_what_the_synthetic_voice_takes(text: str, measured_s: float) -> None:
    assert spoken_seconds(text) == pytest.approx(measured_s, abs=1.0)


@given(st.text(max_size=300))
def test_any_text_can_be_read_without_error_and_gives_known_elements(text: str) -> None:
    assert present_elements(read_notice(text)) <= set(ELEMENT_NAMES)
    assert objection_keys(text) == tuple(objection_keys(text))
    assert is_recording_notice(text) in (True, False)


@given(st.sampled_from([text for texts in HOLDS.values() for text in texts]))
def test_case_and_typographic_apostrophes_do_not_matter_to_the_recording_notice(text: str) -> None:
    assert is_recording_notice(text) == is_recording_notice(text.replace("'", "’")) == is_recording_notice(text.upper())


@pytest.mark.parametrize(
    ("name", "key"),
    [("zéro", "0"), ("un", "1"), ("deux", "2"), ("trois", "3"), ("quatre", "4"), ("cinq", "5"), ("six", "6"),
     ("sept", "7"), ("huit", "8"), ("neuf", "9"), ("étoile", "*"), ("dièse", "#"), ("5", "5"), ("*", "*"), ("#", "#")],
)  # fmt: skip
def test_a_key_is_known_by_its_name_and_its_sign(name: str, key: str) -> None:
    assert objection_keys(f"Pour refuser l'enregistrement, appuyez sur la touche {name}.") == (key,)


def test_a_key_for_something_else_is_no_key_to_object() -> None:
    assert objection_keys("Pour un conseiller, tapez 1. Tapez 2. Pour refuser l'enregistrement, tapez 9.") == ("9",)
    assert objection_keys("Tapez 1. Cet appel est enregistré. Tapez 2.") == ()


def test_a_typographic_apostrophe_makes_a_text_no_longer() -> None:
    assert spoken_seconds("l'appel d'aujourd'hui") == spoken_seconds("l\u2019appel d\u2019aujourd\u2019hui")
    assert spoken_seconds("l'appel d'aujourd'hui") == pytest.approx(2 / 3.3 + 0.9)
    assert spoken_seconds("Oui. Non.") == pytest.approx(2 / 3.3 + 2 * 0.9)
