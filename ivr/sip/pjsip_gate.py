"""The gate in the library: every SIP message is seen here before the library acts on it. Endpoint thread only.

A module of pjsip's own kind (pjsip_module) with the highest priority, written against the pinned build by ctypes. How
its structures lie in memory is proven when the line opens, by a message to ourselves; a build in which they lie
otherwise opens no line. No exception may leave a callback: a message that cannot be judged is dropped.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import secrets
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import pjsua2._pjsua2 as binding

from ivr.sip.bounded_log import BoundedLog
from ivr.sip.digits import INFO_TYPES
from ivr.sip.handle_budget import HandleBudget
from ivr.sip.invite_transaction import end_unacknowledged, has_transaction, transaction_key
from ivr.sip.message import LARGEST_BYTES, Message, UnreadableError, read_message
from ivr.sip.message_gate import (
    MAY_OFFER,
    Arrival,
    GateAction,
    GateDecision,
    decide_request,
    decide_response,
    sockets_wanted,
    too_fast,
)
from ivr.sip.pjsip_memory import (
    CALLBACK,
    DROP_CALLBACK,
    LINE_ENDS,
    Dropped,
    Module,
    Received,
    String,
    read_packet,
    send_on_connection,
)
from ivr.sip.reply import way_back, write_reply
from ivr.sip.stream_framing import request_in

_LOG = logging.getLogger(__name__)
_LIBRARY = ctypes.CDLL(binding.__file__)
_BEFORE_TRANSPORT_LAYER = 1
_HANDLED, _NOT_HANDLED = 1, 0
_REMEMBERED = 512
# Beside these four calls with two audio lines each may stand for longer: 60 of 64 places.
_MEDIA_SOCKETS = 44

#: The scheme of a challenge, which the library reads one of in each header.
_CHALLENGE = re.compile(rb"^(?:WWW|Proxy)-Authenticate[ \t]*:\s*([!-~]+)", re.IGNORECASE | re.MULTILINE)

_LIBRARY.pjsua_get_pjsip_endpt.restype = ctypes.c_void_p
_LIBRARY.pjsip_endpt_get_tpmgr.restype = ctypes.c_void_p
_LIBRARY.pjsip_ua_find_dialog.restype = ctypes.c_void_p


@dataclass(frozen=True)
class InfoRequest:
    """An INFO (RFC 6086) in a dialog of ours. `content_type` is lower case without parameters; never log the body."""

    sip_call_id: str
    from_tag: str
    to_tag: str
    cseq: int
    content_type: str
    body: bytes = field(repr=False)


_Key = tuple[str, str, int, str]
"""What a request and its repetitions share: source, branch, CSeq number, Call-ID."""
_Final = tuple[int, tuple[tuple[str, str], ...]]
"""A final answer: its status and the headers of its own."""
_K = TypeVar("_K")
_V = TypeVar("_V")


def _keep(memory: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    """Remember the latest so many."""
    memory[key] = value
    while len(memory) > _REMEMBERED:
        memory.popitem(last=False)


class LegBook(Protocol):
    """What the gate asks whoever follows the legs, on the endpoint's thread."""

    def info_received(self, info: InfoRequest) -> int:
        """Return the status that an INFO in a dialog deserves."""
        ...

    def answer_refused(self, sip_call_id: str, ours: str, theirs: str) -> None:
        """Told that a dialog, by Call-ID and tags, was sent an answer that is not read: a leg that is up must end."""
        ...

    def has_leg(self, sip_call_id: str) -> bool: ...

    def has_incoming_leg(self, sip_call_id: str) -> bool: ...

    def places(self) -> int:
        """How many more legs the line takes."""
        ...

    def source_is_full(self, source: str) -> bool:
        """Whether as many calls of this address as it may have are not up yet."""
        ...


class PjsipGate:
    """One per endpoint, from after the library's initialisation until before its end."""

    def __init__(self, legs: LegBook, codecs: Iterable[str], edges: Iterable[str] = ()) -> None:
        self._legs = legs
        self._edges = frozenset(edges)
        self._codecs = frozenset(codecs)
        self._invites: OrderedDict[str, bytes] = OrderedDict()
        self._warnings = BoundedLog(_LOG)
        self.stream_line_ends: Callable[[int, int], None] | None = None
        """Told of line ends between messages that the library drops on a connection: which, and how many."""
        self.media_sockets = HandleBudget(_MEDIA_SOCKETS)
        self.registrars: set[str] = set()
        """The addresses that have taken our registration: they and the edges alone may ask for our credentials."""
        self.secret = secrets.token_bytes(16)
        self._answered: OrderedDict[_Key, _Final] = OrderedDict()
        # Apart, so that strangers cannot make us forget a DTMF digit, which would then count twice.
        self._answered_in_calls: OrderedDict[_Key, _Final] = OrderedDict()
        self._datagram_socket: dict[int, socket.socket] = {}
        self._probe = b""
        self._probe_from: tuple[str, int] = ("", 0)
        self._probe_by_datagram = False
        self.proven = False
        # The library calls these as long as the module is registered: they must not be collected.
        self._on_request = CALLBACK(self._guarded_request)
        self._on_response = CALLBACK(self._guarded_response)
        self._on_drop = DROP_CALLBACK(self._guarded_drop)
        name = b"mod-ivr-gate"
        self._module = Module(
            name=String(name, len(name)),
            id=-1,
            priority=_BEFORE_TRANSPORT_LAYER,
            on_rx_request=self._on_request,
            on_rx_response=self._on_response,
        )

    def register(self) -> bool:
        """Put the gate before everything else in the library; False when the library refuses."""
        endpoint = ctypes.c_void_p(_LIBRARY.pjsua_get_pjsip_endpt())
        manager = ctypes.c_void_p(_LIBRARY.pjsip_endpt_get_tpmgr(endpoint))
        _LIBRARY.pjsip_tpmgr_set_drop_data_cb(manager, self._on_drop)
        return int(_LIBRARY.pjsip_endpt_register_module(endpoint, ctypes.byref(self._module))) == 0

    def unregister(self) -> None:
        if self._module.id >= 0:
            endpoint = ctypes.c_void_p(_LIBRARY.pjsua_get_pjsip_endpt())
            manager = ctypes.c_void_p(_LIBRARY.pjsip_endpt_get_tpmgr(endpoint))
            _LIBRARY.pjsip_tpmgr_set_drop_data_cb(manager, None)
            _LIBRARY.pjsip_endpt_unregister_module(endpoint, ctypes.byref(self._module))
        for sock in self._datagram_socket.values():
            sock.close()
        self._datagram_socket.clear()

    def probe(self, source: tuple[str, int], *, datagram: bool) -> bytes:
        """Return a message that, sent to ourselves from `source`, proves that messages are read as they are.

        Until it has come, every other one is dropped.
        """
        self._probe_from, self._probe_by_datagram = source, datagram
        token = secrets.token_hex(16)
        self._probe = (
            f"OPTIONS sip:gate@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{token}\r\n"
            f"From: <sip:gate@127.0.0.1>;tag={token}\r\nTo: <sip:gate@127.0.0.1>\r\nCall-ID: {token}\r\n"
            "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        ).encode()
        return self._probe

    def end_unacknowledged(self, sip_call_id: str) -> bool:
        """End a call that was answered and not confirmed; False when the library no longer knows it."""
        return end_unacknowledged(self._invites.pop(sip_call_id, b""))

    # ------------------------------------------------------------ called by the library

    def _guarded_request(self, address: int) -> int:
        try:
            return self._request(address)
        except BaseException:
            self._warnings.exception(time.monotonic(), "a SIP request could not be judged and was dropped")
            return _HANDLED

    def _guarded_response(self, address: int) -> int:
        try:
            return self._response(address)
        except BaseException:
            self._warnings.exception(time.monotonic(), "a SIP response could not be judged and was dropped")
            return _HANDLED

    def _guarded_drop(self, address: int) -> None:
        try:
            self._dropped(Dropped.from_address(address))
        except BaseException:
            self._warnings.exception(time.monotonic(), "a datagram that was dropped could not be answered")

    def _dropped(self, dropped: Dropped) -> None:
        """Answer a datagram that the library cannot read, cut in its head or faulty there, when we can."""
        if dropped.status == LINE_ENDS:
            if self.stream_line_ends is not None:
                self.stream_line_ends(dropped.transport or 0, dropped.len)
            return
        if dropped.transport not in self._datagram_socket or not dropped.data:
            return
        # A datagram begins where its packet does, but for line ends before it.
        received = Received.from_address(dropped.data - Received.packet.offset)
        if received.transport == dropped.transport and 0 < received.src_port < 1 << 16:
            source = (received.src_name.decode("ascii"), received.src_port)
            self._unreadable(ctypes.string_at(dropped.data, dropped.len), received, source, "not SIP")

    def _unreadable(self, data: bytes, received: Received, source: tuple[str, int], why: str) -> None:
        """Answer a request that is cut in its head or faulty there, as far as its head can be read at all."""
        status = 513 if len(data) >= LARGEST_BYTES else 400
        request = request_in(data)
        what = "a message" if request is None else request.method[:32]
        done = "dropped" if request is None else f"answered {status}"
        self._warnings.warning(time.monotonic(), "%s from %s:%d: %s (%s)", what, *source, done, why)
        if request is not None:
            self._answer(request, received, source, status, ())

    def _request(self, address: int) -> int:
        received = Received.from_address(address)
        data, source = read_packet(received, address)
        if not self.proven:
            if data == self._probe and source == self._probe_from:
                if self._probe_by_datagram:
                    self._add_datagram_transport(received.transport or 0)
                self.proven = True
            return _HANDLED
        try:
            request = read_message(data)
        except UnreadableError as error:
            self._unreadable(data, received, source, str(error))
            return _HANDLED
        key = (source[0], request.branch, request.cseq, request.call_id)
        answered = self._answered.get(key) or self._answered_in_calls.get(key)
        if answered is not None:
            # Told again, or its ACK: what was decided stays so.
            if request.method not in ("ACK", "CANCEL"):
                self._answer(request, received, source, *answered)
            elif request.method == "CANCEL":
                self._answer(request, received, source, 481, ())
            return _HANDLED
        opens = request.method == "INVITE" and not request.to_tag
        transaction = transaction_key(received.pool or 0, address) if opens else b""
        arrival = self._arrival(request, data, source[0], transaction)
        decision = decide_request(request, arrival)
        if decision.action is GateAction.INFO:
            info = InfoRequest(
                request.call_id,
                request.from_tag,
                request.to_tag,
                request.cseq,
                request.content_type,
                request.content,
            )
            status = self._legs.info_received(info)
            headers = (("Accept", ", ".join(INFO_TYPES)),) if status == 415 else ()
            decision = GateDecision(GateAction.ANSWER, status, headers=headers)
        wanted = sockets_wanted(request, arrival) if decision.action is GateAction.PASS else 0
        payer = "" if source[0] in self._edges else source[0]
        if wanted and not self.media_sockets.take(wanted, time.monotonic(), payer):
            decision = too_fast(request)
        if decision.action is GateAction.PASS:
            if opens and not arrival.retransmitted:
                _keep(self._invites, request.call_id, transaction)
            return _NOT_HANDLED
        if decision.rule:
            self._warnings.warning(
                time.monotonic(),
                "%s from %s:%d: %s (%s)",
                request.method if len(request.method) < 32 else "a request",
                source[0],
                source[1],
                f"answered {decision.status}" if decision.action is GateAction.ANSWER else decision.action.name.lower(),
                decision.rule,
            )
        if decision.action is GateAction.BLANK:
            _blank(received, request)
            self._legs.answer_refused(request.call_id, request.to_tag, request.from_tag)
            return _NOT_HANDLED
        _keep(
            self._answered_in_calls if arrival.in_dialog else self._answered, key, (decision.status, decision.headers)
        )
        self._answer(request, received, source, decision.status, decision.headers)
        return _HANDLED

    def _response(self, address: int) -> int:
        received = Received.from_address(address)
        data, source = read_packet(received, address)
        try:
            response = read_message(data)
        except UnreadableError as error:
            self._warnings.warning(time.monotonic(), "a SIP response from %s was dropped: %s", source[0], error)
            return _HANDLED
        known = source[0] in self.registrars or source[0] in self._edges
        decision = decide_response(response, full_buffer=len(data) >= LARGEST_BYTES, known=known)
        if decision.action is not GateAction.PASS:
            blank = decision.action is GateAction.BLANK
            self._warnings.warning(
                time.monotonic(),
                "%d to our %s from %s:%d, Call-ID %s: %s (%s)",
                response.status,
                response.cseq_method[:32],
                *source,
                response.call_id[:64],
                "body not read" if blank else "no credentials given",
                decision.rule,
            )
            (_blank if blank else _spoil_challenges)(received, response)
            if blank and response.status // 100 == 2 and response.cseq_method in MAY_OFFER:
                self._legs.answer_refused(response.call_id, response.from_tag, response.to_tag)
        return _NOT_HANDLED

    # ------------------------------------------------------------ how it works

    def _arrival(self, request: Message, data: bytes, source: str, transaction: bytes) -> Arrival:
        return Arrival(
            full_buffer=len(data) >= LARGEST_BYTES,
            in_dialog=bool(request.to_tag) and _has_dialog(request),
            retransmitted=has_transaction(transaction),
            merged=self._legs.has_incoming_leg(request.call_id),
            places=self._legs.places(),
            source_full=self._legs.source_is_full(source),
            codecs=self._codecs,
        )

    def _add_datagram_transport(self, transport: int) -> None:
        """Answer what comes over this UDP transport by its own socket."""
        handle = int(_LIBRARY.pjsip_udp_transport_get_socket(ctypes.c_void_p(transport)))
        self._datagram_socket[transport] = socket.socket(fileno=os.dup(handle))

    def _answer(
        self,
        request: Message,
        received: Received,
        source: tuple[str, int],
        status: int,
        headers: tuple[tuple[str, str], ...],
    ) -> None:
        text = write_reply(request, status, source, secret=self.secret, headers=headers)
        datagrams = self._datagram_socket.get(received.transport)
        try:
            if datagrams is not None:
                datagrams.sendto(text, socket.MSG_DONTWAIT, way_back(request, source))
            else:
                send_on_connection(received.transport, text)
        except OSError as error:
            self._warnings.warning(
                time.monotonic(), "the answer %d to %s could not be sent: %s", status, source[0], error.strerror
            )


def _has_dialog(message: Message) -> bool:
    def text(value: str) -> String:
        raw = value.encode("utf-8", "surrogateescape")
        return String(raw, len(raw))

    call_id, ours, theirs = text(message.call_id), text(message.to_tag), text(message.from_tag)
    found = _LIBRARY.pjsip_ua_find_dialog(ctypes.byref(call_id), ctypes.byref(ours), ctypes.byref(theirs), 0)
    return found is not None


def _blank(received: Received, message: Message) -> None:
    """Overwrite a body with spaces where it lies; the library then finds no description in it."""
    assert received.msg_buf is not None
    ctypes.memset(received.msg_buf + message.head_bytes, ord(" "), len(message.body))


def _spoil_challenges(received: Received, message: Message) -> None:
    """Overwrite the scheme of each challenge where it lies; the library, which has no other copy, knows none such."""
    assert received.msg_buf is not None
    head = ctypes.string_at(received.msg_buf, message.head_bytes)
    for found in _CHALLENGE.finditer(head):
        ctypes.memset(received.msg_buf + found.start(1), ord("x"), len(found.group(1)))
