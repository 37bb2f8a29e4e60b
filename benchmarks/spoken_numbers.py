"""What callers say with numbers in it: forbidden ones and harmless ones, from a seeded grammar. Synthetic throughout."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum import luhn

UNITS = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize".split()  # noqa: SIM905
TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante"}
HESITATIONS = ("euh", "alors", "attendez", "heu", "donc", "voilà", "ensuite", "et puis", "après", "hum")


@dataclass(frozen=True)
class Said:
    """One utterance; `kind` is what must be found in it, or "" for nothing."""

    text: str
    kind: str
    family: str


def below_hundred(n: int, swiss: bool) -> str:
    if n <= 16:
        return UNITS[n]
    if n < 20:
        return f"dix-{UNITS[n - 10]}"
    tens, unit = divmod(n, 10)
    if swiss and tens in (7, 8, 9):
        name = {7: "septante", 8: "huitante" if n % 2 else "quatre-vingt", 9: "nonante"}[tens]
        return name if unit == 0 else f"{name} et un" if unit == 1 and tens != 8 else f"{name}-{UNITS[unit]}"
    if tens in TENS:
        name = TENS[tens]
        return name if unit == 0 else f"{name} et un" if unit == 1 else f"{name}-{UNITS[unit]}"
    if tens == 7:
        return "soixante et onze" if unit == 1 else f"soixante-{below_hundred(10 + unit, swiss)}"
    if tens == 8:
        return "quatre-vingts" if unit == 0 else f"quatre-vingt-{UNITS[unit]}"
    return f"quatre-vingt-{below_hundred(10 + unit, swiss)}"


def below_thousand(n: int, swiss: bool) -> str:
    hundreds, rest = divmod(n, 100)
    if not hundreds:
        return below_hundred(rest, swiss)
    name = "cent" if hundreds == 1 else f"{UNITS[hundreds]} cent"
    return name if not rest else f"{name} {below_hundred(rest, swiss)}"


def group(digits: str, rng: random.Random, swiss: bool, style: str) -> str:
    """Say a group of digits: as written, one by one, or as a number with its leading zeros."""
    if style == "figures":
        return digits
    if style == "singles":
        return " ".join(UNITS[int(d)] for d in digits)
    if len(digits) > 4:
        return " ".join(group(digits[n : n + 2], rng, swiss, style) for n in range(0, len(digits), 2))
    zeros = len(digits) - len(digits.lstrip("0"))
    if zeros == len(digits):
        return " ".join(["zéro"] * zeros)
    value = int(digits)
    lead = ["zéro"] * zeros
    if len(digits) == 4 and value >= 1000:
        if rng.random() < 0.6:
            return f"{group(digits[:2], rng, swiss, style)} {group(digits[2:], rng, swiss, style)}"
        thousands, rest = divmod(value, 1000)
        head = "mille" if thousands == 1 else f"{UNITS[thousands]} mille"
        return head if not rest else f"{head} {below_thousand(rest, swiss)}"
    return " ".join([*lead, below_thousand(value, swiss)])


def spoken(groups: list[str], rng: random.Random, *, hesitate: bool = True) -> str:
    """Say groups in one style, with hesitations and corrections now and then."""
    style = rng.choice(("numbers", "numbers", "numbers", "singles", "figures", "figures"))
    swiss = rng.random() < 0.15
    said = []
    for digits in groups:
        words = digits if digits in ("2A", "2B", "2a", "2b") else group(digits, rng, swiss, style)
        if hesitate and said and rng.random() < 0.06:
            words = f"{rng.choice(HESITATIONS)} {words}"
        if hesitate and said and rng.random() < 0.02 and digits.isdigit():
            wrong = group(str(rng.randrange(10 ** (len(digits) - 1), 10 ** len(digits))), rng, swiss, style)
            words = f"{wrong} {rng.choice(('non pardon', 'euh non', 'pardon', 'non'))} {words}"
        said.append(words)
    if style == "figures":
        return rng.choice((" ", " ", "", "-", ".")).join(said) if not hesitate else " ".join(said)
    return rng.choice((" ", " ", ", ")).join(said)


def nir_groups(rng: random.Random, *, key: bool = True) -> list[str]:
    department = rng.choice([f"{n:02d}" for n in range(1, 96) if n != 20] + ["2A", "2B", "99"])
    parts = [
        str(rng.choice((1, 2))),
        f"{rng.randrange(100):02d}",
        f"{rng.randrange(1, 13):02d}",
        department,
        f"{rng.randrange(1, 990):03d}",
        f"{rng.randrange(1, 999):03d}",
    ]
    if key:
        number = int("".join(parts).replace("2A", "19").replace("2B", "18"))
        parts.append(f"{97 - number % 97:02d}")
    return parts


def card_groups(rng: random.Random) -> list[str]:
    body = rng.choice("45") + "".join(str(rng.randrange(10)) for _ in range(14))
    digits = body + luhn.calc_check_digit(body)
    return [digits[n : n + 4] for n in range(0, 16, 4)]


def iban_groups(rng: random.Random) -> list[str]:
    body = "".join(str(rng.randrange(10)) for _ in range(23))
    check = 98 - int(body + "152700") % 97
    digits = f"{check:02d}{body}"
    return [digits[:2], *(digits[n : n + 4] for n in range(2, 25, 4))]


def forbidden(count: int, seed: int) -> Iterator[Said]:
    """Yield `count` utterances in which somebody gives away forbidden data."""
    rng = random.Random(seed)
    makers: tuple[Callable[[random.Random], Said], ...] = (
        _nir,
        _nir,
        _nir_part,
        _card,
        _card,
        _iban,
        _cvv,
        _expiry,
        _otp,
        _password,
    )
    for n in range(count):
        yield makers[n % len(makers)](rng)


def _nir(rng: random.Random) -> Said:
    lead = rng.choice(
        (
            "mon numéro de sécu c'est le",
            "alors c'est le",
            "",
            "oui, ",
            "je vous le donne,",
            "le numéro c'est",
            "bonjour, mon numéro de sécurité sociale :",
        )
    )
    tail = rng.choice(("", "", " voilà", " et c'est tout", " merci"))
    parts = nir_groups(rng, key=rng.random() < 0.5)
    if rng.random() < 0.15:
        return Said(f"{lead} {spoken(parts[:6], rng)} et la clé {spoken(['42'], rng)}".strip(), "nir", "nir")
    return Said(f"{lead} {spoken(parts, rng)}{tail}".strip(), "nir", "nir")


def _nir_part(rng: random.Random) -> Said:
    parts = nir_groups(rng, key=False)
    if rng.random() < 0.5:
        lead = rng.choice(
            (
                "mon numéro de sécu commence par",
                "la sécu c'est le",
                "sur ma carte vitale je lis",
                "numéro de sécurité sociale",
            )
        )
        return Said(f"{lead} {spoken(parts[: rng.randrange(3, 6)], rng, hesitate=False)}", "nir", "nir-part")
    return Said(f"{rng.choice(('', 'c est le ', 'alors '))}{spoken(parts[:5], rng, hesitate=False)}", "nir", "nir-part")


def _card(rng: random.Random) -> Said:
    lead = rng.choice(
        ("ma carte c'est", "le numéro de la carte", "", "alors", "je vous donne ma carte bleue,", "c'est le", "oui")
    )
    return Said(f"{lead} {spoken(card_groups(rng), rng)}".strip(), "card", "card")


def _iban(rng: random.Random) -> Said:
    lead = rng.choice(("mon IBAN c'est", "", "le RIB :", "mon compte c'est", "je vous lis"))
    letters = rng.choice(("FR", "F R", "f r", "fr", "FR "))
    groups = iban_groups(rng)
    whole = groups if rng.random() < 0.7 else groups[: rng.randrange(4, 6)]
    return Said(f"{lead} {letters} {spoken(whole, rng)}".strip(), "iban", "iban")


def _cvv(rng: random.Random) -> Said:
    lead = rng.choice(
        (
            "le cryptogramme c'est",
            "les trois chiffres derrière :",
            "au dos c'est marqué",
            "le CVV",
            "code de sécurité",
            "le crypto",
        )
    )
    return Said(f"{lead} {spoken([f'{rng.randrange(100, 1000)}'], rng)}", "cvv", "cvv")


def _expiry(rng: random.Random) -> Said:
    month, year = rng.randrange(1, 13), rng.randrange(27, 32)
    names = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
    date = rng.choice(
        (
            f"{month:02d}/{year}",
            f"{names[month - 1]} 20{year}",
            f"{names[month - 1]} deux mille {below_hundred(year, False)}",
            spoken([f"{month:02d}", str(year)], rng, hesitate=False),
        )
    )
    lead = rng.choice(
        (
            "ma carte expire en",
            "la carte bleue est valable jusqu'en",
            "date d'expiration de la carte",
            "ma carte bancaire expire fin",
            "la date d'expiration c'est",
        )
    )
    return Said(f"{lead} {date}", "card", "expiry")


def _otp(rng: random.Random) -> Said:
    lead = rng.choice(
        (
            "le code reçu par SMS c'est le",
            "j'ai reçu le code",
            "le code de validation",
            "le texto dit",
            "mon code de confirmation est",
        )
    )
    code = f"{rng.randrange(100000, 1000000)}"
    return Said(
        f"{lead} {spoken(rng.choice(([code], [code[:2], code[2:4], code[4:]], [code[:3], code[3:]])), rng)}",
        "otp",
        "otp",
    )


def _password(rng: random.Random) -> Said:
    lead = rng.choice(
        ("mon mot de passe c'est", "le mot de passe est", "mon code secret c'est", "mon code confidentiel est le")
    )
    word = rng.choice(("Marguerite", "soleil", "minou", "azerty", "bretagne")) if "passe" in lead else ""
    return Said(f"{lead} {word}{rng.randrange(10, 99) if word else rng.randrange(1000, 9999)}", "password", "password")


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
    months = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
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
