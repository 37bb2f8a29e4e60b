"""What is taken out of a text, and what must stay in it."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.fr import nir

from ivr.domain.recording.state import RecordingState
from ivr.domain.redaction.redactor import REDACTOR, REMOVED, LearningRedactor, Redactor
from tests.calls_made import calls_made

KEY = nir.calc_check_digits("1850775116001")
NIR = f"1850775116001{KEY}"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (NIR, "<nir>"),
        (f"1 85 07 75 116 001 {KEY}", "<nir>"),
        ("1.85.07.75.116.001", "<nir>"),
        ("le NIR1850775116001, merci", "le NIR<nir>, merci"),
        ("2 85 07 2A 116 001", "<nir>"),
        (f"appel 42 {NIR} 17", "appel 42 <nir> 17"),
        (f"99{NIR}99", "99<nir>99"),
        ("4970 1012 3456 7893", "<card>"),
        ("4970-1012-3456-7893", "<card>"),
        ("numéro 4970101234567893.", "numéro <card>."),
        ("3782 822463 10005", "<card>"),
        ("5555555555554444", "<card>"),
        ("FR76 3000 6000 0112 3456 7890 189 oui", "<iban> oui"),
        ("fr7630006000011234567890189", "<iban>"),
        ("DE89370400440532013000", "<iban>"),
        ("06 12 34 56 78", "<phone>"),
        ("06.12.34.56.78", "<phone>"),
        ("0612345678,0712345678", "<phone>,<phone>"),
        ("+33 (0)6 12 34 56 78", "<phone>"),
        ("0033612345678", "<phone>"),
        ("'sip:+33612345678@carrier.example:5060' is no SIP", "'sip:<phone>@carrier.example:5060' is no SIP"),
        ("sip:33612345678@carrier.example", "sip:<phone>@carrier.example"),
        ("tel:+33-6-12-34-56-78", "tel:<phone>"),
        ("le cryptogramme 123", "le cryptogramme <cvv>"),
        ("mon mot de passe c'est azerty", "mon mot de passe c'est <password>"),
        ("un quatre-vingt-cinq zéro sept soixante-quinze cent seize zéro zéro un", "<nir>"),
    ],
)  # fmt: skip
def test_numbers_of_persons_are_replaced_by_their_kind(text: str, clean: str) -> None:
    assert REDACTOR.text(text) == clean
    assert REDACTOR.text(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "019ab3c4d5e6f708192a3b4c5d6e7f80",
        "a1b2c3d4-1234-4123-8123-123456789012",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "2026-11-21T21:46:53.123456Z",
        "2026-11-21 21:46:53,123",
        "sip:ivr@127.0.0.1:5060",
        "sip:conseil.07@agents.example",
        "192.168.100.200:10000-10999",
        "took 4123456.789012 s",
        "file of 185077512 bytes, 12345678901 in all",
        "16384 8192 4096 2048",
        "1763761613123",
        "port 50600, pid 4194304",
        "it ended with code 137 before it was ready",
        "node-1, event 1234567: the checkpoint of 2026-11-21T09:00:00.000000Z bears a wrong signature",
        "/srv/ivr/recordings/01/9a/019ab3c4d5e6f708192a3b4c5d6e7f80.ivr.partial",
        "profile fr-2026, REC-021, C. assur. R112-7, arrêté du 12/03/2024",
        "deux enregistrements, trois clés, quatre gels, un certificat, six appels sur sept",
        "",
    ],
)
def test_ids_hashes_times_sizes_and_addresses_stay(text: str) -> None:
    assert REDACTOR.text(text) == text


# No deadline: a busy machine may stop us for a second.
@given(st.uuids(), st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32), st.datetimes())
def test_no_id_hash_or_time_is_ever_taken_for_a_number(uuid: object, raw: bytes, digest: bytes, at: datetime) -> None:
    text = f"{uuid} {raw.hex()} {digest.hex()} {at.replace(tzinfo=UTC).isoformat()}"
    if any(set(part) <= set("0123456789") for part in (raw.hex(), digest.hex())):
        return
    assert REDACTOR.text(text) == text


@given(
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 95),
    st.integers(1, 989_989),
    st.sampled_from("12"),
    st.sampled_from(["", " ", ".", "-", "\u00a0", "\u202f"]),
)
def test_every_nir_is_found_with_and_without_its_key(
    year: int, month: int, place: int, rest: int, sex: str, between: str
) -> None:
    digits = f"{sex}{year:02}{month:02}{place:02}{rest:06}"
    key = nir.calc_check_digits(digits)
    groups = [digits[0], digits[1:3], digits[3:5], digits[5:7], digits[7:10], digits[10:]]
    for written in (between.join(groups), between.join([*groups, key])):
        assert REDACTOR.text(f"a {written} b") == "a <nir> b"


@given(st.text("0123456789", min_size=14, max_size=14), st.sampled_from("456"), st.sampled_from(["", " ", "-"]))
def test_every_card_is_found(middle: str, scheme: str, between: str) -> None:
    digits = scheme + middle
    digits += luhn.calc_check_digit(digits)
    written = between.join(digits[at : at + 4] for at in range(0, 16, 4))
    assert REDACTOR.text(f"a {written} b") == "a <card> b"


def test_a_name_is_found_in_any_order_case_and_spelling() -> None:
    redactor = Redactor(["Éléonore Dupont-Léger"])
    for text in (
        "Éléonore Dupont-Léger",
        "ELEONORE DUPONT LEGER",
        "dupont-léger éléonore",
        "eleonore.dupont-leger",
        "dupont_leger_eleonore",
        "eleonoredupontleger",
        "E\u0301le\u0301onore Dupont-Le\u0301ger",
    ):
        assert redactor.text(f"appel de {text}") == "appel de <name>"
    assert redactor.text("Mme Dupont et M. LÉGER") == "Mme <name> et M. <name>"
    for text in ("un pas léger, la straße, Duponteau", "eleonore a dit: dupont ou leger"):
        assert redactor.text(text) == text


def test_a_line_learns_and_forgets_names_and_no_other_redactor_does() -> None:
    redactor = LearningRedactor()
    redactor.know("Éléonore Dupont-Léger", "Zoé Martin")
    assert redactor.text("Mme Dupont, Mme Martin") == "Mme <name>, Mme <name>"
    redactor.forget("Éléonore Dupont-Léger")
    assert redactor.text("Mme Dupont, Mme Martin") == "Mme Dupont, Mme <name>"
    assert not hasattr(Redactor(), "know")


def test_a_name_that_is_known_is_never_shown_while_another_is_learnt() -> None:
    """The serial executor looks members up while the loop tells events."""
    redactor, over = LearningRedactor(), threading.Event()
    redactor.know("Zoé Martin", *(f"Jean Dupont{n}" for n in range(50)))

    def learn() -> None:
        while not over.is_set():
            redactor.know("Éléonore Léger")
            redactor.forget("Éléonore Léger")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    learning = threading.Thread(target=learn)
    learning.start()
    try:
        told = {redactor.text("appel de Mme Martin, Mme Léger") for _ in range(3000)}
    finally:
        over.set()
        learning.join()
        sys.setswitchinterval(interval)
    assert told <= {"appel de Mme <name>, Mme <name>", "appel de Mme <name>, Mme Léger"}


def test_what_is_nested_is_reached_and_keeps_its_shape() -> None:
    class Odd:
        def __str__(self) -> str:
            return "pour le 06 12 34 56 78"

    at = datetime(2026, 11, 21, tzinfo=UTC)
    value = {
        "0612345678": [NIR, (int(NIR), 7, 4970101234567893)],
        "deep": {"er": {"est": "FR7630006000011234567890189"}},
        "error": ValueError(f"bad number {NIR}"),
        "state": RecordingState.SEALED,
        "audio": b"\x00\x01",
        "odd": Odd(),
        "at": at,
        "size_bytes": 4970101234567893,
        "score": 0.4970101234567893,
        "ok": True,
        "none": None,
    }
    assert REDACTOR.value(value) == {
        "<phone>": ["<nir>", ["<nir>", 7, "<card>"]],
        "deep": {"er": {"est": "<iban>"}},
        "error": "ValueError: bad number <nir>",
        "state": "SEALED",
        "audio": "<2 bytes>",
        "odd": "pour le <phone>",
        "at": at,
        "size_bytes": 4970101234567893,
        "score": 0.4970101234567893,
        "ok": True,
        "none": None,
    }


def test_an_event_says_nothing_under_a_name_that_says_content() -> None:
    event = {"kind": "x", "digit": "7", "spoken_words": ["non"], "who": {"transcript": "oui"}, "speech": True}
    assert REDACTOR.event(event) == {
        "kind": "x",
        "digit": REMOVED,
        "spoken_words": REMOVED,
        "who": {"transcript": REMOVED},
        "speech": True,
    }


def figures(count: int) -> str:
    return " ".join(str(number % 977) for number in range(count))


def test_four_times_the_figures_are_about_four_times_the_work() -> None:
    REDACTOR.text(figures(100))
    short, long = (calls_made(REDACTOR.text, figures(count)) for count in (500, 2_000))
    # By its square it would be sixteen times as much.
    assert long < 6 * short


@pytest.mark.timeout(120)
def test_pages_of_figures_end() -> None:
    """Seconds; a pattern that tries each beginning with each end takes hours."""
    assert len(REDACTOR.text(figures(20_000))) > 50_000


def test_where_telephone_numbers_are_kept_the_other_numbers_are_not() -> None:
    for uri in ("sip:+33612345678@carrier.example", "sip:0033612345678@x", "tel:+4915112345678", "sip:marie@x"):
        assert REDACTOR.text(uri, keep_phones=True) == uri
    assert REDACTOR.text("sip:4970101234567893@x", keep_phones=True) == "sip:<card>@x"
    assert REDACTOR.text(f"sip:{NIR}@x", keep_phones=True) == "sip:<nir>@x"
