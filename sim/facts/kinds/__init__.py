"""One definition per kind of fact, by domain: its fields and types, in the order of their columns.

Kinds are ordered by role (master data and sites before what refers to them), then by domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from sim.facts.kinds import (
    broodstock,
    company,
    finance,
    fish,
    health,
    own,
    planning,
    projections,
    supply,
    water,
)
from sim.facts.kinds.kind import Kind, Role

__all__ = ["KINDS", "Kind", "Role"]

_ROLES: tuple[Role, ...] = ("master", "site", "entity", "fact")
_DOMAINS = (
    company,
    broodstock,
    fish,
    supply,
    water,
    health,
    projections,
    finance,
    planning,
    own,
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in sorted(
        chain.from_iterable(domain.KINDS for domain in _DOMAINS),
        key=lambda kind: _ROLES.index(kind.role),
    )
}
