"""Transactions of INVITEs that came in, and the end of a call whose caller never confirms it. Endpoint thread only.

RFC 3261 section 15 lets an answered side send BYE when its transaction is over; the library waits 64 s for that and
keeps a place of its table all the while. Our transaction is over when `ack_timeout_s` says so.
"""

from __future__ import annotations

import ctypes

import pjsua2._pjsua2 as binding

_LIBRARY = ctypes.CDLL(binding.__file__)
_REQUEST_TIMEOUT = 408
_UAS = 1
for _name in (
    "pjsip_tsx_layer_find_tsx",
    "pjsip_tsx_get_dlg",
    "pjsip_dlg_get_inv_session",
    "pjsip_get_bye_method",
    "pjsip_get_invite_method",
):
    getattr(_LIBRARY, _name).restype = ctypes.c_void_p


class _Key(ctypes.Structure):
    """pj_str_t."""

    _fields_ = (("ptr", ctypes.c_void_p), ("slen", ctypes.c_ssize_t))


def transaction_key(pool: int, received: int) -> bytes:
    """Return the name that the library will give to the transaction of an INVITE; empty when it has none."""
    key = _Key()
    invite = ctypes.c_void_p(_LIBRARY.pjsip_get_invite_method())
    status = _LIBRARY.pjsip_tsx_create_key(
        ctypes.c_void_p(pool), ctypes.byref(key), _UAS, invite, ctypes.c_void_p(received)
    )
    return ctypes.string_at(key.ptr, key.slen) if status == 0 and key.ptr else b""


def has_transaction(key: bytes) -> bool:
    """Whether the library still has the transaction of this name, and so takes the INVITE for one told again."""
    return bool(key) and _find(key) is not None


def end_unacknowledged(key: bytes) -> bool:
    """Send BYE in the dialog of an answered INVITE and end its session now; False when the library has none."""
    transaction = _find(key) if key else None
    dialog = _LIBRARY.pjsip_tsx_get_dlg(ctypes.c_void_p(transaction)) if transaction else None
    session = _LIBRARY.pjsip_dlg_get_inv_session(ctypes.c_void_p(dialog)) if dialog else None
    if not session:
        return False
    bye = ctypes.c_void_p()
    method = ctypes.c_void_p(_LIBRARY.pjsip_get_bye_method())
    if _LIBRARY.pjsip_dlg_create_request(ctypes.c_void_p(dialog), method, -1, ctypes.byref(bye)) == 0:
        _LIBRARY.pjsip_dlg_send_request(ctypes.c_void_p(dialog), bye, -1, None)
    _LIBRARY.pjsip_inv_terminate(ctypes.c_void_p(session), _REQUEST_TIMEOUT, 1)
    return True


def _find(key: bytes) -> int | None:
    text = ctypes.create_string_buffer(key, len(key))
    found: int | None = _LIBRARY.pjsip_tsx_layer_find_tsx(ctypes.byref(_Key(ctypes.addressof(text), len(key))), 0)
    return found
