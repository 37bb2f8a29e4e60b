"""The pages of passkeys: a person adds and removes their own, and signs in with it."""

from __future__ import annotations

import re

from ivr.console.visit import SESSION_COOKIE
from tests.fakes.authenticator import SoftDevice
from tests.unit.console.rig import PASSWORD, URL, ConsoleRig, words_of


def added(house: ConsoleRig) -> SoftDevice:
    """A device with a passkey of anne's, who is signed in."""
    house.sign_in("anne")
    device = SoftDevice(URL, "console.test")
    form = {"name": "bureau", "current": PASSWORD, "form_token": house.form_token()}
    asked = house.post("/compte/cles/demande", code=house.code("anne"), **form)
    assert asked.status_code == 200, asked.text
    made = device.create(asked.text)
    answer = house.post("/compte/cles", name="bureau", credential=made, form_token=form["form_token"])
    assert "La clé d'accès est ajoutée" in words_of(answer)
    return device


def test_a_passkey_is_shown_by_its_name_and_signs_in_by_itself(house: ConsoleRig) -> None:
    device = added(house)
    assert "bureau" in words_of(house.get("/compte"))
    house.browser = house.new_browser()
    asked = house.post("/connexion/cle/demande", asked="1")
    cookie = asked.headers["set-cookie"]
    assert all(part in cookie for part in ("__Host-passkey", "HttpOnly", "Secure", "SameSite=strict"))
    entered = house.post("/connexion/cle", credential=device.get(asked.text))
    assert entered.headers["location"] == "/"
    assert "Bonjour anne." in words_of(house.get("/"))
    assert "Dernière connexion" in words_of(house.get("/compte"))


def test_unknown_replayed_and_foreign_passkeys_read_alike(house: ConsoleRig) -> None:
    device = added(house)
    house.browser = house.new_browser()
    answer = device.get(house.post("/connexion/cle/demande", asked="1").text)
    assert house.post("/connexion/cle", credential=answer).status_code == 303
    house.browser = house.new_browser()
    house.post("/connexion/cle/demande", asked="1")
    answers = [house.post("/connexion/cle", credential=answer)]
    for origin, name in (("https://elsewhere.test", device.credential_id), (URL, b"unknown")):
        wrong = SoftDevice(origin, "console.test", name, 90, user_handle=device.user_handle, key=device.key)
        answers.append(
            house.post("/connexion/cle", credential=wrong.get(house.post("/connexion/cle/demande", asked="1").text))
        )
    answers.append(house.post("/connexion/cle", credential="no JSON"))
    assert {one.status_code for one in answers} == {401}
    assert {words_of(one) for one in answers} == {words_of(answers[0])}
    assert "n'a pas ouvert de session" in words_of(answers[0])
    assert all(SESSION_COOKIE not in one.headers.get("set-cookie", "") for one in answers)


def test_a_passkey_is_asked_for_with_both_factors_and_a_name(house: ConsoleRig) -> None:
    house.sign_in("anne")
    form = {"name": "bureau", "current": PASSWORD, "code": "000000", "form_token": house.form_token()}
    wrong = house.post("/compte/cles/demande", **form)
    assert (wrong.status_code, wrong.json()["told"]) == (
        422, "Mot de passe actuel ou code inexact. Aucune clé n'est ajoutée.",
    )  # fmt: skip
    nameless = house.post("/compte/cles/demande", **{**form, "name": " "})
    assert "demande un nom" in nameless.json()["told"]
    for _ in range(5):
        slowed = house.post("/compte/cles/demande", **form)
    assert slowed.status_code == 429
    assert "Trop d'essais" in slowed.json()["told"]
    assert house.post("/compte/cles/demande", **{**form, "form_token": "0"}).status_code == 403
    late = house.post("/compte/cles", name="bureau", credential="{}", form_token=form["form_token"])
    assert "recommencez" in words_of(late)


def test_a_passkey_is_removed_by_its_holder_alone(house: ConsoleRig) -> None:
    added(house)
    found = re.search(r'name="passkey" value="([0-9a-f]{64})"', house.get("/compte").text)
    assert found
    anne, house.browser = house.browser, house.new_browser()
    house.sign_in("admin")
    other = house.post("/compte/cles/retrait", passkey=found[1], form_token=house.form_token())
    assert "pas ou plus à vous" in words_of(other)
    house.browser = anne
    gone = house.post("/compte/cles/retrait", passkey=found[1], form_token=house.form_token())
    assert "La clé d'accès est retirée" in words_of(gone)
    assert found[1] not in gone.text
    assert house.told()[-1] == "account.passkey_removed"
