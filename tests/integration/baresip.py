"""baresip, a softphone that is none of ours: how it is told to call somebody."""

from __future__ import annotations

from pathlib import Path

from tests.ports import free_port

_MODULES = "/usr/lib/baresip/modules"


def baresip_command(folder: Path, microphone: Path, uri: str) -> list[str]:
    """Write its configuration into a new folder; its microphone is a WAV file, it has no loudspeaker."""
    folder.mkdir()
    lines = [
        f"sip_listen 127.0.0.1:{free_port()}",
        f"audio_source aufile,{microphone}",
        "net_interface 127.0.0.1",
        f"module_path {_MODULES}",
        *(f"module {name}.so" for name in ("stdio", "g711", "aufile", "account", "menu")),
    ]
    (folder / "config").write_text("\n".join(lines) + "\n")
    (folder / "accounts").write_text("<sip:adherent@127.0.0.1>;regint=0;audio_codecs=PCMA\n")
    (folder / "contacts").write_text("")
    return ["baresip", "-f", str(folder), "-4", "-e", f"/dial {uri}"]
