"""Single S3 requests that the client library does not know: retention of one object, and whether a bucket has locks.

Signed with AWS Signature Version 4 (docs.aws.amazon.com, "Authenticating Requests").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    access_key_id: str
    secret_access_key: str = field(repr=False)


@dataclass(frozen=True)
class Address:
    """Where a bucket is: `endpoint` is scheme, host and port; the bucket is the first part of the path."""

    endpoint: str
    region: str
    bucket: str


def signed_headers(
    credentials: Credentials, region: str, *, method: str, host: str, path: str, query: str, body: bytes, at: datetime,
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:  # fmt: skip
    """Return the headers to send. `path` is not encoded yet; `query` is, and is a bare name or sorted pairs."""
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    headers |= {name.lower(): value for name, value in (extra or {}).items()}
    names = ";".join(sorted(headers))
    canonical_query = query if "=" in query or not query else query + "="
    lines = [method, quote(path, safe="/-_.~"), canonical_query]
    lines += [f"{name}:{headers[name]}" for name in sorted(headers)] + ["", names, digest]
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    to_sign = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256("\n".join(lines).encode()).hexdigest()])
    key = ("AWS4" + credentials.secret_access_key).encode()
    for part in (stamp[:8], region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"{credentials.access_key_id}/{scope}"
    headers["Authorization"] = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers


def send(
    address: Address, credentials: Credentials, method: str, key: str, query: str, body: bytes, *, at: datetime,
    timeout_s: float, tls: ssl.SSLContext | None, extra: Mapping[str, str] | None = None,
) -> tuple[int, str]:  # fmt: skip
    """Return (status, body) of one request. Raises OSError or http.client.HTTPException when there is no answer."""
    where = urlsplit(address.endpoint)
    path = "/" + "/".join(part for part in (address.bucket, key) if part)
    headers = (
        {"Content-MD5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()} if body else {}
    )
    headers |= extra or {}
    headers = signed_headers(
        credentials, address.region, method=method, host=where.netloc, path=path, query=query, body=body, at=at,
        extra=headers,
    )  # fmt: skip
    connection = (
        http.client.HTTPSConnection(where.hostname or "", where.port or 443, timeout=timeout_s, context=tls)
        if where.scheme == "https"
        else http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=timeout_s)
    )
    try:
        target = quote(path, safe="/-_.~") + (f"?{query}" if query else "")
        connection.request(method, target, body=body or None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()
