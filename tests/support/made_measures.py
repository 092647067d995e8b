"""Measures made by hand: one hall, one sea area, two batches and round numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sim.core.clock import day_of
from sim.kpi.compose import compose
from sim.kpi.measures import TYPES, Measures
from sim.scenario import Scenario
from tests.support.small_company import START, company

JANUARY, FEBRUARY, MARCH, APRIL, MAY = (
    day_of(date(2021, month, 1)) for month in range(1, 6)
)  # fmt: skip
END = day_of(date(2021, 7, 1))

HEADER: dict[str, Any] = {
    "scenario": "made", "seed": 1, "currency": "DKK", "first_day": JANUARY, "end_day": END,
    "geographies": ("North",), "stages": ("Fry", "Adult"), "sea_order": 1, "egg_g": 0.0,
}  # fmt: skip
KINDS = [
    ("tanks", "A"), ("rings", None), ("wellboats", None), ("harvest plant", None),
    ("feed boats", None), ("barges", None),
]  # fmt: skip

# The first batch goes to sea in February and is harvested by mid April, at 5.5 kg where 6 are its
# target; the second follows it into the area as soon as that was fallow, ten days late. It grows
# from 200 to 4,000 g there in 46 days, and is harvested in June, 8 days after it met its target.
TARGET_G = (200 ** (1 / 3) * 8 / 46 + 4000 ** (1 / 3) * 38 / 46) ** 3
ROWS: Mapping[str, list[tuple[Any, ...]]] = {
    "batches": [
        (0, 0, "N-1", 1, JANUARY, JANUARY, 1000, 6000.0, APRIL + 10, APRIL + 14, -1, 0, 0.0, 0.0),
        (0, 1, "N-2", 2, FEBRUARY, FEBRUARY, 2000, TARGET_G, MAY + 20, MAY + 40, -1, 0, 0.0, 500.0),
    ],
    "transitions": [
        (0, 0, 0, JANUARY, JANUARY, JANUARY, 1000, 0, 0.0, 0.0),
        (0, 0, 1, FEBRUARY, FEBRUARY, FEBRUARY, 900, 10, 90.0, 9000.0),
        (0, 1, 0, FEBRUARY, FEBRUARY, FEBRUARY, 2000, 0, 0.0, 0.0),
        (0, 1, 1, APRIL + 14, APRIL + 24, APRIL + 24, 1600, 0, 320.0, 32000.0),
    ],
    "harvests": [
        (0, 0, 0, 0, APRIL + 10, 400, 2000.0, 100_000.0),
        (0, 1, 0, 0, APRIL + 14, 400, 2400.0, 120_000.0),
        (0, 2, 0, 1, MAY + 40, 1500, 6000.0, 300_000.0),
    ],
    "deaths": [
        (0, 0, JANUARY, 0, "DISEASE", 90, 1.0),
        (0, 0, FEBRUARY, 0, "TRANSFER", 10, 1.0),
        (0, 0, MARCH, 1, "UNKNOWN", 100, 100.0),
        (0, 1, MARCH, 0, "DISEASE", 400, 4.0),
        (0, 1, MAY, 1, "DISEASE", 100, 100.0),
    ],
    "feed": [
        (0, 0, JANUARY, 0, 100.0, 300.0),
        (0, 0, MARCH, 1, 4300.0, 8600.0),
        (0, 1, MARCH, 0, 600.0, 1800.0),
        (0, 1, MAY, 1, 6600.0, 13_200.0),
    ],
    "treatments": [
        (0, 0, MARCH + 1, "physical", "Thermal against salmon lice"),
        (0, 0, MARCH + 2, "physical", "Thermal against salmon lice"),
        (0, 0, MARCH + 20, "physical", "Thermal against salmon lice"),
        (0, 0, JANUARY + 5, "vaccination", "Dip"),
        (0, 0, JANUARY + 5, "vaccination", "Dip"),
    ],
    "waits": [
        (0, "N sea areas", "rings", "rings", None, 1, "N-2", APRIL + 8.25, APRIL + 24.25, None,
         "N-2 claims a place for Adult", [("N-1", 2)]),
        (0, "N harvest plant", "plant", "harvest plant", None, 1, "N-2", MAY + 30.25, MAY + 40.25,
         None, "N-2 is ready for harvest", []),
        (0, "N-SEA-01-Barge-1", "feed", "barges", None, 1, "N-2", MAY + 3.625, MAY + 5.625, 250.0,
         "N-2 eats less: the store is short", []),
        (0, "N feed boats", "delivery", "feed boats", None, -1, "N-SEA-01-Barge-1", MAY + 1.0,
         MAY + 5.0, None, "N-SEA-01-Barge-1 waits for a delivery", [("N-SEA-02-Barge-1", 1)]),
        (0, "N-FW-01-Hall-A", "tanks", "tanks", "A", -1, "N-3", MARCH + 0.25, None, None,
         "N-3 claims a place for Fry", [("N-2", 1), ("fallow", 1)]),
    ],
    "usage": [
        (0, "N-SEA-01", "rings", None, JANUARY, 62.0, 0.0, 0.0, 0.0),
        (0, "N-SEA-01", "rings", None, APRIL, 60.0, 30.0, 15.0, 16.0),
        (0, "N-SEA-01", "rings", None, MAY, 62.0, 62.0, 0.0, 0.0),
        (0, "N harvest plant", "harvest plant", None, APRIL, 30.0, 3.0, 0.0, 0.0),
        (0, "N harvest plant", "harvest plant", None, MAY, 31.0, 0.0, 0.0, 0.0),
    ],
    "stays": [
        (0, 0, 0, "N-FW-01-Hall-A", JANUARY, FEBRUARY, 2),
        (0, 0, 1, "N-SEA-01", FEBRUARY, APRIL + 14, 2),
        (0, 1, 0, "N-FW-01-Hall-A", FEBRUARY, APRIL + 24, 2),
        (0, 1, 1, "N-SEA-01", APRIL + 24, MAY + 40, 2),
    ],
}  # fmt: skip


def made(rows: Mapping[str, list[tuple[Any, ...]]] | None = None, **header: Any) -> Measures:
    """The company, with other rows or another header."""
    assert TYPES.keys() - {"holders"} == ROWS.keys()
    return compose(HEADER | header, {**ROWS, **(rows or {})}, KINDS)


def one_after_the_other(seed: int, **changes: object) -> Scenario:
    """Eight batches, ten days apart, that want to go to sea one after the other."""
    starts = [
        {"geography": "North", "start": START + timedelta(days=10 * n), "station": n % 3 + 1}
        for n in range(8)
    ]
    return company(
        seed=seed,
        schedule={"tail_days": 130, "entries": starts},
        geographies__0__stations=3,
        geographies__0__wellboats=6,
        **changes,
    )
