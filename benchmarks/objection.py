"""From the last objecting word to the action, on real calls: the engine's whole way, with the real ear.

The action is the moment from which nothing more can be stored (the recorder is cut); the answer to the caller begins
at the same moment. A negative figure means that the engine acted before the sentence was over.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speech import OBJECTIONS, an_objection
from ivr.audio.wav import EAR_HZ, wav_bytes
from ivr.bootstrap.installation import install
from ivr.bootstrap.node import LiveEvent, Node
from ivr.settings import default_config_dir, load_settings
from ivr_demo.softphone_process import SoftphoneProcess

_SHORT_DISCLOSURE = (
    "Ici le robot de {controller}. Appel enregistré pour la qualité : vous êtes enregistré. Pour refuser, tapez 9. "
    "Vos droits : notre site."
)


@dataclass(frozen=True)
class ObjectionLatency:
    """Milliseconds from the end of the objecting words to the cut, sorted; `missed` objections got no action."""

    calls: int
    missed: int
    latencies_ms: tuple[float, ...]

    def percentile(self, share: float) -> float:
        index = min(len(self.latencies_ms) - 1, round(share * (len(self.latencies_ms) - 1)))
        return self.latencies_ms[index]

    @property
    def early(self) -> float:
        """The share of actions that came before the sentence was over."""
        return sum(one < 0 for one in self.latencies_ms) / max(1, len(self.latencies_ms))


async def measure_objections(calls: int = 18) -> ObjectionLatency:
    """Place `calls` calls one after the other; in each a caller objects once."""
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name:
        folder = Path(name)
        env = _environment(folder)
        settings = load_settings(default_config_dir(env), env)
        await asyncio.to_thread(install, settings)
        events: asyncio.Queue[LiveEvent] = asyncio.Queue()
        async with Node(settings, events.put_nowait, env=env) as node:
            found = [await _one_call(node, events, folder, index) for index in range(calls)]
    latencies = tuple(sorted(one for one in found if one is not None))
    return ObjectionLatency(calls, len(found) - len(latencies), latencies)


async def _one_call(node: Node, events: asyncio.Queue[LiveEvent], folder: Path, index: int) -> float | None:
    pcm = an_objection(index)
    wav = folder / f"objection-{index % len(OBJECTIONS)}.wav"
    wav.write_bytes(wav_bytes(pcm, EAR_HZ))
    async with SoftphoneProcess() as phone:
        await phone.call(node.uris[0])
        await _next(events, "recording.state", 40, state="CAPTURING")
        await phone.speak(wav)
        spoke = await phone.expect("spoke", timeout_s=20)
        try:
            objection = await _next(events, "objection", 6)
        except TimeoutError:
            objection = None
        await phone.hangup()
        await _next(events, "call.reported", 30)
    if objection is None:
        return None
    return (float(str(objection["acted_at"])) - float(str(spoke["at"]))) * 1000


async def _next(events: asyncio.Queue[LiveEvent], kind: str, timeout_s: float, **wanted: object) -> LiveEvent:
    async with asyncio.timeout(timeout_s):
        while True:
            item = await events.get()
            if item["kind"] == kind and all(item.get(key) == value for key, value in wanted.items()):
                return item


def _environment(folder: Path) -> dict[str, str]:
    """The shipped configuration with a short disclosure: what follows it is what is measured."""
    config = folder / "config"
    shipped = default_config_dir(os.environ)
    shutil.copytree(shipped, config)
    disclosures = config / "prompts" / "disclosures.toml"
    before, found, rest = disclosures.read_text("utf-8").partition("[prompts.hotline-disclosure]")
    head, _, rest = rest.partition('text = """')
    _, _, rest = rest.partition('"""')
    disclosures.write_text(f'{before}{found}{head}text = "{_SHORT_DISCLOSURE}"{rest}', "utf-8")
    return {
        **os.environ,
        "IVR_CONFIG": str(config),
        "IVR_NODE__DATA_DIR": str(folder / "data"),
        "IVR_EAR__MODEL_DIR": str(load_settings(shipped, os.environ).model_dir),
        "IVR_SIP__BIND": "127.0.0.1",
        "IVR_SIP__PORT": "0",
        "IVR_CONSOLE__ENABLED": "false",
    }
