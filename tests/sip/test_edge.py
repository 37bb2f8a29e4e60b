"""The edge: a real Kamailio with our configuration between operators, lines and agents' softphones."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ivr.services.ports.telephony import IncomingCall, LegConfirmed, LegDisconnected
from ivr.sip.connections import ConnectionLimits
from ivr_demo.softphone_process import SoftphoneProcess
from tests.ports import free_port, free_rtp_range
from tests.servers import Server
from tests.sip.raw_peer import HANGS_S, HOST, Answer, RawPeer, sdp
from tests.sip.rig import Rig, frames_with_tone, loudness, rigged, run, tone_wav, until

_ROOT = Path(__file__).resolve().parents[2]
_SCRIPT = str(_ROOT / "scripts" / "edge.sh")
_OPERATOR, _STRANGER = "127.0.0.2", "127.0.0.3"
_REALM = "ivr"


class Edge:
    """Kamailio in a folder of its own. `port` is where it listens."""

    def __init__(self, folder: Path, lines: Sequence[int]) -> None:
        self.port = free_port()
        self.folder = folder / "edge"
        self.folder.mkdir()
        self.env = {
            "EDGE_DIR": str(self.folder),
            "EDGE_LISTEN": f"udp:{HOST}:{self.port}",
            "EDGE_LINES": " ".join(f"sip:{HOST}:{port}" for port in lines),
            "EDGE_OPERATORS": f"sip:{_OPERATOR}:5060",
            "EDGE_REALM": _REALM,
        }

    @property
    def uri(self) -> str:
        return f"sip:{HOST}:{self.port}"

    def password(self, login: str) -> str:
        made = subprocess.run(
            [_SCRIPT, "agent", login],
            env={"PATH": "/usr/bin:/bin", **self.env},
            capture_output=True,
            text=True,
            check=True,
        )
        return made.stdout.strip()

    def answers(self) -> bool:
        """Whether it answers OPTIONS."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((HOST, 0))
            probe.settimeout(0.2)
            own = f"{HOST}:{probe.getsockname()[1]}"
            lines = [
                f"OPTIONS {self.uri} SIP/2.0",
                f"Via: SIP/2.0/UDP {own};rport;branch=z9hG4bK{secrets.token_hex(8)}",
            ]
            lines += [f"From: <sip:t@{own}>;tag=1", f"To: <{self.uri}>", f"Call-ID: {secrets.token_hex(8)}"]
            lines += ["CSeq: 1 OPTIONS", "Max-Forwards: 70", "Content-Length: 0", "", ""]
            probe.sendto("\r\n".join(lines).encode(), (HOST, self.port))
            try:
                return probe.recv(4096).startswith(b"SIP/2.0 200")
            except OSError:
                return False


@asynccontextmanager
async def edge_before(
    folder: Path, *lines: int, agents: Sequence[str] = ()
) -> AsyncIterator[tuple[Edge, dict[str, str]]]:
    """A running edge before lines on these ports, and the passwords of its agents."""
    edge = Edge(folder, lines)
    passwords = {login: edge.password(login) for login in agents}
    # It ends its own processes when it is told to, and leaves them when it is killed.
    server = Server([_SCRIPT, "run"], edge.folder, edge.env, edge.answers, ends_by=signal.SIGTERM)
    await asyncio.to_thread(server.start)
    try:
        yield edge, passwords
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def line_at_an_edge(port: int) -> AsyncIterator[Rig]:
    async with rigged(port=port, connections=ConnectionLimits(edges=(HOST,))) as rig:
        yield rig


class FullLine:
    """What answers every INVITE with `status`, and counts them."""

    def __init__(self, status: int = 503, *headers: str) -> None:
        self.peer = RawPeer(0)
        self.invites = 0
        self._status, self._headers = status, headers
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> FullLine:
        self._task = asyncio.create_task(self._serve())
        return self

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            data, source = await loop.sock_recvfrom(self.peer.socket, 65536)
            request = Answer(data.decode())
            if request.method in ("INVITE", "OPTIONS"):
                self.invites += request.method == "INVITE"
                status = self._status if request.method == "INVITE" else 200
                if status:
                    await loop.sock_sendto(self.peer.socket, self.peer.reply(request, status, *self._headers), source)

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        self.peer.socket.close()
        self.peer.media.close()


def _digest(challenge: str, user: str, password: str, method: str, uri: str) -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    given = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    ha1 = md5(f"{user}:{given['realm']}:{password}")
    response = md5(f"{ha1}:{given['nonce']}:{md5(f'{method}:{uri}')}")
    return (
        f'Authorization: Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", '
        f'uri="{uri}", response="{response}", algorithm=MD5'
    )


def _register(edge: Edge, peer: RawPeer, cseq: int, aor: str, *headers: str, contact: str = "") -> bytes:
    own = f"{HOST}:{peer.port}"
    lines = [f"REGISTER {edge.uri} SIP/2.0", f"Via: SIP/2.0/UDP {own};rport;branch=z9hG4bK{secrets.token_hex(8)}"]
    lines += [f"From: <sip:{aor}@{HOST}:{edge.port}>;tag={peer.tag}", f"To: <sip:{aor}@{HOST}:{edge.port}>"]
    lines += [f"Call-ID: {peer.call_id}", f"CSeq: {cseq} REGISTER", f"Contact: <{contact or f'sip:{aor}@{own}'}>"]
    lines += ["Max-Forwards: 70", "Expires: 120", *headers, "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()


async def _registered(
    edge: Edge, peer: RawPeer, aor: str, password: str, *, login: str = "", contact: str = ""
) -> Answer:
    """The final answer to a registration with these credentials."""
    await peer.send(_register(edge, peer, 1, aor, contact=contact))
    challenge = await peer.final("REGISTER")
    assert challenge.status == 401
    credentials = _digest(challenge.header("WWW-Authenticate"), login or aor, password, "REGISTER", edge.uri)
    await peer.send(_register(edge, peer, 2, aor, credentials, contact=contact))
    return await peer.final("REGISTER")


def test_an_agents_softphone_registers_and_a_line_calls_it_and_both_hear(tmp_path: Path) -> None:
    async def scenario() -> None:
        port = free_port()
        async with edge_before(tmp_path, port, agents=["luc"]) as (edge, passwords), line_at_an_edge(port) as rig:
            options = ["--registrar", f"{HOST}:{edge.port}", "--user", "luc", f"--password={passwords['luc']}", "--tap"]
            ports = ["--port", str(free_port()), "--rtp-port", str(free_rtp_range()[0])]
            async with SoftphoneProcess(*options, *ports, module="tests.sip.pyvoip_phone") as phone:
                rig.line.place("agent", f"sip:luc@{HOST}:{edge.port}", ring_timeout_s=HANGS_S)
                await rig.expect(LegConfirmed)
                await phone.expect("confirmed")
                rig.line.play("agent", "p1", tone_wav(tmp_path, 20.0, 700))
                await phone.speak(tone_wav(tmp_path, 10.0, 500))
                await rig.hear_until("agent", lambda said, _: frames_with_tone(said, 500) > 25)
                await until(lambda: max(loudness(phone), default=0) > 0.1, "the agent hears the line")
                rig.line.hangup("agent")
                await rig.expect(LegDisconnected)
                await phone.expect("disconnected")

    run(scenario())


def test_an_operators_call_passes_a_full_line_by_and_is_answered_and_ended_through_the_edge(tmp_path: Path) -> None:
    async def scenario() -> None:
        port = free_port()
        async with (
            FullLine() as full,
            edge_before(tmp_path, full.peer.port, port) as (edge, _),
            line_at_an_edge(port) as rig,
        ):
            for number in range(2):
                async with RawPeer(edge.port, host=_OPERATOR) as operator:
                    answering = asyncio.create_task(rig.take_call())
                    await operator.send(_own(operator, operator.request("INVITE", body=sdp(operator.media_port))))
                    answer = await operator.final("INVITE")
                    assert answer.status == 200, answer.text
                    route = answer.header("Record-Route")
                    assert f"{HOST}:{edge.port}" in route
                    operator.enter(answer)
                    await operator.send(_own(operator, operator.request("ACK", f"Route: {route}", cseq=1)))
                    await answering
                    await operator.send(_own(operator, operator.request("BYE", f"Route: {route}")))
                    assert (await operator.final("BYE")).status == 200
                    await rig.expect(LegDisconnected)
                    assert number < 1 or full.invites >= 1
            # In turn: of two calls each line was asked for one first.
            assert full.invites == 1

    run(scenario())


def test_where_every_line_is_full_the_operator_is_told_so_and_when_to_try_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            FullLine(503, "Retry-After: 7") as one,
            FullLine(503, "Retry-After: 7") as two,
            edge_before(tmp_path, one.peer.port, two.peer.port) as (edge, _),
            RawPeer(edge.port, host=_OPERATOR) as operator,
        ):
            await operator.send(_own(operator, operator.request("INVITE", body=sdp(operator.media_port))))
            answer = await operator.final("INVITE")
            assert (answer.status, answer.header("Retry-After")) == (503, "7")
            assert (one.invites, two.invites) == (1, 1)

    run(scenario())


def test_another_refusal_of_a_line_stands_and_no_other_line_is_asked(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            FullLine(486) as busy,
            FullLine(486) as other,
            edge_before(tmp_path, busy.peer.port, other.peer.port) as (edge, _),
            RawPeer(edge.port, host=_OPERATOR) as operator,
        ):
            await operator.send(_own(operator, operator.request("INVITE", body=sdp(operator.media_port))))
            assert (await operator.final("INVITE")).status == 486
            assert busy.invites + other.invites == 1

    run(scenario())


def test_a_silent_line_is_passed_by_and_gets_no_calls_until_it_answers(tmp_path: Path) -> None:
    async def scenario() -> None:
        port = free_port()
        async with (
            RawPeer(0) as silent,
            edge_before(tmp_path, silent.port, port) as (edge, _),
            line_at_an_edge(port) as rig,
        ):
            for _ in range(4):
                async with RawPeer(edge.port, host=_OPERATOR) as operator:
                    await operator.send(_own(operator, operator.request("INVITE", body=sdp(operator.media_port))))
                    rig.line.reject((await rig.expect(IncomingCall)).leg_id, 486)
                    assert (await operator.final("INVITE")).status == 486
            # In turn it would have been asked for two of the four.
            assert len(_calls_offered(silent)) == 1

    run(scenario())


def _calls_offered(peer: RawPeer) -> set[str]:
    """Call-IDs of the INVITEs that wait in a socket."""
    found: set[str] = set()
    while True:
        try:
            request = Answer(peer.socket.recv(65536).decode())
        except BlockingIOError:
            return found
        if request.method == "INVITE":
            found.add(request.header("Call-ID"))


def test_a_stranger_gets_nothing_done(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            FullLine() as line,
            edge_before(tmp_path, line.peer.port, agents=["luc"]) as (edge, _),
            RawPeer(edge.port, host=_STRANGER) as stranger,
            RawPeer(edge.port) as victim,
        ):
            for method in ("INVITE", "MESSAGE", "SUBSCRIBE"):
                await stranger.send(_own(stranger, stranger.request(method)))
                assert (await stranger.final(method)).status == 403
            # Within a call that is none, to somebody outside, by a route through the edge.
            stranger.to_tag = "x"
            stranger.target = f"sip:victim@{HOST}:{victim.port}"
            for method in ("INVITE", "BYE", "REFER"):
                await stranger.send(_own(stranger, stranger.request(method, f"Route: <{edge.uri};lr>")))
                assert (await stranger.final(method)).status == 403
            await stranger.send(_own(stranger, stranger.request("ACK", f"Route: <{edge.uri};lr>", cseq=1)))
            assert await victim.nothing()
            assert line.invites == 0

    run(scenario())


def test_an_agent_calls_nobody_and_registers_as_nobody_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            FullLine() as line,
            edge_before(tmp_path, line.peer.port, agents=["luc", "zoe"]) as (edge, passwords),
            RawPeer(edge.port) as luc,
            RawPeer(edge.port) as other,
        ):
            assert (await _registered(edge, other, "luc", "wrong")).status == 401
            assert (await _registered(edge, other, "zoe", passwords["luc"], login="luc")).status in (401, 403)
            assert (await _registered(edge, luc, "luc", passwords["luc"])).status == 200
            await luc.send(luc.request("INVITE", body=sdp(luc.media_port)))
            assert (await luc.final("INVITE")).status == 403
            assert line.invites == 0

    run(scenario())


def test_an_agent_is_called_where_the_registration_came_from_whatever_its_contact_says(tmp_path: Path) -> None:
    async def scenario() -> None:
        port = free_port()
        async with (
            edge_before(tmp_path, port, agents=["luc"]) as (edge, passwords),
            line_at_an_edge(port) as rig,
            RawPeer(edge.port) as luc,
            RawPeer(edge.port) as victim,
        ):
            contact = f"sip:0899000000@{HOST}:{victim.port}"
            assert (await _registered(edge, luc, "luc", passwords["luc"], contact=contact)).status == 200
            rig.line.place("agent", f"sip:luc@{HOST}:{edge.port}", ring_timeout_s=HANGS_S)
            while (await luc.receive()).method != "INVITE":
                pass
            assert await victim.nothing()
            rig.line.hangup("agent")

    run(scenario())


def test_who_is_not_registered_is_not_available(tmp_path: Path) -> None:
    async def scenario() -> None:
        port = free_port()
        async with edge_before(tmp_path, port, agents=["luc"]) as (edge, _), line_at_an_edge(port) as rig:
            rig.line.place("agent", f"sip:luc@{HOST}:{edge.port}", ring_timeout_s=HANGS_S)
            assert (await rig.expect(LegDisconnected)).sip_status == 480

    run(scenario())


def _own(peer: RawPeer, message: bytes) -> bytes:
    """The message with the peer's own address in Via and Contact."""
    host: str = peer.socket.getsockname()[0]
    return message.replace(f"{HOST}:{peer.port}".encode(), f"{host}:{peer.port}".encode())
