"""Q.850 causes from SIP."""

from hypothesis import given
from hypothesis import strategies as st

from ivr.sip.cause import INTERWORKING, NORMAL_CLEARING, cause_in_message, cause_of_status


def test_an_ordinary_end_is_normal_clearing() -> None:
    assert cause_of_status(200) == NORMAL_CLEARING
    assert cause_of_status(487) == NORMAL_CLEARING


def test_the_table_is_that_of_rfc_3398() -> None:
    known = {404: 1, 408: 102, 480: 18, 484: 28, 486: 17, 503: 41, 600: 17, 603: 21}
    assert {status: cause_of_status(status) for status in known} == known


@given(st.integers(300, 699))
def test_every_status_has_a_cause_of_q850(status: int) -> None:
    assert 1 <= cause_of_status(status) <= INTERWORKING


def test_the_reason_header_is_read_whatever_its_spelling() -> None:
    assert cause_in_message("BYE sip:a SIP/2.0\r\nReason: Q.850;cause=31\r\n\r\n") == 31
    assert cause_in_message('BYE sip:a SIP/2.0\r\nreason : SIP;cause=200, q.850 ; text="x" ; cause = 16\r\n\r\n') == 16


def test_a_reason_of_sip_or_in_the_body_or_out_of_range_is_not_one() -> None:
    assert cause_in_message("BYE sip:a SIP/2.0\r\nReason: SIP;cause=486\r\n\r\n") is None
    assert cause_in_message("BYE sip:a SIP/2.0\r\nVia: x\r\n\r\nReason: Q.850;cause=31") is None
    assert cause_in_message("BYE sip:a SIP/2.0\r\nReason: Q.850;cause=200\r\n\r\n") is None


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    cause = cause_in_message(text)
    assert cause is None or 1 <= cause <= 127
