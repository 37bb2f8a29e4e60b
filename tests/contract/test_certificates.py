"""The certificate that a real server shows, and a server that is not there."""

from __future__ import annotations

from datetime import UTC, datetime

from ivr.recording.certificates import TlsCertificates
from ivr.services.ports.operation import Certificate
from tests.ports import free_port
from tests.servers import bao_tls


def test_the_end_of_what_a_server_shows_is_read() -> None:
    url, authority = bao_tls()
    shown, signed_by = TlsCertificates({"openbao_authority": authority}, {"openbao": url}).all()[::-1]
    assert (shown.use, shown.fault, signed_by.fault) == ("openbao", "", "")
    assert shown.not_after is not None
    assert shown.not_after > datetime.now(UTC)


def test_a_server_that_is_not_there_says_so() -> None:
    port = free_port()
    found = TlsCertificates({}, {"openbao": f"https://127.0.0.1:{port}"}).all()
    assert found == [Certificate("openbao", None, "the server does not answer")]
