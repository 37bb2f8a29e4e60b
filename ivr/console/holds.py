"""Legal holds: the list, asking for one, and what each person may do with each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import Response

from ivr.console.requests import asked_by, day_of_form, fault_of
from ivr.console.visit import Visit
from ivr.domain.access import Action
from ivr.domain.retention.legal_hold import LEGAL_HOLD, HoldEvent, HoldState, LegalHold, hold_rules
from ivr.errors import ArchiveError, ConfigurationError, IvrError
from ivr.services.ports.runtime import Clock
from ivr.services.rights.hold_desk import HoldDesk, desk_action
from ivr.settings import Settings

_MOST_ITEMS = 500


@dataclass(frozen=True)
class Line:
    """A hold as the page shows it. `may` are the steps that whoever looks may take."""

    hold: LegalHold
    state: str
    approvals: str
    review: str
    is_late: bool
    may: tuple[str, ...]


@dataclass(frozen=True)
class HoldPages:
    settings: Settings
    desk: HoldDesk
    clock: Clock

    def holds(self, visit: Visit) -> Response:
        """The list; its form asks for a hold, or takes a step of one."""
        asked = asked_by(visit, desk_action(self.settings.access.rights_of(visit.signed_in.account.actor)))
        if asked is None:
            return visit.go("/finalite")
        if visit.request.method == "GET":
            return self._list(visit, self.desk.listing(asked))
        form, hold_id = visit.form, visit.form.get("hold_id", "")
        reason = form.get("reason", "")
        steps: Mapping[str, Callable[[], object]] = {
            "request": lambda: self.desk.request(
                asked,
                case=form.get("case", ""),
                owner=form.get("owner", ""),
                basis=form.get("basis", ""),
                items=_items(form.get("items", "")),
                review_at=self.settings.profile.start_of(day_of_form("review", form.get("review", ""))),
            ),
            "approve": lambda: self.desk.approve(asked, hold_id),
            "reject": lambda: self.desk.reject(asked, hold_id, reason),
            "renew": lambda: self.desk.renew(
                asked, hold_id, self.settings.profile.start_of(day_of_form("review", form.get("review", "")))
            ),
            "release": lambda: self.desk.release(asked, hold_id, reason),
        }
        try:
            if form.get("act", "") not in steps:
                raise ConfigurationError("there is no such step", key="act", remedy="use the forms of the page")
            steps[form["act"]]()
        except ArchiveError as error:
            fault = f"{visit.words.told(error.what)} ({visit.words.told(error.where)})"
        except IvrError as error:
            fault = fault_of(visit, error)
        else:
            return visit.go("/gels")
        return self._list(visit, self.desk.listing(asked), fault=fault)

    def _list(self, visit: Visit, found: list[LegalHold], *, fault: str = "") -> Response:
        today = self.settings.profile.day_of(self.clock.now())
        days = hold_rules(self.settings.profile)
        return visit.page(
            "holds",
            status=422 if fault else 200,
            fault=fault,
            lines=[self._line(visit, hold, today) for hold in found],
            bases=days.bases,
            typed={name: visit.form.get(name, "") for name in ("case", "owner", "basis", "items")},
            review=(today + timedelta(days=days.review_days)).isoformat(),
            may_ask=Action.HOLD.value in visit.rights,
        )

    def _line(self, visit: Visit, hold: LegalHold, today: date) -> Line:
        review = self.settings.profile.day_of(hold.review_at)
        return Line(
            hold,
            visit.words(f"hold_state.{hold.state.value.lower()}"),
            ", ".join(approval.by for approval in hold.approvals),
            review.isoformat(),
            hold.state is HoldState.ACTIVE and review <= today,
            tuple(_steps(hold, visit)),
        )


def _steps(hold: LegalHold, visit: Visit) -> list[str]:
    """What this person may do, as the rules have it: who asked for a hold neither approves nor renews it."""
    person = visit.signed_in.account.login.casefold()
    asker = hold.requested_by.casefold() == person
    done = asker or person in {approval.by.casefold() for approval in hold.approvals}
    may_approve, may_hold = (one.value in visit.rights for one in (Action.APPROVE, Action.HOLD))

    def allows(event: HoldEvent) -> bool:
        return LEGAL_HOLD.allows(hold.state, event)

    may = {
        "approve": may_approve and allows(HoldEvent.ENDORSE) and not done,
        "reject": may_approve and allows(HoldEvent.REJECT),
        "renew": may_hold and allows(HoldEvent.RENEW) and not asker,
        "release": may_hold and allows(HoldEvent.RELEASE),
    }
    return [name for name, allowed in may.items() if allowed]


def _items(typed: str) -> list[str]:
    items = list(dict.fromkeys(typed.replace(",", " ").split()))
    if len(items) > _MOST_ITEMS or any(len(item) > 100 for item in items):
        raise ConfigurationError("the value is too long", key="items", remedy=f"at most {_MOST_ITEMS} recordings")
    return items
