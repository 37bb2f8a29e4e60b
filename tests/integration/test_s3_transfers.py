"""What goes to the bucket over the wire: parts, checksums, and trying again; on a real server, seen by a proxy."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.errors import HostError
from ivr.recording.s3_bucket import BucketSettings, S3Bucket
from tests.servers import seaweed

_MIB = 1 << 20


class Proxy:
    """Forwards TCP to the server; notes what the client sends, may change it, and may hang up on it at first."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.sent = bytearray()
        self.hang_up = 0
        self.hung_up = 0
        self.change: Callable[[bytes], bytes] = lambda data: data
        threading.Thread(target=self._accept, daemon=True).start()

    def requests(self) -> list[tuple[str, str]]:
        """(method, query) of every request."""
        found = re.findall(rb"(GET|PUT|POST|DELETE|HEAD) (\S+) HTTP/1\.1\r\n", bytes(self.sent))
        return [(method.decode(), target.decode().partition("?")[2]) for method, target in found]

    def close(self) -> None:
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.hung_up < self.hang_up:
                    self.hung_up += 1
                    client.close()
                    continue
                server = socket.create_connection(self._upstream)
                self._open += [client, server]
                threading.Thread(target=self._pump, args=(client, server, self._seen), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client, bytes), daemon=True).start()

    def _seen(self, data: bytes) -> bytes:
        self.sent += data
        return self.change(data)

    def _pump(self, source: socket.socket, sink: socket.socket, through: Callable[[bytes], bytes]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(through(data))
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    host, _, port = seaweed().url.removeprefix("http://").partition(":")
    proxy = Proxy(host, int(port))
    yield proxy
    proxy.close()


@pytest.fixture
def settings(proxy: Proxy, tmp_path: Path) -> BucketSettings:
    made = seaweed().bucket(f"parts-{os.urandom(4).hex()}", tmp_path, part_bytes=5 * _MIB)
    return replace(made, endpoint=f"http://127.0.0.1:{proxy.port}")


def test_a_large_file_goes_in_parts_each_with_its_checksum(
    proxy: Proxy, settings: BucketSettings, tmp_path: Path
) -> None:
    bucket, file = S3Bucket(settings), tmp_path / "large"
    content = os.urandom(11 * _MIB)
    file.write_bytes(content)
    bucket.put("large.ivr", file)
    parts = sorted(query for method, query in proxy.requests() if method == "PUT" and "partNumber=" in query)
    assert [re.findall(r"partNumber=(\d)", query) for query in parts] == [["1"], ["2"], ["3"]]
    assert [method for method, query in proxy.requests() if query.rstrip("=") == "uploads"] == ["POST"]
    assert bytes(proxy.sent).lower().count(b"x-amz-checksum-sha256:") >= 3
    assert bucket.get("large.ivr") == content


def test_a_small_file_goes_at_once_with_its_checksum(proxy: Proxy, settings: BucketSettings, tmp_path: Path) -> None:
    bucket, file = S3Bucket(settings), tmp_path / "small"
    file.write_bytes(b"noise" * 500)
    bucket.put("small.ivr", file)
    assert [method for method, _ in proxy.requests()] == ["PUT"]
    assert b"x-amz-checksum-sha256:" in bytes(proxy.sent).lower()
    assert bucket.get("small.ivr") == b"noise" * 500


def test_a_byte_that_changes_on_the_way_is_refused_and_no_object_appears(
    proxy: Proxy, settings: BucketSettings, tmp_path: Path
) -> None:
    bucket, file = S3Bucket(settings), tmp_path / "small"
    file.write_bytes(b"noise" * 500)
    proxy.change = lambda data: data.replace(b"noise" * 3, b"noisy" * 3, 1)
    with pytest.raises(HostError, match="S3 server"):
        bucket.put("small.ivr", file)
    proxy.change = bytes
    assert bucket.get("small.ivr") is None
    bucket.put("small.ivr", file)
    assert bucket.get("small.ivr") == b"noise" * 500


def test_a_connection_that_breaks_is_tried_again(proxy: Proxy, settings: BucketSettings, tmp_path: Path) -> None:
    bucket, file = S3Bucket(settings), tmp_path / "small"
    file.write_bytes(b"noise" * 500)
    proxy.hang_up = 2
    bucket.put("small.ivr", file)
    assert proxy.hung_up == 2
    assert bucket.get("small.ivr") == b"noise" * 500
