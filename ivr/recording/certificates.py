"""When certificates run out: those in PEM files, and those that servers show."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificates

from ivr.services.ports.operation import Certificate

_TIMEOUT_S = 3.0
_HTTPS = 443


class TlsCertificates:
    """Port Certificates. `files` are PEM files by use; `servers` are https URLs by use."""

    def __init__(self, files: Mapping[str, Path], servers: Mapping[str, str]) -> None:
        self._files = files
        self._servers = servers

    def all(self) -> Sequence[Certificate]:
        return [
            *(_file(use, path) for use, path in self._files.items()),
            *(_shown(use, url) for use, url in self._servers.items()),
        ]


def _file(use: str, path: Path) -> Certificate:
    try:
        return Certificate(use, _first_end(path.read_bytes()))
    except OSError as error:
        return Certificate(use, None, error.strerror or "cannot be read")
    except ValueError:
        return Certificate(use, None, "no certificate in PEM")


def _shown(use: str, url: str) -> Certificate:
    parts = urlsplit(url)
    # Unverified: one that ran out is to be read too, and nothing else is said or sent.
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or _HTTPS), timeout=_TIMEOUT_S)
        return Certificate(use, _first_end(pem.encode()))
    except OSError:
        return Certificate(use, None, "the server does not answer")
    except ValueError:
        return Certificate(use, None, "no certificate in PEM")


def _first_end(pem: bytes) -> datetime:
    return min(one.not_valid_after_utc for one in load_pem_x509_certificates(pem))
