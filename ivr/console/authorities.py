"""Requests of authorities: the list, taking one in, its page and steps, the export, and the receipt to print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import Response

from ivr.bootstrap.authority import Authority
from ivr.console.authority_papers import FORMS, RECEIPT, authority_receipt, sealed_export
from ivr.console.requests import asked_by, case_of, day_of_form, fault_of, one_of
from ivr.console.times import moment_text
from ivr.console.visit import Visit
from ivr.domain.access import AccessRequest, Action
from ivr.domain.account.session import Session
from ivr.domain.authority.requisition import (
    OPEN,
    REQUISITION,
    CheckedBy,
    Due,
    RefusalGround,
    Requisition,
    RequisitionEvent,
    authorities_of,
)
from ivr.errors import ConfigurationError, IvrError
from ivr.services.account.sessions import Sessions
from ivr.services.authority.desk import Opened
from ivr.services.authority.requisition_file import OFFICIAL
from ivr.settings import Settings

_PAGE = "/autorites"
#: What is typed when a request is taken in, and shown again when it cannot be.
_TYPED = ("authority", "asked_reference", "basis", "received_at", "items", *OFFICIAL, "silent", "note")
#: How long an account of an authority is proposed to last.
_PROPOSED = timedelta(days=14)
#: What lies beyond is no day of an account, nor of a calendar that goes on after it.
_FAR = date(9000, 1, 1)


@dataclass(frozen=True)
class Line:
    """A request as the list shows it."""

    case_id: str
    reference: str
    authority: str
    asked_reference: str
    received: str
    count: int
    due: str
    left: str
    state: str
    is_open: bool
    is_late: bool


@dataclass(frozen=True)
class AuthorityPages:
    settings: Settings
    authority: Authority
    sessions: Sessions

    def routes(self) -> tuple[tuple[str, str, Callable[[Visit], Response]], ...]:
        """Method, path and page of each."""
        return (
            ("GET", _PAGE, self.listing),
            ("POST", _PAGE, self.taking_in),
            ("GET", _PAGE + "/{case_id}", self.requisition),
            ("POST", _PAGE + "/{case_id}", self.acting),
            ("GET", _PAGE + "/{case_id}/recu", self.receipt),
        )

    def listing(self, visit: Visit) -> Response:
        asked = asked_by(visit, Action.AUTHORITY)
        return visit.go("/finalite") if asked is None else self._list(visit, asked)

    def taking_in(self, visit: Visit) -> Response:
        asked = asked_by(visit, Action.AUTHORITY)
        if asked is None:
            return visit.go("/finalite")
        try:
            made = self.authority.desk.take_in(asked, self._moment(visit.form), visit.form)
        except IvrError as error:
            return self._list(visit, asked, fault=fault_of(visit, error))
        return visit.go(f"{_PAGE}/{made.id}")

    def requisition(self, visit: Visit) -> Response:
        asked = asked_by(visit, Action.AUTHORITY)
        if asked is None:
            return visit.go("/finalite")
        return self._page(visit, self.authority.desk.show(asked, case_of(visit)))

    def acting(self, visit: Visit) -> Response:
        """One step of a request; which one, its form says."""
        asked = asked_by(visit, Action.AUTHORITY)
        if asked is None:
            return visit.go("/finalite")
        case_id, act = case_of(visit), visit.form.get("act", "")
        try:
            if act == "hand_out":
                return self._handed_out(visit, asked, case_id)
            if act == "admit":
                return self._admitted(visit, asked, case_id)
            self._step(asked, case_id, act, visit.form)
        except IvrError as error:
            fault = fault_of(visit, error)
            return self._page(visit, self.authority.desk.show(asked, case_id), fault=fault)
        return visit.go(f"{_PAGE}/{case_id}")

    def receipt(self, visit: Visit) -> Response:
        """What the authority signs, to be printed; there is none before something was handed out."""
        asked = asked_by(visit, Action.AUTHORITY)
        if asked is None:
            return visit.go("/finalite")
        it, body = authority_receipt(self.settings, self.authority, asked, case_of(visit))
        return visit.page("letter", body=body, name=RECEIPT, back=f"{_PAGE}/{it.id}")

    def _step(self, asked: AccessRequest, case_id: str, act: str, form: Mapping[str, str]) -> None:
        desk, note = self.authority.desk, form.get("note", "")
        steps: Mapping[str, Callable[[], object]] = {
            "amend": lambda: desk.amend(asked, case_id, form.get("items", "")),
            "check": lambda: desk.check(asked, case_id, one_of(CheckedBy, form, "how"), form.get("seen", ""), note),
            "approve": lambda: desk.approve(asked, case_id, form.get("seen", ""), note),
            "refuse": lambda: desk.refuse(asked, case_id, one_of(RefusalGround, form, "ground"), note),
            "receipt": lambda: desk.receipt(asked, case_id, day_of_form("signed_on", form.get("signed_on", "")), note),
            "note": lambda: desk.note(asked, case_id, note),
            "freeze": lambda: desk.freeze(asked, case_id),
            "dismiss": lambda: self.authority.viewers.dismiss(asked, case_id, form.get("login", "")),
        }
        if act not in steps:
            raise ConfigurationError("there is no such step", key="act", remedy="use the forms of the page")
        steps[act]()

    def _handed_out(self, visit: Visit, asked: AccessRequest, case_id: str) -> Response:
        form = visit.form.get("form", "")
        if form not in FORMS:
            raise ConfigurationError("nothing of the list was chosen", key="form", remedy="choose one")

        def is_there() -> bool:
            # A download goes on: each file of it counts as a request in the session.
            return isinstance(self.sessions.resume(visit.token), Session)

        return sealed_export(*self.authority.handing_out.files(asked, case_id, form=form, is_there=is_there))

    def _admitted(self, visit: Visit, asked: AccessRequest, case_id: str) -> Response:
        """The link stands on the page that answers and nowhere else: it is shown once."""
        day = min(day_of_form("until", visit.form.get("until", "")), _FAR)
        until = self.settings.profile.start_of(day + timedelta(days=1))
        login, token = self.authority.viewers.admit(asked, case_id, visit.form.get("holder", ""), until)
        link = f"{visit.origin}/invitation?jeton={token}"
        return self._page(visit, self.authority.desk.show(asked, case_id), link=link, login=login)

    def _list(self, visit: Visit, asked: AccessRequest, *, fault: str = "") -> Response:
        desk = self.authority.desk
        return visit.page(
            "authorities",
            status=422 if fault else 200,
            fault=fault,
            typed={name: visit.form.get(name, "") for name in _TYPED},
            now=self._shown(desk.now()).replace(" ", "T"),
            lines=[self._line(visit, requisition, due) for requisition, due in desk.listing(asked)],
            authorities=[
                (name, _named(visit, name), basis) for name, basis in authorities_of(self.settings.profile).items()
            ],
        )

    def _page(self, visit: Visit, opened: Opened, *, fault: str = "", link: str = "", login: str = "") -> Response:
        it, now = opened.requisition, self.authority.desk.now()
        day = self.settings.profile.day_of(now)
        return visit.page(
            "authority",
            status=422 if fault else 200,
            path=f"{_PAGE}/{it.id}",
            fault=fault,
            link=link,
            login=login,
            line=self._line(visit, it, opened.due),
            it=it,
            opened=opened,
            keep_until=opened.keep_until and self.settings.profile.day_of(opened.keep_until).isoformat(),
            handed_out=self._shown(it.handed_out_at),
            viewers=[
                (one.login, opened.holders.get(one.login, ""), self._shown(one.until), one.until > now)
                for one in it.viewers
            ],
            may=self._may(visit, it),
            checks=[how.value for how in CheckedBy],
            grounds=[ground.value for ground in RefusalGround],
            forms=FORMS,
            today=day.isoformat(),
            until=(day + _PROPOSED).isoformat(),
            has_receipt=RECEIPT in self.settings.letters and it.handed_out_at is not None,
        )

    def _may(self, visit: Visit, it: Requisition) -> frozenset[str]:
        """The steps that this person is offered; what a forged form asks for besides, the rules refuse."""
        person = visit.signed_in.account.login.casefold()
        role, rights = visit.signed_in.account.role, visit.rights
        may = {event.value for event in RequisitionEvent if REQUISITION.allows(it.state, event)}
        if Action.AGREE.value not in rights or it.checked_by.casefold() == person:
            may.discard("approve")
        if it.state in OPEN:
            may.add("admit")
        hands_out = role in self.settings.access.authority_roles and Action.EXPORT.value in rights
        if not hands_out or it.approved_by.casefold() == person:
            may -= {"hand_out", "admit"}
        if it.is_open and Action.HOLD.value in rights:
            may.add("freeze")
        return frozenset(may)

    def _line(self, visit: Visit, it: Requisition, due: Due) -> Line:
        late = due.hours_left < 0
        hours = (
            visit.words("breaches.hours_late", hours=-due.hours_left)
            if late
            else visit.words("breaches.hours", hours=due.hours_left)
        )
        return Line(
            it.id,
            it.reference,
            _named(visit, it.authority),
            it.asked_reference,
            self._shown(it.received_at),
            len(it.items),
            self._shown(due.at),
            hours if it.is_open else "",
            visit.words(f"requisition_state.{it.state.value.lower()}"),
            it.is_open,
            it.is_open and late,
        )

    def _moment(self, form: Mapping[str, str]) -> datetime:
        try:
            found = datetime.fromisoformat(form.get("received_at", ""))
        except ValueError:
            raise ConfigurationError("that is no date", key="received_at", remedy="write 2027-06-01T09:00") from None
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.settings.profile.timezone))

    def _shown(self, at: datetime | None) -> str:
        return moment_text(at, self.settings.profile.timezone)


def _named(visit: Visit, authority: str) -> str:
    return visit.words("authorities.judicial") if authority == "judicial" else authority
