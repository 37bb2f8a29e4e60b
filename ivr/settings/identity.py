"""Parses the [identity] table of a program: what a caller is asked, and nothing that may not be asked (ASK-006)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from pydantic import Field

from ivr.domain.call.party import Direction
from ivr.domain.identity.check import NAME_IN_RULE, RULE, IdentityItem, IdentityPlan, IdentityPrompts, refusal_of
from ivr.domain.profile import Profile
from ivr.domain.program.program import Prompt
from ivr.errors import ConfigurationError, nearest
from ivr.settings.source import Section


class IdentityPromptTable(Section):
    name: str = IdentityPrompts.name
    birth_date: str = IdentityPrompts.birth_date
    member_number: str = IdentityPrompts.member_number
    postal_code: str = IdentityPrompts.postal_code
    again: str = IdentityPrompts.again
    confirmed: str = IdentityPrompts.confirmed
    not_confirmed: str = IdentityPrompts.not_confirmed


class IdentityTable(Section):
    """`items` are checked by `plan_of`, which names the rule; `tries` is how many answers may fail to match."""

    items: tuple[str, ...]
    tries: int = Field(default=IdentityPlan.tries, ge=1)
    answer_timeout_s: float = Field(default=IdentityPlan.answer_timeout_s, ge=2, le=60)
    prompts: IdentityPromptTable = IdentityPromptTable()


def plan_of(table: IdentityTable, *, direction: Direction, profile: Profile, file: str) -> IdentityPlan:
    """Return the plan. Raises ConfigurationError with the rule id for what may not be asked, naming the nearest item
    that may; for too few items, too many tries, and an outbound program."""
    if direction is not Direction.INBOUND:
        raise ConfigurationError(
            "whoever we call is never asked to prove who they are (ASK-001)",
            file=file,
            key="identity",
            remedy="remove the table; on an outbound call invite the person to call the official number back",
        )
    items = tuple(_item(name, profile, file) for name in table.items)
    least, most = (int(profile.number(RULE, param)) for param in ("min_items", "max_attempts"))
    if len(set(items)) < max(2, least):
        raise ConfigurationError(
            f"at least {max(2, least)} different items identify a caller ({RULE})",
            file=file,
            key="identity.items",
            value=list(table.items),
            remedy=f"choose among {', '.join(item.value for item in IdentityItem)}",
        )
    if table.tries > most:
        raise ConfigurationError(
            f"{table.tries} tries are more than {RULE} allows",
            file=file,
            key="identity.tries",
            value=table.tries,
            remedy=f"write at most {most}",
        )
    prompts = IdentityPrompts(**table.prompts.model_dump())
    return IdentityPlan(tuple(dict.fromkeys(items)), table.tries, table.answer_timeout_s, prompts)


def check_prompts(plan: IdentityPlan, prompts: Mapping[str, Prompt], file: str) -> None:
    """Raises ConfigurationError for a prompt that the check would say and that does not exist."""
    used = {item.value for item in plan.items} | {"again", "confirmed", "not_confirmed"}
    for moment, prompt_id in dataclasses.asdict(plan.prompts).items():
        if moment in used and prompt_id not in prompts:
            raise ConfigurationError(
                f"there is no prompt '{prompt_id}'",
                file=file,
                key=f"identity.prompts.{moment}",
                value=prompt_id,
                remedy=nearest(prompt_id, prompts),
            )


def _item(name: str, profile: Profile, file: str) -> IdentityItem:
    known = {item.value: item for item in IdentityItem}
    item = known.get(name)
    if item is not None and NAME_IN_RULE[item] in profile.names(RULE, "items"):
        return item
    rule, remedy = refusal_of(name)
    raise ConfigurationError(
        f"'{name}' may not be asked to identify a caller ({rule})",
        file=file,
        key="identity.items",
        value=name,
        remedy=remedy,
    )
