"""Photographs the console of the example house: `.venv/bin/python -m docs.make_console_pictures`, from the root.

Nine pages into docs/images/console-*.png. What is on them is told anew each time, up to the day.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

from tests.integration.browser import Person, chromium
from tests.integration.test_example_house import example, sign_in

IMAGES = Path(__file__).parent / "images"
#: Whose page it is, where it begins, and which link is followed from there, if any.
PAGES = {
    "enregistrements": ("anne", "/enregistrements", ""),
    "lecteur": ("anne", "/enregistrements", "tbody a[href^='/enregistrements/']"),
    "evaluation": ("lea", "/analyses", "main a[href^='/analyses/']"),
    "statistiques": ("anne", "/statistiques", ""),
    "tirages": ("sophie", "/tirages", ""),
    "calibrations": ("sophie", "/calibrations", ""),
    "demandes": ("karim", "/demandes", ""),
    "autorite": ("ines", "/autorites", "main a[href^='/autorites/case-']"),
    "demande": ("karim", "/demandes", "main a[href^='/demandes/case-']"),
}


def main() -> None:
    with example(os.environ) as told, chromium() as browser:
        people = {one["login"]: one for one in told["people"]}
        signed_in: dict[str, Page] = {}
        for name, (login, path, link) in PAGES.items():
            if login not in signed_in:
                signed_in[login] = Person(browser).page
                sign_in(signed_in[login], told["url"], people[login], "#purpose-quality_audio")
            page = signed_in[login]
            page.goto(told["url"] + path)
            if link:
                page.locator(link).first.click()
                page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / f"console-{name}.png")


if __name__ == "__main__":
    main()
