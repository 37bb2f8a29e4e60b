"""Who may ask for the line's credentials: its registrar and its edges, and nobody that it calls or that calls it."""

from __future__ import annotations

import logging

import pytest

from ivr.services.ports.telephony import IncomingCall, LegDisconnected
from ivr.sip.connections import ConnectionLimits
from ivr.sip.settings import Registration
from tests.fakes.registrar import Registrar
from tests.sip.raw_peer import HANGS_S, Answer, RawPeer, sdp
from tests.sip.rig import rigged, run

_HERE, _ELSEWHERE = "127.0.0.1", "127.0.0.2"
_DIGEST = 'Digest realm="house", nonce="n", algorithm=MD5'


def _account(registrar: Registrar, realm: str = "*") -> Registration:
    return Registration(registrar.uri, "hotline", "secret", realm=realm)


async def _request(peer: RawPeer, method: str) -> Answer:
    """The next request of this method, not answered."""
    while (request := await peer.receive()).method != method:
        pass
    return request


async def _challenged(
    peer: RawPeer, method: str, *challenges: str, status: int = 401, wait_s: float = 0.6
) -> list[str]:
    """Challenge the line's next request of this method; returns the first credentials in what comes after it.

    They come at once or never; `wait_s` of silence are taken for never.
    """
    await peer.send(peer.reply(await _request(peer, method), status, *challenges))
    try:
        while True:
            after = await peer.receive(timeout_s=wait_s)
            if given := after.headers("Authorization") + after.headers("Proxy-Authorization"):
                return given
    except TimeoutError:
        return []


@pytest.mark.parametrize(
    ("status", "challenge"),
    [(401, f"WWW-Authenticate: {_DIGEST}"), (407, f"proxy-authenticate :\r\n {_DIGEST}")],
)
def test_a_called_stranger_is_given_no_credentials(
    status: int, challenge: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with (
            Registrar({"hotline": "secret"}) as registrar,
            rigged(registration=_account(registrar)) as rig,
            RawPeer(rig.line.port, host=_ELSEWHERE) as peer,
        ):
            assert await rig.line.registered() == 200
            rig.line.place("out", f"sip:peer@{_ELSEWHERE}:{peer.port}", ring_timeout_s=HANGS_S)
            assert not await _challenged(peer, "INVITE", challenge, status=status)
            assert (await rig.expect(LegDisconnected)).sip_status == status

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "no credentials given (a stranger's challenge)" in caplog.text


def test_a_calling_stranger_is_given_none_for_our_bye() -> None:
    async def scenario() -> None:
        async with (
            Registrar({"hotline": "secret"}) as registrar,
            rigged(registration=_account(registrar)) as rig,
            RawPeer(rig.line.port, host=_ELSEWHERE) as peer,
        ):
            assert await rig.line.registered() == 200
            invite = peer.request("INVITE", body=sdp(peer.media_port))
            await peer.send(invite.replace(f"{_HERE}:{peer.port}".encode(), f"{_ELSEWHERE}:{peer.port}".encode()))
            rig.line.answer((await rig.expect(IncomingCall)).leg_id)
            peer.enter(await peer.final("INVITE"))
            await peer.ack()
            rig.line.hangup(rig.seen[0].leg_id)
            assert not await _challenged(peer, "BYE", f"WWW-Authenticate: {_DIGEST}")
            await rig.expect(LegDisconnected)

    run(scenario())


@pytest.mark.parametrize(("host", "edges"), [(_HERE, ()), (_ELSEWHERE, (_ELSEWHERE,))], ids=["registrar", "edge"])
@pytest.mark.parametrize(("realm", "answered"), [("*", True), ("house", True), ("another", False)])
def test_the_registrar_and_an_edge_are_given_credentials_for_the_realm_that_is_configured(
    host: str, edges: tuple[str, ...], realm: str, answered: bool
) -> None:
    async def scenario() -> None:
        async with Registrar({"hotline": "secret"}, realm="house" if realm == "*" else realm) as registrar:
            settings = {"registration": _account(registrar, realm), "connections": ConnectionLimits(edges=edges)}
            async with rigged(**settings) as rig, RawPeer(rig.line.port, host=host) as peer:
                assert await rig.line.registered() == 200
                rig.line.place("out", f"sip:peer@{host}:{peer.port}", ring_timeout_s=HANGS_S)
                wait_s = HANGS_S if answered else 0.6
                given = await _challenged(peer, "INVITE", f"WWW-Authenticate: {_DIGEST}", wait_s=wait_s)
                assert bool(given) is answered

    run(scenario())


def test_a_challenge_whose_answer_may_not_fit_is_not_answered(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with (
            Registrar({"hotline": "secret"}) as registrar,
            rigged(registration=_account(registrar)) as rig,
            RawPeer(rig.line.port) as peer,
        ):
            assert await rig.line.registered() == 200
            rig.line.place("out", f"sip:peer@{_HERE}:{peer.port}", ring_timeout_s=HANGS_S)
            nonce = "n" * 3000
            long = f'WWW-Authenticate: Digest realm="house", nonce="{nonce}"'
            assert not await _challenged(peer, "INVITE", long)
            assert (await rig.expect(LegDisconnected)).sip_status == 401

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "a challenge of 30" in caplog.text
