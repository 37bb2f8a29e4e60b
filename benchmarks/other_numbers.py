# What people say reads better in one line.
# ruff: noqa: E501, SIM905
"""Callers who say other numbers: phones, dates, amounts, references. From a seeded grammar, synthetic throughout."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from benchmarks.spoken_numbers import Said, below_hundred, below_thousand, spoken


def harmless(count: int, seed: int) -> Iterator[Said]:
    """Yield `count` utterances with other numbers in them: nothing may be found."""
    rng = random.Random(seed)
    makers = tuple(_HARMLESS.items())
    for n in range(count):
        family, maker = makers[n % len(makers)]
        yield Said(maker(rng), "", family)


def _phone(rng: random.Random) -> str:
    digits = "0" + rng.choice("1234567679") + "".join(str(rng.randrange(10)) for _ in range(8))
    lead = rng.choice(
        (
            "mon numéro c'est le",
            "vous pouvez me rappeler au",
            "mon portable :",
            "",
            "je suis au",
            "alors c'est le",
            "le téléphone de ma fille c'est",
        )
    )
    pairs = [digits[n : n + 2] for n in range(0, 10, 2)]
    if rng.random() < 0.15:
        return f"{lead} plus trente-trois {spoken([digits[1], *pairs[1:]], rng)}".strip()
    if rng.random() < 0.1:
        return f"{lead} +33 {digits[1]} {' '.join(pairs[1:])}".strip()
    return f"{lead} {spoken(pairs, rng)}".strip()


def _two_phones(rng: random.Random) -> str:
    return f"{_phone(rng)} ou sinon {_phone(rng)}"


def _date(rng: random.Random) -> str:
    months = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
    day, year = rng.randrange(1, 29), rng.randrange(1930, 2027)
    lead = rng.choice(
        (
            "je suis né le",
            "ma date de naissance c'est le",
            "le rendez-vous était le",
            "c'était le",
            "la facture est du",
            "depuis le",
            "je suis née le",
        )
    )
    swiss = rng.random() < 0.1
    century, rest = divmod(year, 100)
    words = (
        f"mille neuf cent {below_hundred(rest, swiss)}" if century == 19 else f"deux mille {below_hundred(rest, swiss)}"
    )
    if rng.random() < 0.3:
        return f"{lead} {day:02d}/{rng.randrange(1, 13):02d}/{year}"
    if rng.random() < 0.3:
        return f"{lead} {below_hundred(day, swiss)} {below_hundred(rng.randrange(1, 13), swiss)} {below_hundred(rest or 50, swiss)}"
    return f"{lead} {rng.choice((str(day), below_hundred(day, swiss)))} {rng.choice(months)} {rng.choice((str(year), words))}"


def _amount(rng: random.Random) -> str:
    euros, cents = rng.randrange(5, 4000), rng.randrange(100)
    lead = rng.choice(
        (
            "j'ai payé",
            "le remboursement de",
            "on m'a prélevé",
            "la facture fait",
            "il me reste à charge",
            "ma cotisation passe à",
        )
    )
    words = (
        below_thousand(euros % 1000, rng.random() < 0.1)
        if euros < 1000
        else f"{below_hundred(euros // 1000, False)} mille {below_thousand(euros % 1000 or 200, False)}"
    )
    return f"{lead} {rng.choice((f'{euros},{cents:02d} euros', f'{words} euros {below_hundred(cents, False)}', f'{euros} euros et {cents} centimes'))} {rng.choice(('', 'par mois', 'sur ma carte', 'par carte bancaire', 'sur mon compte'))}"


def _member(rng: random.Random) -> str:
    digits = "".join(str(rng.randrange(10)) for _ in range(rng.choice((6, 7, 8, 9, 10))))
    lead = rng.choice(
        (
            "mon numéro d'adhérent c'est le",
            "numéro d'adhérent",
            "je suis l'adhérent numéro",
            "le numéro sur ma carte de mutuelle c'est",
            "mon numéro de contrat :",
        )
    )
    return f"{lead} {spoken([digits[n : n + 2] for n in range(0, len(digits), 2)], rng)}"


def _file(rng: random.Random) -> str:
    digits = "".join(str(rng.randrange(10)) for _ in range(rng.choice((5, 6, 8, 9, 10, 12))))
    lead = rng.choice(
        (
            "le numéro de dossier",
            "référence",
            "le dossier numéro",
            "la référence du courrier c'est",
            "le devis numéro",
            "facture numéro",
            "sinistre numéro",
            "la référence de ma demande est",
        )
    )
    return f"{lead} {rng.choice(('', '', 'A', 'DV ', 'RC'))}{spoken([digits[n : n + 3] for n in range(0, len(digits), 3)], rng)}"


def _postal(rng: random.Random) -> str:
    code = f"{rng.randrange(1, 96):02d}{rng.randrange(0, 999):03d}"
    lead = rng.choice(("j'habite au", "mon code postal c'est le", "code postal", "je suis dans le", "l'adresse c'est"))
    street = (
        f"{rng.randrange(1, 200)} rue {rng.choice(('des Lilas', 'du 8 mai 1945', 'Victor Hugo', 'de la Gare'))} "
        if "adresse" in lead
        else ""
    )
    return f"{lead} {street}{spoken([code[:2], code[2:]], rng)} {rng.choice(('Nantes', 'Lyon', 'Brest', ''))}"


def _time(rng: random.Random) -> str:
    return f"{rng.choice(('rappelez-moi vers', 'entre', 'le rendez-vous est à', 'je suis là après'))} {below_hundred(rng.randrange(8, 20), False)} heures {rng.choice(('', 'trente', 'quinze', 'quarante-cinq'))} {rng.choice(('', 'ou dix-huit heures', 'le 12', 'demain'))}"


def _age(rng: random.Random) -> str:
    return f"{rng.choice(('j ai', 'mon mari a', 'elle a'))} {below_hundred(rng.randrange(18, 99), rng.random() < 0.2)} ans {rng.choice(('', 'et deux enfants de six et huit ans', 'depuis le mois de mars'))}"


def _siret(rng: random.Random) -> str:
    digits = "".join(str(rng.randrange(10)) for _ in range(rng.choice((9, 14))))
    return f"{rng.choice(('le SIRET de mon entreprise c est', 'numéro FINESS', 'le SIREN', 'SIRET'))} {spoken([digits[n : n + 3] for n in range(0, len(digits), 3)], rng, hesitate=False)}"


def _parcel(rng: random.Random) -> str:
    digits = "".join(str(rng.randrange(10)) for _ in range(rng.choice((11, 13))))
    return f"{rng.choice(('le recommandé porte le numéro', 'numéro de suivi', 'le suivi du courrier c est'))} {rng.choice(('1A ', '6C', 'LL', ''))}{spoken([digits[n : n + 3] for n in range(0, len(digits), 3)], rng, hesitate=False)}"


def _mention(rng: random.Random) -> str:
    return rng.choice((
        "j'ai perdu ma carte bancaire le {d} et ma carte vitale le {e}", "mon code postal a changé, c'est le 44{c} maintenant",
        "ma carte vitale ne marche plus depuis {d} jours", "j'ai payé {c} euros avec ma carte bleue", "vous avez reçu mon RIB il y a {d} jours",
        "le prélèvement de {c} euros sur mon compte bancaire est passé deux fois", "j'ai oublié mon mot de passe depuis {d} jours", "le code reçu par SMS ne marche pas, j'ai essayé {e} fois",
        "ma carte de mutuelle est valable jusqu'au 31 décembre 2026", "ma nouvelle carte vitale arrive dans {d} jours", "j'ai envoyé ma feuille de soins le {d} mars {y}", "mon mot de passe est trop long, il fait {d} caractères",
        "j'ai attendu {d} minutes pour le numéro de sécu de mon fils", "la sécu m'a remboursé {c} euros le {e} avril", "il manque {d} euros sur mon compte", "la carte bancaire a été débitée de {c} euros le {d}", "mon dossier à la sécurité sociale date de {y}",
    )).format(d=rng.randrange(2, 29), e=rng.randrange(2, 9), c=rng.randrange(100, 999), y=rng.randrange(2010, 2026))  # fmt: skip


_HARMLESS: dict[str, Callable[[random.Random], str]] = {
    "phone": _phone,
    "two phones": _two_phones,
    "date": _date,
    "amount": _amount,
    "member": _member,
    "file": _file,
    "postal": _postal,
    "time": _time,
    "age": _age,
    "siret": _siret,
    "parcel": _parcel,
    "mention": _mention,
}
