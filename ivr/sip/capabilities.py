"""What the library says that we can (its Allow and Supported headers), cut down to what we let it do."""

from __future__ import annotations

import ctypes
from collections.abc import Collection

import pjsua2._pjsua2 as binding

from ivr.sip.message_gate import ALLOWED, EXTENSIONS

_LIBRARY = ctypes.CDLL(binding.__file__)
_LIBRARY.pjsua_get_pjsip_endpt.restype = ctypes.c_void_p
_LIBRARY.pjsip_endpt_get_capability.restype = ctypes.c_void_p
_ALLOW, _SUPPORTED = 4, 36
_MOST = 32


class _Text(ctypes.Structure):
    """pj_str_t; the library's own memory stays its own."""

    _fields_ = (("ptr", ctypes.c_void_p), ("slen", ctypes.c_ssize_t))


class _ListHeader(ctypes.Structure):
    """pjsip_generic_array_hdr."""

    _fields_ = (
        ("prev", ctypes.c_void_p),
        ("next", ctypes.c_void_p),
        ("type", ctypes.c_int),
        ("name", _Text),
        ("sname", _Text),
        ("vptr", ctypes.c_void_p),
        ("count", ctypes.c_uint),
        ("values", _Text * _MOST),
    )


def restrict_capabilities() -> bool:
    """Take every method and extension out of the headers that the gate refuses; False when they cannot be read."""
    return _keep(_ALLOW, "Allow", ALLOWED) and _keep(_SUPPORTED, "Supported", EXTENSIONS)


def _keep(kind: int, name: str, wanted: Collection[str]) -> bool:
    endpoint = ctypes.c_void_p(_LIBRARY.pjsua_get_pjsip_endpt())
    address = _LIBRARY.pjsip_endpt_get_capability(endpoint, kind, None)
    if address is None:
        return False
    header = _ListHeader.from_address(address)
    if header.type != kind or header.count > _MOST or _words(header.name) != name:
        return False
    kept = [(value.ptr, value.slen) for value in header.values[: header.count] if _words(value) in wanted]
    if not kept:
        return False
    for place, (pointer, length) in enumerate(kept):
        header.values[place].ptr, header.values[place].slen = pointer, length
    header.count = len(kept)
    return True


def _words(text: _Text) -> str:
    return ctypes.string_at(text.ptr, text.slen).decode("ascii", "replace") if text.ptr and text.slen < 64 else ""
