"""How often defects should be met, and whether they are: the labels against the knobs' rates.

What a rate asks for is worked out for every parameter, since not every sensor can have every
defect. A reading that has one defect has no other, so a kind only gets what those before it leave.
Readings of one spell are not independent: limits are as wide as if all spells were the longest.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from persistence.checks.engine.rule import SHOWN, Finding
from persistence.checks.engine.session import Session

NAME = "defects.rates"
_SAYS = "Defects are about as frequent as the scenario asks for"
_RATES = frozenset(
    {"share", "per_sensor_day", "per_container_day", "per_pair_day", "mortality_share",
     "sample_share"}
)  # fmt: skip
_STANDARD_DEVIATIONS = 4.5
_TOLERANCE = 0.03
_STARTS_PER_DAY = 288

Json = Mapping[str, Any]


def is_dirty(defects: Json | None) -> bool:
    """Whether a scenario asks for any defect."""
    return any(_rates(defects or {}))


def _rates(knobs: Json) -> Iterator[bool]:
    for name, value in knobs.items():
        if isinstance(value, Mapping):
            yield from _rates(value)
        elif name in _RATES:
            yield value > 0


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of defect of readings.

    Attributes:
        spells: whether it comes in spells.
        knobs: its own.
        chance: of a reading, in the mean over the hours of a day.
        cluster: most readings that have it together.
    """

    name: str
    spells: bool
    knobs: Json
    chance: float
    cluster: float


@dataclass(frozen=True, slots=True)
class _Places:
    """Readings that are due, by parameter; sensors by how often fish came to them."""

    readings: Mapping[str, int]
    paired: Mapping[str, int]
    beginnings: Mapping[str, int]


def rates(session: Session) -> list[Finding]:
    """Compare how often each kind is met with what the scenario asks for."""
    began = time.perf_counter()
    session.need(("our_label", "our_assignment", "our_sensor"))
    lines = [*_of_readings(session), *_of_records(session)]
    wrong = [line for line in lines if not line.low <= line.found <= line.high]
    shown = tuple(
        f"{line.name}: {line.found:,} labels, {line.low:,.0f} to {line.high:,.0f} expected"
        for line in wrong
    )
    seconds = time.perf_counter() - began
    return [
        Finding(
            NAME, "conservation", _SAYS, "rates", len(wrong), len(lines), shown[:SHOWN], seconds
        )
    ]


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    found: int
    low: float
    high: float


def _line(name: str, found: int, expected: float, cluster: float) -> _Line:
    doubt = _STANDARD_DEVIATIONS * math.sqrt(expected * cluster) + _TOLERANCE * expected + cluster
    return _Line(name, found, expected - doubt, expected + doubt)


def _of_readings(session: Session) -> Iterator[_Line]:
    defects, hours = session.knobs.defects or {}, session.knobs.hours
    kinds, places, found = _kinds(defects, hours), _places(session, len(hours)), _labels(session)
    left = dict.fromkeys(places.readings, 1.0)
    for kind in kinds:
        if not kind.chance:
            continue
        expected = 0.0
        due = places.paired if kind.name == "swapped" else places.readings
        for parameter in kind.knobs.get("parameters", due):
            mine = left.get(parameter, 0.0) * due.get(parameter, 0) * kind.chance
            if kind.name == "stuck":
                unknown = _before_the_fish(kind.knobs, len(hours))
                mine -= left.get(parameter, 0.0) * places.beginnings.get(parameter, 0) * unknown
            expected += mine
            if parameter in left:
                taken = kind.chance * due.get(parameter, 0) / max(places.readings[parameter], 1)
                left[parameter] *= 1 - taken
        told = f"{kind.name}, {'spells' if kind.spells else 'single'}"
        yield _line(told, found[kind.name, kind.spells], max(expected, 0.0), kind.cluster)


def _of_records(session: Session) -> Iterator[_Line]:
    defects = session.knobs.defects or {}
    unit, late = defects["unit"], defects["late"]
    if unit["sample_share"]:
        (heavy,) = session.row(
            """
            SELECT count(*) FROM batch_growthsample s
            JOIN our_assignment a ON a.id = s.assignment_id
            LEFT JOIN our_label d ON d.growth_sample_id = s.id
            WHERE COALESCE(d.true_value, s.avg_weight_g) >= :heavy
            """,
            {"heavy": unit["sample_from_g"]},
        )
        (found,) = session.row("SELECT count(*) FROM our_label WHERE growth_sample_id IS NOT NULL")
        yield _line("unit, samples", found, heavy * unit["sample_share"], 1)
    if late["mortality_share"]:
        days, deaths = session.row(
            """
            SELECT count(DISTINCT m.assignment_id * 100000 + DAY(m.event_date)), count(*)
            FROM batch_mortalityevent m JOIN our_assignment a ON a.id = m.assignment_id
            """
        )
        (found,) = session.row("SELECT count(*) FROM our_label WHERE mortality_id IS NOT NULL")
        together = 1 + 2 * (deaths / days - 1) if days else 1
        yield _line("late, deaths", found, deaths * late["mortality_share"], together)


def _kinds(defects: Json, hours: Sequence[int]) -> Sequence[_Kind]:
    """The kinds in their order of precedence."""
    dead, late = defects["missing"]["dead"], defects["late"]
    pair, stuck, unit = defects["swapped"], defects["stuck"], defects["unit"]

    def spells(name: str, knobs: Json, chance: str, sensors: int, grace: float = 0) -> _Kind:
        readings = math.ceil(knobs["hours_max"] / 24 * len(hours)) + 1
        covered = covered_share(
            knobs[chance], (knobs["hours_min"], knobs["hours_max"]), hours, grace
        )
        return _Kind(name, True, knobs, covered, readings * sensors)

    def single(name: str) -> _Kind:
        return _Kind(name, False, defects[name], defects[name]["share"], 1)

    most = 7  # sensors of a tank; a ring has fewer
    return (
        spells("missing", dead, "per_sensor_day", 1),
        single("missing"),
        spells("swapped", pair, "per_pair_day", 2 * most),
        spells("unit", unit, "per_sensor_day", 1),
        spells("stuck", stuck, "per_sensor_day", 1),
        single("spike"),
        single("duplicate"),
        spells("late", late, "per_container_day", most, late["grace_hours"]),
    )


def covered_share(
    chance: float, limits: tuple[int, int], hours: Sequence[int], grace: float = 0
) -> float:
    """The chance that a reading lies in at least one spell.

    Args:
        chance: that a spell begins on a day, at any minute.
        limits: shortest and longest spell in hours; all lengths between are alike.
        hours: of the readings.
        grace: hours at a spell's end that do not count.
    """
    shortest, longest = limits
    begun = (np.arange(_STARTS_PER_DAY) + 0.5) * 24 / _STARTS_PER_DAY
    days = np.arange(longest // 24 + 2)
    elapsed = days[:, None] * 24 + np.array(hours)[:, None, None] - begun
    length = max(longest - shortest, 1 / 60)
    lasting = np.clip((longest - elapsed - grace) / length, 0, 1) * (elapsed >= 0)
    free = (1 - chance * lasting.mean(axis=2)).prod(axis=1)
    return float(1 - free.mean())


def _before_the_fish(stuck: Json, hours: int) -> float:
    """Readings at the beginning of an assignment in spells that were older: nothing was held."""
    shortest, longest = stuck["hours_min"] / 24, stuck["hours_max"] / 24
    squares = (shortest * shortest + shortest * longest + longest * longest) / 3
    return float(stuck["per_sensor_day"] * squares / 2 * hours)


def _places(session: Session, hours: int) -> _Places:
    whole = session.rows(
        """
        SELECT p.name, sum(a.to_day - a.from_day), count(*)
        FROM our_assignment a
        JOIN our_sensor s ON s.container_id = a.container_id
        JOIN environmental_environmentalparameter p ON p.id = s.parameter_id
        GROUP BY p.name
        """
    )
    # Neighbours are two and two in the order of their keys.
    paired = session.rows(
        """
        SELECT p.name, sum(CASE WHEN LEAST(a.to_day, b.to_day) > MOST(a.from_day, b.from_day)
                                THEN LEAST(a.to_day, b.to_day) - MOST(a.from_day, b.from_day)
                                ELSE 0 END)
        FROM our_assignment a
        JOIN (
            SELECT x.id AS one, CASE WHEN x.place % 2 = 0 THEN x.before ELSE x.after END AS two
            FROM (
                SELECT c.id, row_number() OVER site AS place, lag(c.id) OVER site AS before,
                       lead(c.id) OVER site AS after
                FROM our_container c
                JOIN smoltflow_key k ON k.id = c.id AND k.run_id = RUN_ID
                                    AND k.table_name = 'infrastructure_container'
                WHERE c.holds = 1
                WINDOW site AS (PARTITION BY c.site ORDER BY k.k)
            ) x
        ) pair ON pair.one = a.container_id
        JOIN our_assignment b ON b.container_id = pair.two
        JOIN our_sensor s ON s.container_id = a.container_id
        JOIN environmental_environmentalparameter p ON p.id = s.parameter_id
        GROUP BY p.name
        """
    )
    return _Places(
        {name: int(days) * hours for name, days, _ in whole},
        {name: int(days) * hours for name, days in paired},
        {name: int(number) for name, _, number in whole},
    )


def _labels(session: Session) -> Counter[tuple[str, bool]]:
    rows = session.rows(
        """
        SELECT kind, CASE WHEN since IS NULL THEN 0 ELSE 1 END, count(*) FROM our_label
        WHERE sensor_id IS NOT NULL GROUP BY 1, 2
        """
    )
    return Counter({(kind, bool(spells)): int(count) for kind, spells, count in rows})
