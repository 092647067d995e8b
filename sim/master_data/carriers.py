"""Boats and trucks as AquaMind lists them: a row per vehicle of a geography's fleets.

Which one sails is not recorded: a fleet's vehicles are alike, and transfer actions name none.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.core.journal import Value
from sim.core.streams import stream, uniform_at
from sim.sites.layout import Layout

_IMO_WEIGHTS = (7, 6, 5, 4, 3, 2)


def carrier_rows(layout: Layout) -> Iterator[dict[str, Value]]:
    """The wellboats, feed boats, feed trucks and treatment vessels of a geography."""
    geography, knobs = layout.geography, layout.scenario.carriers
    wellboat_m3 = geography.wellboat_kg / 1000 * knobs.wellboat_m3_per_tonne
    mark = int(uniform_at(stream(0, geography.name, "carriers"), 0) * 100_000)
    for name, kind, count, capacity_m3 in (
        ("Wellboat", "VESSEL", geography.wellboats, wellboat_m3),
        ("Feed Boat", "VESSEL", geography.feed_boats, knobs.feed_boat_m3),
        ("Feed Truck", "TRUCK", geography.feed_trucks, knobs.feed_truck_m3),
        ("Treatment Vessel", "VESSEL", geography.treatment_vessels, knobs.treatment_vessel_m3),
    ):
        for number in range(count):
            mark = (mark + _STEP) % 100_000
            yield {
                "name": f"{geography.prefix} {name} {number + 1:02d}",
                "carrier_type": kind,
                "capacity_m3": capacity_m3,
                "license_plate": f"{geography.prefix}{mark:05d}" if kind == "TRUCK" else "",
                "imo_number": _imo(mark) if kind == "VESSEL" else "",
                "captain_contact": (
                    f"{name.lower().replace(' ', '-')}-{number + 1:02d}"
                    f"@{geography.prefix.lower()}.example"
                ),
                "active": True,
                "geography": layout.geography_key,
            }


_STEP = 97
"""Between the numbers of one vehicle and the next; it shares no factor with their range."""


def _imo(mark: int) -> str:
    """An IMO number with its check digit, in a range (2...) where no real ship is numbered."""
    digits = f"2{mark:05d}"
    check = sum(int(digit) * weight for digit, weight in zip(digits, _IMO_WEIGHTS, strict=True))
    return f"IMO {digits}{check % 10}"
