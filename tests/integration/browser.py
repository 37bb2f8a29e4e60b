"""A real browser, Debian's Chromium, and a person at it: what the tests of the console share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from pyotp import TOTP

CHROMIUM = "/usr/bin/chromium"
#: Rules of WCAG 2.0 to 2.2, A and AA.
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PASSWORD = "quatre chevaux dans la prairie"
#: Fetches what the player plays, by ranges, and decodes it: how often each lane crosses zero, and its loudest sample.
DECODED = """async (url) => {
  const parts = [];
  let size = 0, whole_size = 1;
  while (size < whole_size) {
    const answer = await fetch(url, { headers: { range: `bytes=${size}-` } });
    if (answer.status !== 206) throw new Error(answer.status);
    parts.push(new Uint8Array(await answer.arrayBuffer()));
    size += parts.at(-1).length;
    whole_size = Number(answer.headers.get("content-range").split("/")[1]);
  }
  const whole = new Uint8Array(size);
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  const sound = await new OfflineAudioContext(2, 48000, 48000).decodeAudioData(whole.buffer);
  return [0, 1].map((lane) => {
    const samples = sound.getChannelData(lane);
    let crossed = 0, loudest = 0;
    const end = Math.min(20 * sound.sampleRate, samples.length);
    for (let at = 1; at < end; at += 1) {
      crossed += samples[at] >= 0 !== samples[at - 1] >= 0;
      loudest = Math.max(loudest, Math.abs(samples[at]));
    }
    return { hz: (crossed / 2 / end) * sound.sampleRate, loudest, seconds: sound.duration };
  });
}"""
AT = "document.querySelector('audio').currentTime"


@contextmanager
def chromium() -> Iterator[Browser]:
    """No sandbox, since tests run as root in containers; and it calls nobody."""
    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=quiet)
        yield browser
        browser.close()


class Person:
    """A browser window, and whatever in it was not as it should be."""

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 800})
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.step = 0
        self.secret = ""

    def code(self) -> str:
        self.step = max(self.step, int(time.time()) // 30 - 1) + 1
        return str(TOTP(self.secret).generate_otp(self.step))

    def accessible(self) -> None:
        found = Axe().run(self.page, options=_RULES)
        assert found.violations_count == 0, found.generate_report()


def type_in(person: Person, *texts: str) -> None:
    """Fill a form by keyboard, the code of this moment last; on a busy machine the cursor comes late."""
    page = person.page
    # `wait_for_function` would evaluate in the page, which its policy may forbid.
    page.locator("input:focus").wait_for()
    for text in texts:
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.type(person.code())
    page.keyboard.press("Enter")


def admit(browser: Browser, url: str, login: str, link: str) -> Person:
    """Make an account from its link in a window of its own, and sign in to the console at `url`."""
    person = Person(browser)
    page = person.page
    page.goto(link)
    person.secret = (page.text_content("#key") or "").replace(" ", "")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    if page.is_editable("#login"):
        page.fill("#login", login)
    page.fill("#code", person.code())
    page.keyboard.press("Enter")
    page.wait_for_url("**/connexion?fin=done")
    type_in(person, login, PASSWORD)
    page.wait_for_url(f"{url}/")
    return person


def act(page: Page, name: str, **choices: str) -> None:
    """Send the form of a step of a file, with what is chosen in it, and wait for the page that answers."""
    form = page.locator(f"form:has(input[name='act'][value='{name}'])")
    for field, value in choices.items():
        form.locator(f"[name='{field}']").select_option(value)
    with page.expect_navigation():
        form.locator("button").click()


def until_true(page: Page, holds: str) -> None:
    """`wait_for_function` would evaluate in the page, which its policy forbids."""
    for _ in range(600):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {holds}")
