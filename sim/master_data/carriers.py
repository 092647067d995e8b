"""Boats and trucks as AquaMind lists them: a row per vehicle of a geography's fleets.

Which one sails is not recorded: a fleet's vehicles are alike, and transfer actions name none.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.core.journal import Value
from sim.core.streams import stream, uniform_at
from sim.resources.kinds import Carrier, PoolKind, fleets
from sim.sites.layout import Layout

_IMO_WEIGHTS = (7, 6, 5, 4, 3, 2)


def carrier_rows(layout: Layout) -> Iterator[dict[str, Value]]:
    """The boats and trucks of a geography's fleets."""
    geography, knobs = layout.geography, layout.scenario.carriers
    mark = int(uniform_at(stream(0, geography.name, "carriers"), 0) * 100_000)
    for kind, carrier in _listed():
        name, vessel = carrier.title, carrier.type == "VESSEL"
        capacity_m3 = carrier.capacity_m3(geography, knobs)
        for number in range(kind.vehicles(geography)):
            mark = (mark + _STEP) % 100_000
            yield {
                "name": f"{geography.prefix} {name} {number + 1:02d}",
                "carrier_type": carrier.type,
                "capacity_m3": capacity_m3,
                "license_plate": "" if vessel else f"{geography.prefix}{mark:05d}",
                "imo_number": _imo(mark) if vessel else "",
                "captain_contact": (
                    f"{name.lower().replace(' ', '-')}-{number + 1:02d}"
                    f"@{geography.prefix.lower()}.example"
                ),
                "active": True,
                "geography": layout.geography_key,
            }


def _listed() -> list[tuple[PoolKind, Carrier]]:
    """The fleets whose vehicles AquaMind lists, in the order of its list."""
    found = [(kind, kind.carrier) for kind in fleets() if kind.carrier is not None]
    return sorted(found, key=lambda one: one[1].place)


_STEP = 97
"""Between the numbers of one vehicle and the next; it shares no factor with their range."""


def _imo(mark: int) -> str:
    """An IMO number with its check digit, in a range (2...) where no real ship is numbered."""
    digits = f"2{mark:05d}"
    check = sum(int(digit) * weight for digit, weight in zip(digits, _IMO_WEIGHTS, strict=True))
    return f"IMO {digits}{check % 10}"
