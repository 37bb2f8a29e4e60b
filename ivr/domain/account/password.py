"""Which passwords are good enough: long, and not easily guessed (NIST SP 800-63B-4, ASVS 5 section 6.2).

Nothing is asked about the kinds of characters, and none expires: a second factor stands beside it.
"""

from __future__ import annotations

from ivr.domain.text.told import Told

#: In characters. The longest bounds what hashing may cost.
SHORTEST, LONGEST = 12, 256
#: On zxcvbn's scale of 0 to 4: more than 10^8 guesses.
LEAST_SCORE = 3


def judge_password(password: str, *, login: str, score: int) -> Told | None:
    """Say what is wrong with a new password, or nothing. `score` is how hard it is to guess, from 0 to 4."""
    if len(password) < SHORTEST:
        return Told(f"A password has at least {SHORTEST} characters: several words are easier to remember.")
    if len(password) > LONGEST:
        return Told(f"A password has at most {LONGEST} characters.")
    if login and login in password.lower():
        return Told("The password contains the login.")
    if score < LEAST_SCORE:
        return Told("This password is easily guessed: take several words that have nothing to do with each other.")
    return None
