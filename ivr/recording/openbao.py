"""Data keys wrapped by the transit engine of OpenBao or Vault: the KEK never leaves the server.

A wrapped key is `IVK2`, one byte with the length of the KEK's id, that id in ASCII (`bao/<key>:v<version>`), and the
ciphertext that transit gave, as ASCII. The recording's id is its associated data: a wrapped key moved to another
recording does not open. The token is read from its file for every request, so that it can be renewed.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ivr.errors import ArchiveError, HostError
from ivr.recording import secret_file
from ivr.recording.container import KEY_BYTES
from ivr.recording.data_keys import kek_of

_MAGIC = b"IVK2"


class OpenBaoKeyRing:
    """KeyRing over one transit key. Safe for threads."""

    def __init__(
        self, url: str, *, mount: str, key: str, token_file: Path, ca_file: Path | None = None, timeout_s: float = 5.0,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:  # fmt: skip
        """Connects when first used. Raises HostError when the CA file cannot be read."""
        self._url = url
        self._mount = mount
        self._key = key
        self._token_file = token_file
        self._timeout_s = timeout_s
        self._random = random
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None
        self._tls = _tls(ca_file) if urlsplit(url).scheme == "https" else None

    def __repr__(self) -> str:
        return f"OpenBaoKeyRing({self._url}, {self._key})"

    @property
    def kek_id(self) -> str:
        return self._named(self._described()["latest_version"])

    def kek_of(self, wrapped: bytes) -> str:
        return kek_of(wrapped)

    def create(self) -> None:
        """Make the transit key when there is none. Raises HostError."""
        if self._ask("GET", f"keys/{self._key}", missing_ok=True) is None:
            self._ask("POST", f"keys/{self._key}", {"type": "aes256-gcm96"})

    def new_data_key(self, recording_id: str) -> tuple[bytearray, bytes]:
        data_key = bytearray(self._random(KEY_BYTES))
        return data_key, self.wrap(recording_id, data_key)

    def wrap(self, recording_id: str, data_key: bytes | bytearray) -> bytes:
        answer = self._ask(
            "POST", f"encrypt/{self._key}", {"plaintext": _base64(data_key), "associated_data": _bound(recording_id)}
        )
        ciphertext = str(_of(answer, "ciphertext"))
        kek_id = self._named(int(ciphertext.split(":")[1].removeprefix("v"))).encode()
        return _MAGIC + bytes((len(kek_id),)) + kek_id + ciphertext.encode()

    def unwrap(self, recording_id: str, wrapped: bytes) -> bytearray:
        where = f"recording {recording_id}"
        kek_id = kek_of(wrapped)
        if wrapped[: len(_MAGIC)] != _MAGIC or not kek_id:
            raise ArchiveError(
                "its wrapped data key is not one of OpenBao's",
                where=where,
                remedy="set keys.provider to the one that made it, or restore the row from a backup",
            )
        if kek_id.rpartition(":")[0] != self._named(0).rpartition(":")[0]:
            raise ArchiveError(
                f"its data key is wrapped by {kek_id}, and the key ring has {self._named('*')}",
                where=where,
                remedy=f"give the key of {kek_id}: set keys.openbao.key",
            )
        ciphertext = wrapped[len(_MAGIC) + 1 + len(kek_id) :].decode("ascii", "replace")
        try:
            answer = self._ask(
                "POST", f"decrypt/{self._key}", {"ciphertext": ciphertext, "associated_data": _bound(recording_id)}
            )
        except _Refused as refused:
            raise ArchiveError(
                f"its wrapped data key does not open ({kek_id}): {refused.said}",
                where=where,
                remedy="it was changed, belongs to another recording, or its KEK version was removed: "
                "restore the row, or the key, from a backup",
            ) from None
        return bytearray(base64.b64decode(str(_of(answer, "plaintext"))))

    def rotate(self) -> str:
        """Add a version to the transit key; new keys are wrapped with it."""
        self._ask("POST", f"keys/{self._key}/rotate", {})
        return self.kek_id

    def retired(self) -> Mapping[str, datetime]:
        """Versions that are not current and still decrypt, and when the one after each was made."""
        about = self._described()
        made = {int(version): float(at) for version, at in about["keys"].items()}
        first, last = max(int(about["min_decryption_version"]), min(made)), int(about["latest_version"])
        return {self._named(v): datetime.fromtimestamp(made[v + 1], UTC) for v in range(first, last)}

    def remove(self, kek_id: str) -> None:
        """Destroy this version and all before it. Raises ArchiveError for the current one, HostError when refused."""
        about = self._described()
        version = int(kek_id.rpartition(":v")[2])
        if version >= int(about["latest_version"]):
            raise ArchiveError(f"{kek_id} is in use", remedy="rotate first: 'ivr keys rotate'")
        first = version + 1
        self._ask(
            "POST", f"keys/{self._key}/config", {"min_decryption_version": first, "min_encryption_version": first}
        )
        self._ask("POST", f"keys/{self._key}/trim", {"min_available_version": first})

    def _named(self, version: object) -> str:
        return f"bao/{self._key}:v{version}"

    def _described(self) -> Mapping[str, Any]:
        about = self._ask("GET", f"keys/{self._key}", missing_ok=True)
        if about is None:
            raise HostError(f"OpenBao has no transit key '{self._key}'", where=self._where(), remedy="run 'ivr init'")
        return about

    def _where(self) -> str:
        return f"{self._url}/v1/{self._mount}"

    def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, missing_ok: bool = False
    ) -> Mapping[str, Any] | None:
        """Return the answer's `data`; None for 404 with `missing_ok`. A connection that went stale is made anew."""
        token = secret_file.read_private(self._token_file, "token file").decode("utf-8", "replace").strip()
        headers = {"X-Vault-Token": token, "X-Vault-Request": "true", "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        with self._lock:
            for attempt in (1, 2):
                try:
                    status, said = self._once(method, f"/v1/{self._mount}/{path}", text, headers)
                    break
                except (OSError, http.client.HTTPException) as error:
                    self._drop()
                    if attempt == 2:
                        raise self._away(error) from error
        if status == 404 and missing_ok:
            return None
        if status >= 400:
            raise self._refusal(status, said)
        return dict(json.loads(said).get("data") or {}) if said else {}

    def _once(self, method: str, path: str, text: str | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if self._connection is None:
            address = urlsplit(self._url)
            port = address.port or (443 if self._tls else 80)
            host = address.hostname or ""
            self._connection = (
                http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._tls)
                if self._tls
                else http.client.HTTPConnection(host, port, timeout=self._timeout_s)
            )
        self._connection.request(method, path, body=text, headers=dict(headers))
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _away(self, error: Exception) -> HostError:
        if isinstance(error, ssl.SSLError):
            return HostError(
                f"OpenBao's certificate is not trusted: {error.reason or error}",
                where=self._url,
                remedy="set keys.openbao.ca_file to the authority that signed it",
            )
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return HostError(
            f"OpenBao does not answer: {said}",
            where=self._url,
            remedy="start it, or correct keys.openbao.url; until then nothing is recorded",
        )

    def _refusal(self, status: int, said: bytes) -> HostError:
        try:
            what = "; ".join(json.loads(said).get("errors") or []) or f"status {status}"
        except ValueError:
            what = f"status {status}"
        what = " ".join(what.split())[:200]
        if status == 403:
            return HostError(
                f"OpenBao refuses the token: {what}",
                where=self._where(),
                remedy=f"renew the token in {self._token_file}, or give it the policy of ADR 11",
            )
        if status == 503:
            return HostError(f"OpenBao is sealed: {what}", where=self._url, remedy="unseal it: 'bao operator unseal'")
        if status == 400:
            return _Refused(what, where=self._where())
        remedy = f"enable it: 'bao secrets enable -path={self._mount} transit'" if status == 404 else "see its log"
        return HostError(f"OpenBao refuses: {what}", where=self._where(), remedy=remedy)


class _Refused(HostError):
    """OpenBao answered 400: what was sent does not fit the key."""

    def __init__(self, said: str, *, where: str) -> None:
        self.said = said
        super().__init__(f"OpenBao refuses: {said}", where=where, remedy="see its log")


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise HostError(
            f"the authority's certificate cannot be read: {error.strerror or error}",
            where=str(ca_file),
            remedy="give a PEM file with keys.openbao.ca_file",
        ) from error


def _bound(recording_id: str) -> str:
    return _base64(b"ivr data key\0" + recording_id.encode())


def _base64(data: bytes | bytearray) -> str:
    return base64.b64encode(data).decode("ascii")


def _of(answer: Mapping[str, Any] | None, name: str) -> object:
    if answer is None or name not in answer:
        raise HostError(f"OpenBao's answer has no '{name}'", remedy="see its log")
    return answer[name]
