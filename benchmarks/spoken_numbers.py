# What people say reads better in one line.
# ruff: noqa: SIM905
"""Callers who give away forbidden numbers, from a seeded grammar. Synthetic throughout."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum import luhn

UNITS = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize".split()
TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante"}
HESITATIONS = (
    *("euh", "alors", "attendez", "heu", "donc", "voilà", "ensuite", "et puis", "après", "hum"),
    *("je cherche", "attendez une seconde", "bougez pas", "et pis"),
)


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
    said: list[str] = []
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
    names = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
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
