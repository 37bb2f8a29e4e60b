"""The register of breaches: the list with the hours left, recording one, its page with what is owed to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import Response

from ivr.console.letters import breach_letter
from ivr.console.requests import asked_by, case_of, fault_of, one_of
from ivr.console.visit import Visit
from ivr.domain.access import AccessRequest, Action
from ivr.domain.rights.breach import BREACH, Breach, BreachEvent, Duties, Duty, Exemption, Loss, Owed, Risk
from ivr.errors import ConfigurationError, IvrError
from ivr.services.ports.runtime import Clock
from ivr.services.rights.breaches import TOLD, Breaches
from ivr.settings import Settings


@dataclass(frozen=True)
class Line:
    """A breach as the list shows it."""

    breach: Breach
    noticed: str
    losses: str
    risk: str
    authority: str
    persons: str
    left: str
    is_late: bool
    state: str


@dataclass(frozen=True)
class BreachPages:
    settings: Settings
    service: Breaches
    clock: Clock

    def listing(self, visit: Visit) -> Response:
        asked = asked_by(visit, Action.BREACH)
        return visit.go("/finalite") if asked is None else self._list(visit, asked)

    def recording(self, visit: Visit) -> Response:
        asked = asked_by(visit, Action.BREACH)
        if asked is None:
            return visit.go("/finalite")
        form = visit.form
        try:
            losses = tuple(loss for loss in Loss if form.get(loss.value) == "yes")
            persons = form.get("persons", "").strip() or "0"
            if not (persons.isascii() and persons.isdigit() and len(persons) < 10):
                raise ConfigurationError("that is no number", key="persons", remedy="write digits")
            made = self.service.record(asked, self._moment("aware_at", form), losses, int(persons), _told(form))
        except IvrError as error:
            return self._list(visit, asked, fault=fault_of(visit, error))
        return visit.go(f"/violations/{made.id}")

    def breach(self, visit: Visit) -> Response:
        asked = asked_by(visit, Action.BREACH)
        return visit.go("/finalite") if asked is None else self._page(visit, asked)

    def acting(self, visit: Visit) -> Response:
        """One step of a breach; which one, its form says."""
        asked = asked_by(visit, Action.BREACH)
        if asked is None:
            return visit.go("/finalite")
        case_id, form = case_of(visit), visit.form
        steps: Mapping[str, Callable[[], object]] = {
            "describe": lambda: self.service.describe(asked, case_id, _told(form)),
            "assess": lambda: self.service.assess(
                asked,
                case_id,
                one_of(Risk, form, "risk"),
                one_of(Exemption, form, "exemption") if form.get("exemption") else None,
            ),
            "tell_authority": lambda: self.service.tell_authority(asked, case_id, self._moment("at", form)),
            "tell_persons": lambda: self.service.tell_persons(asked, case_id, self._moment("at", form)),
            "close": lambda: self.service.close(asked, case_id),
        }
        try:
            if form.get("act", "") not in steps:
                raise ConfigurationError("there is no such step", key="act", remedy="use the forms of the page")
            steps[form["act"]]()
        except IvrError as error:
            return self._page(visit, asked, fault=fault_of(visit, error))
        return visit.go(f"/violations/{case_id}")

    def letter(self, visit: Visit) -> Response:
        """What each person concerned is written (article 34(2)); names are filled in by whoever sends it."""
        asked = asked_by(visit, Action.BREACH)
        if asked is None:
            return visit.go("/finalite")
        breach, body = breach_letter(self.settings, self.service, asked, case_of(visit))
        return visit.page("letter", body=body, name="breach", back=f"/violations/{breach.id}")

    def _list(self, visit: Visit, asked: AccessRequest, *, fault: str = "") -> Response:
        lines = [self._line(visit, breach, duties) for breach, duties in self.service.listing(asked)]
        return visit.page(
            "breaches",
            status=422 if fault else 200,
            fault=fault,
            lines=lines,
            losses=[loss.value for loss in Loss],
            typed={
                name: visit.form.get(name, "")
                for name in ("aware_at", "persons", *(loss.value for loss in Loss), *TOLD)
            },
            now=self._shown(self.clock.now()).replace(" ", "T"),
            fields=TOLD[:-1],
        )

    def _page(self, visit: Visit, asked: AccessRequest, *, fault: str = "") -> Response:
        breach, duties, told = self.service.show(asked, case_of(visit))
        return visit.page(
            "breach",
            status=422 if fault else 200,
            fault=fault,
            line=self._line(visit, breach, duties),
            told=told,
            due=self._shown(duties.due_at),
            duties=[
                (
                    name,
                    visit.words(f"owed.{duty.owed.value}"),
                    visit.words.told(duty.detail),
                    duty.reasons,
                    duty.owed is Owed.LATE,
                )
                for name, duty in (("authority", duties.authority), ("persons_duty", duties.persons))
            ],
            may=[event.value for event in BreachEvent if BREACH.allows(breach.state, event)],
            risks=[risk.value for risk in Risk],
            exemptions=[exemption.value for exemption in Exemption],
            fields=TOLD,
            now=self._shown(self.clock.now()).replace(" ", "T"),
            has_letter="breach" in self.settings.letters,
            dpo=self.settings.controller.dpo or visit.words("requests.by_hand"),
        )

    def _line(self, visit: Visit, breach: Breach, duties: Duties) -> Line:
        late = duties.authority.owed is Owed.LATE
        hours = duties.hours_left
        left = (
            visit.words("breaches.hours_late", hours=-hours)
            if hours < 0
            else visit.words("breaches.hours", hours=hours)
        )
        return Line(
            breach,
            self._shown(breach.aware_at),
            ", ".join(visit.words(f"loss.{loss.value}") for loss in breach.losses),
            visit.words(f"risk.{breach.risk.value}") if breach.risk else visit.words("breaches.not_assessed"),
            _owed(visit, duties.authority),
            _owed(visit, duties.persons),
            left if duties.authority.owed in (Owed.OWED, Owed.LATE) else "",
            late,
            visit.words(f"breach_state.{breach.state.value.lower()}"),
        )

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.profile.timezone)

    def _shown(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _moment(self, key: str, form: Mapping[str, str]) -> datetime:
        try:
            found = datetime.fromisoformat(form.get(key, ""))
        except ValueError:
            raise ConfigurationError("that is no date", key=key, remedy="write 2027-06-01T09:00") from None
        return found if found.tzinfo else found.replace(tzinfo=self._zone)


def _owed(visit: Visit, duty: Duty) -> str:
    return visit.words(f"owed.{duty.owed.value}")


def _told(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form[name] for name in TOLD if name in form}
