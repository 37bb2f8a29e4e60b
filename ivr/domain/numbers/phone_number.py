"""French telephone numbers: one person, however their number is written.

Mainland France and its overseas departments share one plan of nine digits behind several country codes: 0692 12 34 56,
+262 692 12 34 56 and the wrong +33 692 12 34 56 are one line. So the nine digits say who it is, whatever code stands
before them. Saint-Pierre-et-Miquelon (+508) has six digits, which its neighbours dial behind 0508. New Caledonia
(+687), French Polynesia (+689) and Wallis and Futuna (+681) have plans of their own: 0687 is a mainland mobile.

Pure. Numbers are E.164 with their plus. Source: ARCEP decision 2018-0881 (plan national de numérotation), ITU-T E.164.
"""

from __future__ import annotations

_PLAN_DIGITS = 9
_MAINLAND = "33"
_MIQUELON, _MIQUELON_DIGITS = "508", 6
#: Codes behind which the nine digits of the plan stand, rightly or by the mistake of a gateway.
PLAN_CODES = (_MAINLAND, "590", "594", "596", "262", _MIQUELON)
#: First digits of the plan that belong overseas. What is not here counts as mainland for everybody alike.
OVERSEAS = {
    "590": ("590", "690", "691", "7090"),
    "594": ("594", "694", "70930", "70931", "70932", "70933", "70934"),
    "596": ("596", "696", "697", "7091"),
    "262": ("262", "263", "269", "639", "692", "693", "7092", "70935", "70936", "70937", "70938", "70939"),
}
_CODE_OF = {prefix: code for code, prefixes in OVERSEAS.items() for prefix in prefixes}


def canonical(number: str) -> str:
    """Return the one spelling of the line that an E.164 number means; numbers outside the French plan stay."""
    digits = plan_digits(number)
    return _canonical(digits) if digits else number


def spellings(number: str) -> tuple[str, ...]:
    """Return every E.164 spelling under which the line may have been written down, the canonical one first."""
    digits = plan_digits(number)
    if not digits:
        return (number,)
    every = [_canonical(digits), *(f"+{code}{digits}" for code in PLAN_CODES)]
    return tuple(dict.fromkeys(every))


def plan_digits(number: str) -> str:
    """Return the nine digits of a number of the French plan; empty for any other number."""
    for code in PLAN_CODES:
        rest = number.removeprefix(f"+{code}")
        if rest == number or not (rest.isascii() and rest.isdigit()):
            continue
        if len(rest) == _PLAN_DIGITS:
            return rest
        if code == _MIQUELON and len(rest) == _MIQUELON_DIGITS:
            return _MIQUELON + rest
    return ""


def _canonical(digits: str) -> str:
    if digits.startswith(_MIQUELON):
        return f"+{digits}"
    code = next((_CODE_OF[digits[:size]] for size in (5, 4, 3) if digits[:size] in _CODE_OF), _MAINLAND)
    return f"+{code}{digits}"
