"""One S3 bucket (`Bucket`): bounded retries, checksums, and errors a person can mend."""

from __future__ import annotations

import http.client
import ssl
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
from obstore import exceptions
from obstore.store import S3Store as ObjectStore

from ivr.errors import ArchiveError, HostError
from ivr.recording import s3_request, secret_file
from ivr.recording.s3_request import Address, Credentials

LOCKS = {"governance": "GOVERNANCE", "compliance": "COMPLIANCE"}


@dataclass(frozen=True)
class BucketSettings:
    """`endpoint` empty: AWS. `object_lock` is off, governance or compliance. `part_bytes`: larger files go in parts."""

    bucket: str
    region: str
    credentials_file: Path
    prefix: str = ""
    endpoint: str = ""
    ca_file: Path | None = None
    object_lock: str = "off"
    part_bytes: int = 8 << 20
    timeout_s: float = 30.0


class S3Bucket:
    """Every method raises HostError when the server is away or refuses us."""

    def __init__(self, settings: BucketSettings) -> None:
        """Reads the credentials; connects when first used. Raises HostError naming the file and what is wrong."""
        self._settings = settings
        self._credentials = _credentials(settings.credentials_file)
        endpoint = settings.endpoint or f"https://s3.{settings.region}.amazonaws.com"
        self._address = Address(endpoint, settings.region, settings.bucket)
        within = timedelta(seconds=settings.timeout_s)
        authority = _read(settings.ca_file) if settings.ca_file else None
        self._tls = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
        self._store = ObjectStore(
            settings.bucket,
            prefix=settings.prefix or None,
            config={
                "endpoint": endpoint,
                "region": settings.region,
                "access_key_id": self._credentials.access_key_id,
                "secret_access_key": self._credentials.secret_access_key,
                "virtual_hosted_style_request": False,
                # The server refuses what arrived otherwise than it was sent.
                "checksum_algorithm": "SHA256",
            },
            client_options={
                "timeout": within,
                "connect_timeout": min(within, timedelta(seconds=5)),
                "allow_http": endpoint.startswith("http://"),
                **({"root_certificate": authority} if authority else {}),
            },
            retry_config={
                "max_retries": 8,
                "retry_timeout": within,
                "backoff": {
                    "init_backoff": timedelta(milliseconds=200),
                    "max_backoff": timedelta(seconds=5),
                    "base": 2,
                },
            },
        )

    @property
    def where(self) -> str:
        return f"{self._address.endpoint}/{self._settings.bucket}"

    @property
    def locks(self) -> bool:
        return self._settings.object_lock != "off"

    def name(self, key: str) -> str:
        """Where an object is, for people."""
        return "/".join(part for part in (self.where, self._settings.prefix, key) if part)

    def put(self, key: str, path: Path) -> None:
        """Upload a file, in parts when it is large; the object appears whole or not at all."""
        with self._faults_named(key):
            obstore.put(
                self._store, key, path, attributes={"Content-Type": "application/octet-stream"},
                chunk_size=self._settings.part_bytes, max_concurrency=2,
            )  # fmt: skip

    def get(self, key: str) -> bytes | None:
        """All of an object, in memory; None when there is none."""
        with self._faults_named(key):
            try:
                return bytes(obstore.get(self._store, key).bytes())
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        """Remove an object; absent is fine. With locks this hides it: the locked version stays, as noise."""
        with self._faults_named(key):
            try:
                obstore.delete(self._store, key)
            except FileNotFoundError:
                return

    def names(self) -> Iterator[str]:
        """Names of all objects under the prefix."""
        with self._faults_named(""):
            for page in obstore.list(self._store, chunk_size=1000):
                yield from (entry["path"] for entry in page)

    def lock(self, key: str, until: datetime) -> None:
        """Keep the object from being deleted or replaced before `until` (Object Lock), which is never shortened.

        Raises HostError when the server refuses. Source: Amazon S3 API, PutObjectRetention.
        """
        body = (
            '<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Mode>{LOCKS[self._settings.object_lock]}</Mode>"
            f"<RetainUntilDate>{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</RetainUntilDate></Retention>"
        ).encode()
        full = "/".join(part for part in (self._settings.prefix, key) if part)
        status, said = self._send("PUT", full, "retention", body)
        if status >= 300:
            raise self._refusal(f"cannot lock {key}: status {status}, {_code(said)}")

    def check(self) -> None:
        """Raise HostError unless the bucket answers, takes our credentials, and has locks when they are asked for."""
        status, said = self._send("GET", "", "list-type=2&max-keys=1", b"")
        if status >= 300:
            raise self._refusal(f"status {status}, {_code(said)}")
        if self.locks:
            status, said = self._send("GET", "", "object-lock", b"")
            if status >= 300 or "Enabled" not in said:
                raise HostError(
                    "the bucket was made without Object Lock",
                    where=self.where,
                    remedy='make a new bucket with Object Lock, or set store.object_lock = "off"',
                )

    def _send(self, method: str, key: str, query: str, body: bytes) -> tuple[int, str]:
        try:
            return s3_request.send(
                self._address, self._credentials, method, key, query, body,
                at=datetime.now(UTC), timeout_s=self._settings.timeout_s, tls=self._tls,
            )  # fmt: skip
        except (OSError, http.client.HTTPException) as error:
            raise self._away(str(error)) from error

    @contextmanager
    def _faults_named(self, key: str) -> Iterator[None]:
        try:
            yield
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
            raise self._refusal(_first(error)) from error
        except exceptions.BaseError as error:
            raise self._away(_first(error)) from error
        except FileNotFoundError as error:
            raise ArchiveError(
                "the file or the bucket is missing", where=self.name(key), remedy="see store.*"
            ) from error

    def _refusal(self, what: str) -> HostError:
        return HostError(
            f"the S3 server refuses: {what}",
            where=self.where,
            remedy=f"correct {self._settings.credentials_file}, store.bucket, or the rights of that key",
        )

    def _away(self, what: str) -> HostError:
        return HostError(
            f"the S3 server does not answer: {what}",
            where=self.where,
            remedy="start it, or correct store.endpoint; recordings wait on this machine's disk meanwhile",
        )


def _credentials(path: Path) -> Credentials:
    raw = secret_file.read_private(path, "credentials file").decode("utf-8", "replace")
    try:
        found = tomllib.loads(raw)
        return Credentials(str(found["access_key_id"]), str(found["secret_access_key"]))
    except (tomllib.TOMLDecodeError, KeyError):
        raise HostError(
            "the S3 credentials cannot be read",
            where=str(path),
            remedy='write two lines: access_key_id = "…" and secret_access_key = "…"',
        ) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HostError(
            f"the authority's certificate cannot be read: {error.strerror}",
            where=str(path),
            remedy="give a PEM file with store.ca_file",
        ) from error


def _code(said: str) -> str:
    return said.partition("<Code>")[2].partition("</Code>")[0][:80] or "no reason given"


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
