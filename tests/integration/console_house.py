"""A console that answers on a port of this machine, with an archive in which there is something of everything."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from ivr.console.__main__ import server_config
from ivr.console.app import build
from ivr.console.guard import Origin
from ivr.console.visit import SESSION_COOKIE, form_token
from ivr.domain.access import Action, Role
from ivr.services.account.sign_in import Attempt, Entered
from tests.quality_rig import BEST, SHIPPED
from tests.unit.console.api.rig import Program, program
from tests.unit.console.rig import PASSWORD, ConsoleRig
from tests.unit.console.test_player import record

#: Nobody of the quality team may know of it, nor of its call.
CLOSED, CLOSED_CALL = "rec-sale", "call-rec-sale"
ABSENT = "rec-none"
ROLES: Mapping[str, tuple[Role, str]] = {
    "anne": (Role.QUALITY_ANALYST, "quality_audio"),
    "sophie": (Role.SUPERVISOR, "quality_audio"),
    "dora": (Role.DPO, ""),
    "colin": (Role.COMPLIANCE_OFFICER, ""),
    "luc": (Role.AGENT, ""),
    "admin": (Role.ADMINISTRATOR, ""),
    "oscar": (Role.OPERATOR, ""),
}
#: Who may be shown that there is a recording of a sale.
SEE_CLOSED = frozenset({"dora", "colin", "oscar"})


@dataclass
class ConsoleHouse:
    """`tokens` are those of each role's program with all its rights; `narrow` has one right, `old` ran out."""

    rig: ConsoleRig
    url: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    narrow: str = ""
    old: str = ""
    #: Ids there are, by the name of the parameter that takes them.
    ids: dict[str, list[str]] = field(default_factory=dict)

    def renew(self, token: str) -> None:
        """Make a token anew that its bearer withdrew."""
        for login, (role, purpose) in ROLES.items():
            if self.tokens[login] == token:
                self.tokens[login] = program(self.rig, login, role, days=30, purpose=purpose).token
        if self.narrow == token:
            self.narrow = program(self.rig, "dora", Role.DPO, Action.LIST).token

    def session(self, login: str) -> dict[str, str]:
        """Sign somebody in, let them say why, and return what their browser would send."""
        pages = self.rig.pages
        entered = pages.entrance.service.attempt(Attempt(login, PASSWORD, self.rig.code(login)))
        assert isinstance(entered, Entered), entered
        session = pages.accounts.sessions.resume(entered.token)
        pages.accounts.sessions.choose_purpose(session, ROLES[login][1], "revue 12")  # type: ignore[arg-type]
        return {
            "cookie": f"{SESSION_COOKIE}={entered.token}",
            "origin": self.url,
            "sec-fetch-site": "same-origin",
            "form-token": form_token(entered.token),
        }


@contextmanager
def console_house(folder: Path) -> Iterator[ConsoleHouse]:
    """Seed an archive and serve its console by the server that serves every console, until the block ends."""
    rig = ConsoleRig(folder)
    house = ConsoleHouse(rig)
    try:
        _seed(house)
        app = build(rig.pages, origin=lambda: Origin(house.url), monotonic=itertools.count(step=60).__next__)
        server = uvicorn.Server(server_config(app, rig.settings))
        with _served(server, house):
            yield house
    finally:
        rig.close()


@contextmanager
def _served(server: uvicorn.Server, house: ConsoleHouse) -> Iterator[None]:
    server.config.host, server.config.port = "127.0.0.1", 0
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ends = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < ends, "the server is not there after a minute"
        time.sleep(0.01)
    house.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(30)


def _seed(house: ConsoleHouse) -> None:
    rig = house.rig
    record(rig, "rec-1")
    record(rig, "rec-2")
    record(rig, CLOSED, retention="sales_audio")
    programs = {login: program(rig, login, role, days=30, purpose=purpose) for login, (role, purpose) in ROLES.items()}
    house.tokens = {login: one.token for login, one in programs.items()}
    house.narrow = program(rig, "dora", Role.DPO, Action.LIST).token
    house.old = program(rig, "anne", Role.QUALITY_ANALYST, days=1).token
    rig.clock.at = rig.clock.at.replace(day=1, month=12)
    house.ids = {**_of_the_desk(rig, programs["dora"]), **_of_the_team(programs)}
    house.ids["case_id"] += _of_authorities(programs["colin"], programs["dora"])


def _of_the_desk(rig: ConsoleRig, dora: Program) -> dict[str, list[str]]:
    person = {"name": "Odile Tessier", "phone": "0612345678"}
    cases = [
        dora.post("/requests", {"right": right, "channel": "mail", "received_on": "2026-11-20", **person}).json()
        for right in ("access", "erasure")
    ]
    requests = [one["request"]["id"] for one in cases]
    dora.post(f"/requests/{requests[1]}/steps", {"step": "identify", "check": "no_doubt"})
    told = {"aware_at": "2026-11-29T10:00:00Z", "losses": ["integrity"], "nature": "courriel"}
    breach = dora.post("/breaches", told).json()["breach"]["id"]
    basis = rig.settings.profile.names("RET-002", "bases")[0]
    hold = {"case": "L-1", "owner": "dora", "basis": basis, "items": ["rec-2"], "review_on": "2027-01-15"}
    held = dora.post("/holds", hold).json()["id"]
    return {"case_id": [*requests, breach], "hold_id": [held], "name": ["received", "erasure", "breach"]}


def _of_authorities(colin: Program, dora: Program) -> list[str]:
    """One that came, and one that may be handed out."""
    asked = {
        "authority": "ACPR", "asked_reference": "ACPR-2026-88", "basis": "CMF L612-24", "official": "Zoé Contrôle",
        "received_at": "2026-11-30T08:00:00Z", "items": [CLOSED],
    }  # fmt: skip
    sheets = [colin.post("/requisitions", asked).json() for _ in range(2)]
    seen, ids = sheets[1]["items_sha256"], [one["requisition"]["id"] for one in sheets]
    steps = f"/requisitions/{ids[1]}/steps"
    colin.post(steps, {"step": "check", "how": "called_back", "seen": seen})
    answer = dora.post(steps, {"step": "approve", "seen": seen})
    assert answer.json()["requisition"]["state"] == "APPROVED", answer.text
    return ids


def _of_the_team(programs: Mapping[str, Program]) -> dict[str, list[str]]:
    anne, sophie = programs["anne"], programs["sophie"]
    grid = sophie.post("/grids", {"toml": SHIPPED}).json()
    draft = anne.post("/recordings/rec-1/analyses", {"grid": grid["grid_id"]}).json()["id"]
    scored = sophie.post("/recordings/rec-1/analyses", {"grid": grid["grid_id"]}).json()["id"]
    answers = {name.removeprefix("a."): {"value": value} for name, value in BEST.items()}
    sophie.asks("PUT", f"/analyses/{scored}/draft", {"revision": 1, "answers": answers, "agent": "luc", "finish": True})
    opening = {"recording_id": "rec-2", "grid": grid["grid_id"], "reviewers": ["anne", "sophie"]}
    calibration = sophie.post("/calibrations", opening).json()["id"]
    listening = anne.post("/recordings/rec-1/listenings").json()["id"]
    note = anne.post("/recordings/rec-1/notes", {"at_ms": 1_000, "text": "annonce vite"}).json()["id"]
    search = anne.post("/searches", {"name": "trous", "filters": {"gaps": True}}).json()["id"]
    return {
        "recording_id": ["rec-1", "rec-2", CLOSED, ABSENT],
        "listening_id": [listening],
        "note_id": [note],
        "search_id": [search],
        "analysis_id": [draft, scored],
        "calibration_id": [calibration],
        "grid_id": [grid["grid_id"]],
        "version": [grid["version"]],
        "listed": ["mine", "team", "coaching", "own"],
    }


def names_of(path: str) -> list[str]:
    """The parameters of a path."""
    return re.findall(r"\{([a-z_]+)\}", path)
