"""Which certificates a node depends on. SIP has none here: TLS towards telephones ends before the node."""

from __future__ import annotations

from ivr.recording.certificates import TlsCertificates
from ivr.settings import Settings


def open_certificates(settings: Settings) -> TlsCertificates:
    files = {
        "console": settings.console.tls_cert_file,
        "openbao_authority": settings.keys.openbao.ca_file if settings.keys.provider == "openbao" else None,
        "provider_authority": settings.console.oidc.ca_file if settings.console.oidc.issuer else None,
        "bucket_authority": settings.store.ca_file if settings.store.kind == "s3" else None,
    }
    servers = {
        "openbao": settings.keys.openbao.url if settings.keys.provider == "openbao" else "",
        "bucket": settings.store.endpoint if settings.store.kind == "s3" else "",
    }
    return TlsCertificates(
        {use: path for use, path in files.items() if path is not None},
        {use: url for use, url in servers.items() if url.startswith("https:")},
    )
