"""Draws docs/images/demo.svg from a real run: python docs/make_demo_picture.py

The tour runs on a data folder of its own, which is removed afterwards. A run that did not end as it should makes no
picture.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.padding import Padding
from rich.terminal_theme import SVG_EXPORT_THEME

from ivr_demo.observed_calls import ObservedCall
from ivr_demo.tour import run_tour
from ivr_demo.view import LiveView

PICTURE = Path(__file__).parent / "images" / "demo.svg"
WIDTH = 126

# The picture must not fetch fonts from anywhere: each viewer has one of its own.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", "DejaVu Sans Mono, Menlo, Consolas, monospace"
)


class _PictureView(LiveView):
    """Shows where things lie relative to the folder above the data folder, whichever it is on this machine."""

    def __init__(self, console: Console, folder: Path) -> None:
        super().__init__(console)
        self._folder = folder

    def note(self, text: str) -> None:
        # A picture cuts what a terminal would wrap.
        self._console.print(Padding(f"[dim]{text}[/]", (0, 0, 0, 9)))

    def end(self, calls: list[ObservedCall], places: Mapping[str, object]) -> None:
        super().end(calls, {name: str(place).replace(f"{self._folder}/", "") for name, place in places.items()})


def main() -> int:
    console = Console(record=True, width=WIDTH, highlight=False, force_terminal=True, color_system="truecolor")
    with tempfile.TemporaryDirectory(prefix="ivr-picture-") as folder:
        os.environ["IVR_NODE__DATA_DIR"] = str(Path(folder) / "var")
        result = asyncio.run(run_tour(_PictureView(console, Path(folder))))
        found_folder = folder in console.export_text(clear=False)
    if not result["ok"] or found_folder:
        print("the tour did not end as it should, or shows a path of this machine: no picture", file=sys.stderr)
        return 1
    PICTURE.parent.mkdir(exist_ok=True)
    svg = console.export_svg(title="make demo", theme=SVG_EXPORT_THEME, code_format=_FORMAT, unique_id="demo")
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", "utf-8")
    print(f"{PICTURE.name}: {PICTURE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
