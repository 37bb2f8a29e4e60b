"""What the API is built on: the services of the pages, and nothing beside them."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ivr.bootstrap.accounts import Accounts
from ivr.bootstrap.authority import Authority
from ivr.bootstrap.quality import Quality
from ivr.console.examination import Examination
from ivr.console.open_listenings import OpenListenings
from ivr.console.operation import Watched
from ivr.console.pages import Pages
from ivr.console.places import Places
from ivr.console.statistics import StatisticsPages
from ivr.services.account.api_tokens import ApiTokens
from ivr.services.account.own_account import OwnAccount
from ivr.services.export.access_gate import Gate
from ivr.services.operation.overview import Operation
from ivr.services.rights.acting import Acting
from ivr.services.rights.breaches import Breaches
from ivr.services.rights.findings import Findings
from ivr.services.rights.hold_desk import HoldDesk
from ivr.services.rights.requests import Requests
from ivr.services.search.call_details import CallDetailListing
from ivr.services.search.listing import Listing
from ivr.services.search.sheet import Sheets
from ivr.settings import Settings


@dataclass(frozen=True)
class Services:
    settings: Settings
    gate: Gate
    tokens: ApiTokens
    accounts: Accounts
    own: OwnAccount
    listing: Listing
    places: Places
    sheets: Sheets
    listenings: OpenListenings
    statistics: StatisticsPages
    quality: Quality
    requests: Requests
    findings: Findings
    acting: Acting
    holds: HoldDesk
    breaches: Breaches
    authority: Authority
    operation: Operation
    watched: Watched
    examination: Examination
    details: CallDetailListing

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.profile.timezone)


def services_of(pages: Pages) -> Services:
    account, desk = pages.account, pages.desk
    return Services(
        pages.settings,
        account.gate,
        account.tokens,
        pages.accounts,
        account.own,
        pages.recordings.listing,
        pages.recordings.places,
        pages.player.sheets,
        pages.player.listenings,
        pages.statistics,
        pages.analyses.quality,
        desk.requests.service,
        desk.requests.findings,
        desk.requests.doing,
        desk.holds.desk,
        desk.breaches.service,
        pages.authorities.authority,
        pages.operation.operation,
        pages.operation.watched,
        pages.operation.examination,
        pages.calls.listing,
    )
