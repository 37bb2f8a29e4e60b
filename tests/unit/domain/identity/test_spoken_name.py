"""Names as said or spelled: who says theirs is understood, who says another is not."""

from __future__ import annotations

import pytest

from ivr.domain.identity.spoken_name import WORDS_MAX, said_name, says


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Dupont", "Dupont"),
        ("c'est madame Dupond", "Dupont"),
        ("Lefèvre", "Lefebvre"),
        ("monsieur Roger", "Roger"),
        ("Robert", "Robert"),
        ("philippe", "Philippe"),
        ("jean pierre", "Jean-Pierre"),
        ("pierre jean", "Jean-Pierre"),
        ("ben ali", "Benali"),
        ("benali", "Ben Ali"),
        ("la marque de la tour", "Delatour"),
        ("de la fontaine", "Fontaine"),
        ("fontaine", "de la Fontaine"),
        ("D'Artagnan", "Artagnan"),
        ("o brien", "O'Brien"),
        ("Li", "Li"),
        ("Lee", "Lee"),
        # Spelled.
        ("D U P O N T", "Dupont"),
        ("d, u, p, o, n, t", "Dupont"),
        ("D-U-P-O-N-T", "Dupont"),
        ("K-OW-A-L-S-K-I", "Kowalski"),
        ("dé u pé o enne té", "Dupont"),
        ("bé a air be e", "Barbe"),
        ("elle e haine o i erre", "Lenoir"),
        ("aime a erre ce hache i", "Marchi"),
        ("ji a cu u effe", "Jaquf"),
        ("ka o vé a ixe zède", "Kovaxz"),
        ("ge u i esse the", "Guist"),
        ("ef emme ache qu air te ve zed", "Fmhqrtvz"),
        ("double vé i double elle y", "Willy"),
        ("double v i l", "Wil"),
        ("v i deux elle i", "Villi"),
        ("m i grec e r", "Myer"),
        ("L comme Louise, I comme Irma", "Li"),
        ("B comme Berthe O comme Oscar N comme Nicolas", "Bon"),
        ("M A tiret R I", "Mari"),
        ("m a et puis r i", "Mari"),
        ("B E accent aigu T E", "Béte"),
        ("mon nom c'est N G U Y E N", "Nguyen"),
        ("k o w a l s k y", "Kowalski"),
        ("de u pe", "Dup"),
        ("O H", "Oh"),
    ],
)
def test_these_say_the_name(said: str, name: str) -> None:
    assert says(said_name(said), name)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Martin", "Marin"),
        ("Durand", "Dupont"),
        ("jean", "Jean-Pierre"),
        ("pierre", "Jean-Pierre"),
        ("Lu", "Li"),
        ("Xi", "Li"),
        ("de la", "de la Fontaine"),
        ("D U P O N T E L", "Dupont"),
        ("M A R I N", "Martin"),
        ("K O W A L S", "Kowalski"),
        ("a b c", "Dupont"),
        ("bonjour", "Dupont"),
        ("", "Dupont"),
        ("Dupont", ""),
        ("Dupont", "123"),
        ("D", "D'Artagnan"),
        ("m a je crois r i", "Mari"),
        ("un deux trois quatre", "Dupont"),
    ],
)
def test_these_do_not(said: str, name: str) -> None:
    assert not says(said_name(said), name)


@pytest.mark.parametrize(
    ("text", "words", "spelled"),
    [
        ("Je m'appelle Dupont", ("je", "m", "appelle", "dupont"), ()),
        ("Dupont D U P", ("dupont",), ("dup",)),
        ("d u", ("d", "u"), ("du",)),
        ("y a elle", (), ("yal",)),
        ("elle dit", ("elle", "dit"), ()),
        ("A et B", ("a", "et", "b"), ("ab",)),
        ("A et B C fin", ("fin",), ("abc",)),
        ("et A B C", ("et",), ("abc",)),
        ("deux enne i o", (), ("nnio",)),
        ("deux maisons", ("deux", "maisons"), ()),
        ("double", ("double",), ()),
        ("A comme Anatole B comme", ("a", "comme", "anatole", "b", "comme"), ("ab",)),
        ("i grec i", ("i", "grec", "i"), ("yi",)),
        ("A-B-C-D", (), ("abcd", "abcd")),
        ("AB-CD-E", ("ab", "cd", "e"), ()),
        ("AB-C-DE-F", ("ab",), ("cdf",)),
        ("", (), ()),
    ],
)
def test_an_answer_has_words_and_spelled_names(text: str, words: tuple[str, ...], spelled: tuple[str, ...]) -> None:
    found = said_name(text)
    assert (found.words, found.spelled) == (words, spelled)
    assert repr(found) == "SaidName(…)"


def test_who_recites_names_says_none() -> None:
    assert says(said_name("marie " * (WORDS_MAX - 1) + "dupont"), "Dupont")
    assert not says(said_name("marie " * WORDS_MAX + "dupont"), "Dupont")
    assert said_name("marie " * WORDS_MAX + "D U P O N T D").words != ()
    assert WORDS_MAX == 25


def test_up_to_four_words_are_one_name() -> None:
    assert says(said_name("du pon ti el"), "Dupontiel")
    assert not says(said_name("ka li ma to so"), "Kalimatoso")


def test_a_spelled_name_of_seven_letters_may_have_one_wrong_and_a_shorter_one_none() -> None:
    assert says(said_name("X A R T E N S"), "Martens")
    assert not says(said_name("X A R T I N"), "Martin")
    assert not says(said_name("X Y R T E N S"), "Martens")
    assert says(said_name("X A R T E N S A"), "Martensa")
