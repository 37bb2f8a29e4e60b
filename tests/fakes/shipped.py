"""The shipped configuration as tests take it: whichever digit objects in it, theirs is 9."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ivr.settings import default_config_dir

DIGIT = "9"


def copied_config(folder: Path) -> Path:
    """Copy it to this folder, which is not there yet, with DIGIT as the digit that objects."""
    shutil.copytree(default_config_dir({}), folder)
    for path in (folder / "programs").glob("*.toml"):
        text = path.read_text("utf-8")
        path.write_text(
            re.sub(r'^objection_key = "."', f'objection_key = "{DIGIT}"', text, flags=re.MULTILINE), "utf-8"
        )
    return folder
