"""What a copy says of itself, in its own file: chunk `LIST INFO` of a WAV, comments of Ogg Opus (RFC 7845, 5.2)."""

from __future__ import annotations

import io
from collections.abc import Mapping

import av

_BITEXACT = {"fflags": "+bitexact"}


def with_metadata(copy: bytes, form: str, metadata: Mapping[str, str]) -> bytes:
    """Return the copy with these words in it, by names that ffmpeg knows ("artist", "date", "comment", "title").

    `form` is "wav" or "opus". Sound is neither decoded nor changed: samples, packets and their times stay as they are.
    """
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(copy), "r") as given,
        av.open(out, "w", format="ogg" if form == "opus" else "wav", container_options=_BITEXACT) as made,
    ):
        stream = given.streams.audio[0]
        target = made.add_stream_from_template(stream)
        # WAV has one place for them, Ogg one in each stream.
        (target if form == "opus" else made).metadata.update(metadata)
        for packet in given.demux(stream):
            # The last one is empty: it says that there are no more.
            if packet.size:
                packet.stream = target
                made.mux(packet)
    return out.getvalue()
