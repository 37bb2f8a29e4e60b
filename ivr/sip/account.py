"""The line's SIP account: who we say we are, where we register, how we offer media."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pjsua2 as pj

from ivr.sip.settings import SRTP_MODES, SipSettings

_LOG = logging.getLogger(__name__)


class LineAccount(pj.Account):  # type: ignore[misc]  # the binding has no types
    """Hands incoming calls and registration results to the switchboard, on the endpoint's thread."""

    def __init__(self, incoming: Callable[[int, str, bytes], None], registered: Callable[[int, str], None]) -> None:
        super().__init__()
        self._incoming = incoming
        self._registered = registered
        self._answers = 0

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802 - the binding's name
        try:
            # The binding's nested objects point into their owner: no chains of attributes.
            received = prm.rdata
            source = str(received.srcAddress).rpartition(":")[0]
            self._incoming(prm.callId, source, str(received.wholeMsg).encode("utf-8", "surrogateescape"))
        except Exception:
            _LOG.exception("an incoming call could not be taken")

    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        try:
            self._answers += 1
            received = prm.rdata
            self._registered(prm.code, str(received.srcAddress).rpartition(":")[0])
        except Exception:
            _LOG.exception("a registration result could not be noted")

    def unregister(self, turn: Callable[[], None], deadline: float) -> None:
        """Take our contact off the registrar; waits for its answer by `turn`, until `deadline` (monotonic)."""
        if not self.getInfo().regIsActive:
            return
        before = self._answers
        self.setRegistration(False)
        while self._answers == before and time.monotonic() < deadline:
            turn()


def destroy_account(account: LineAccount) -> None:
    """Shut the account down and delete it now; the library must still live."""
    account.shutdown()
    pj.Account.__swig_destroy__(account)


def account_config(settings: SipSettings, host: str, port: int) -> pj.AccountConfig:
    """Return the library's configuration for these settings, reached at this host and SIP port."""
    config = pj.AccountConfig()
    uri = f"sip:{settings.user}@{host}:{port}"
    if not settings.udp:
        uri += ";transport=tcp"
    registration = settings.registration
    if registration is not None:
        domain = registration.registrar_uri.removeprefix("sips:").removeprefix("sip:").split(";")[0]
        uri = f"sip:{registration.username}@{domain}"
        config.regConfig.registrarUri = registration.registrar_uri
        config.regConfig.timeoutSec = registration.expires_s
        config.regConfig.retryIntervalSec = 30
        config.regConfig.firstRetryIntervalSec = 5
        secret = pj.AuthCredInfo("digest", registration.realm, registration.username, 0, registration.password)
        config.sipConfig.authCreds.append(secret)
    config.idUri = f'"{_quotable(settings.display_name)}" <{uri}>' if settings.display_name else f"<{uri}>"
    media = config.mediaConfig
    media.transportConfig.boundAddress = settings.bind
    media.transportConfig.publicAddress = settings.public_address
    if settings.rtp_port_min:
        media.transportConfig.port = settings.rtp_port_min + settings.rtp_port_min % 2
        media.transportConfig.portRange = settings.rtp_port_max - media.transportConfig.port
    media.srtpUse = SRTP_MODES.index(settings.srtp)
    # Keys in SDP over UDP are the operator's decision: without TLS they protect from little, but are often asked.
    media.srtpSecureSignaling = 0
    config.natConfig.contactRewriteUse = 0
    config.natConfig.viaRewriteUse = 0
    config.natConfig.sdpNatRewriteUse = 0
    return config


def _quotable(name: str) -> str:
    return name.replace("\\", "").replace('"', "").replace("\r", " ").replace("\n", " ")
