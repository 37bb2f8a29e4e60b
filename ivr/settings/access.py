"""Parses config/access.toml into an AccessPolicy: roles, what each may do, and the switch on sales recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from ivr.domain.access import AccessPolicy, Action, Role
from ivr.domain.retention.schedule import RetentionTable
from ivr.errors import ConfigurationError, nearest
from ivr.settings.source import Section, parse, read_toml


class _RoleTable(Section):
    title: str = Field(min_length=1)
    actions: list[Action]


class _SalesTable(Section):
    tags: list[str]
    internal_access: Literal["deny", "allow"] = "deny"
    internal_roles: list[Role] = Field(default_factory=list)


class _SpecialTable(Section):
    authority: list[Role] = Field(min_length=1)
    subject: list[Role] = Field(min_length=1)
    restricted: list[Role] = Field(default_factory=list)
    authority_view_days: int = Field(default=30, ge=1, le=365)


class _AccessFile(Section):
    max_items: int = Field(default=1, ge=1, le=20)
    roles: dict[Role, _RoleTable] = Field(min_length=1)
    sales: _SalesTable
    special: _SpecialTable


def load_access(path: Path, table: RetentionTable) -> AccessPolicy:
    """Read who may do what.

    Raises ConfigurationError for an unknown role, action or schedule, for a role that is used and has no actions, and
    when nobody could approve a hold, so that none could ever begin.
    """
    file = str(path)
    parsed = parse(_AccessFile, read_toml(path), file=file)
    for tag in parsed.sales.tags:
        if tag not in table.schedules:
            raise ConfigurationError(
                f"retention.toml has no schedule '{tag}'",
                file=file,
                key="sales.tags",
                value=tag,
                remedy=nearest(tag, table.schedules),
            )
    used = {
        "sales.internal_roles": parsed.sales.internal_roles,
        "special.authority": parsed.special.authority,
        "special.subject": parsed.special.subject,
        "special.restricted": parsed.special.restricted,
    }
    for key, roles in used.items():
        for role in roles:
            if role not in parsed.roles:
                raise ConfigurationError(
                    f"role '{role.value}' may do nothing here",
                    file=file,
                    key=key,
                    value=role.value,
                    remedy=f"add [roles.{role.value}]",
                )
    if not any(Action.APPROVE in role.actions for role in parsed.roles.values()):
        raise ConfigurationError(
            "nobody may approve a legal hold",
            file=file,
            key="roles",
            remedy='give "approve" to at least one role',
        )
    return AccessPolicy(
        titles={role: it.title for role, it in parsed.roles.items()},
        actions={role: frozenset(it.actions) for role, it in parsed.roles.items()},
        closed_tags=frozenset(parsed.sales.tags),
        internal_access=parsed.sales.internal_access == "allow",
        internal_roles=frozenset(parsed.sales.internal_roles),
        authority_roles=frozenset(parsed.special.authority),
        subject_roles=frozenset(parsed.special.subject),
        restricted_roles=frozenset(parsed.special.restricted),
        max_items=parsed.max_items,
        authority_view_days=parsed.special.authority_view_days,
    )
