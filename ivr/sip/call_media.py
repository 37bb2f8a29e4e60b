"""What the library says about the audio of a call."""

from __future__ import annotations

from dataclasses import dataclass

import pjsua2 as pj

_FLOWS = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD, pj.PJSUA_CALL_MEDIA_LOCAL_HOLD)


@dataclass(frozen=True)
class CallMedia:
    """The audio line that was agreed, whichever of the SDP's lines it is; `index` is its place, -1 without one.

    `port` is its conference port, None while its audio flows in no direction. `held` tells that the party holds us,
    `holding` that we hold it, `listens_only` that it was agreed to send no audio though it does not hold us.
    """

    index: int
    port: pj.AudioMedia | None
    held: bool
    holding: bool
    listens_only: bool


def read_call_media(call: pj.Call) -> CallMedia:
    """Return the state of the audio of a call."""
    # The binding's nested objects point into their owner, which must outlive them: no chains of attributes.
    info = call.getInfo()
    # This list leaves out what the library does not know (fax, video): a place in it is not the index of a line.
    flowing = [
        (place, media)
        for place, media in enumerate(info.media)
        if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in _FLOWS
    ]
    if not flowing:
        return CallMedia(-1, None, held=False, holding=False, listens_only=False)
    place, media = flowing[0]
    status = media.status
    held = status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
    active = status == pj.PJSUA_CALL_MEDIA_ACTIVE
    port = _port(call, place) if held or active else None
    listens_only = active and not media.dir & pj.PJMEDIA_DIR_DECODING
    return CallMedia(int(media.index), port, held, status == pj.PJSUA_CALL_MEDIA_LOCAL_HOLD, listens_only)


def _port(call: pj.Call, place: int) -> pj.AudioMedia | None:
    try:
        return call.getAudioMedia(place)
    except pj.Error:
        # Media that flows in no direction (a=inactive) has none.
        return None
