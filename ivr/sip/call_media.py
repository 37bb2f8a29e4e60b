"""What the library says about the audio of a call."""

from __future__ import annotations

from dataclasses import dataclass

import pjsua2 as pj


@dataclass(frozen=True)
class CallMedia:
    """`port` is the call's conference port, None while its audio flows in no direction.

    `held` tells that the party holds us, `holding` that we hold it.
    """

    port: pj.AudioMedia | None
    held: bool
    holding: bool


def read_call_media(call: pj.Call) -> CallMedia:
    """Return the state of the first audio stream of a call."""
    status = pj.PJSUA_CALL_MEDIA_NONE
    # The binding's nested objects point into their owner, which must outlive them: no chains of attributes.
    info = call.getInfo()
    for media in info.media:
        if media.type == pj.PJMEDIA_TYPE_AUDIO:
            status = media.status
            break
    held = status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
    port = _port(call) if held or status == pj.PJSUA_CALL_MEDIA_ACTIVE else None
    return CallMedia(port, held, status == pj.PJSUA_CALL_MEDIA_LOCAL_HOLD)


def codec_name(call: pj.Call) -> str:
    """Return name and RTP clock rate of the codec agreed for the first stream, as `PCMA/8000`; "" without one."""
    try:
        info = call.getStreamInfo(0)
    except pj.Error:
        return ""
    return f"{info.codecName}/{info.codecClockRate}"


def packets_received(call: pj.Call) -> int:
    """Return how many RTP packets the first stream has received; -1 while there is no stream."""
    try:
        statistics = call.getStreamStat(0)
    except pj.Error:
        return -1
    return int(statistics.rtcp.rxStat.pkt)


def _port(call: pj.Call) -> pj.AudioMedia | None:
    try:
        return call.getAudioMedia(-1)
    except pj.Error:
        # Media that flows in no direction (a=inactive) has none.
        return None
