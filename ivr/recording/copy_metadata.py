"""What a copy says of itself, in its own file: chunk `LIST INFO` of a WAV, comments of Ogg Opus (RFC 7845, 5.2)."""

from __future__ import annotations

import io
from collections.abc import Mapping

import av

from ivr.errors import ArchiveError
from ivr.visible import visible

_BITEXACT = {"fflags": "+bitexact"}


def with_metadata(copy: bytes, form: str, metadata: Mapping[str, str]) -> bytes:
    """Return the copy with these words in it, by names that ffmpeg knows ("artist", "date", "comment", "title").

    `form` is "wav" or "opus". Sound is neither decoded nor changed: samples, packets and their times stay as they are.
    An Ogg Opus file without a single packet stays as it is. Raises ArchiveError when the file is none of its form.
    """
    out = io.BytesIO()
    said = {name: _on_one_line(text) for name, text in metadata.items()}
    try:
        with av.open(io.BytesIO(copy), "r") as given:
            _written(given, out, form, said)
    except av.error.EOFError:
        # What has no sound, libavformat opens only as a WAV.
        return copy
    except av.error.FFmpegError as error:
        raise ArchiveError(
            f"a copy cannot be told what it is: {type(error).__name__}",
            remedy="verify the recording ('ivr recordings verify'), then copy it again",
        ) from error
    return out.getvalue()


def _written(given: av.container.InputContainer, out: io.BytesIO, form: str, said: Mapping[str, str]) -> None:
    stream = given.streams.audio[0]
    with av.open(out, "w", format="ogg" if form == "opus" else "wav", container_options=_BITEXACT) as made:
        target = made.add_stream_from_template(stream)
        # WAV has one place for them, Ogg one in each stream.
        (target if form == "opus" else made).metadata.update(said)
        # Else a file without sound gets no head.
        made.start_encoding()
        for packet in given.demux(stream):
            # The last one is empty: it says that there are no more.
            if packet.size:
                packet.stream = target
                made.mux(packet)


def _on_one_line(text: str) -> str:
    """What somebody typed, for programs that print it on a terminal."""
    return visible(" ".join(text.split()))
