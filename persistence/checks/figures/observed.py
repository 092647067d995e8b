"""What a run's fish lived through, as published figures are told: by cycle, by site and month.

A cycle is a batch's time at sea, from its first fish there to its last harvest; a site is a sea
area. Everything is worked out from rows that AquaMind has too, so that a farm's own database could
be asked the same questions.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from persistence.checks.engine.session import Session
from persistence.ledger import EPOCH

DAYS_PER_MONTH = 30.44
_LEAST_DAYS = 20
"""A site-month counts if the site was stocked for so many of its days."""
_PELLET_CG = (275_000, 325_000)
"""Fish of about 3 kg, in 0.01 g."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """A batch's time at sea, from its first fish there to its last harvest.

    Attributes:
        stocked: fish that came; ``died`` and ``harvested`` of them.
        start_g, end_g: mean live weight when they came and when they were harvested.
        tgc: thermal growth coefficient x 1000 between the two, the mean of its rings.
        grown_kg: what grew, that of the fish that died included.
    """

    geography: str
    batch: str
    from_day: int
    to_day: int
    stocked: int
    died: int
    harvested: int
    start_g: float
    end_g: float
    gutted_g: float
    tgc: float
    feed_kg: float
    grown_kg: float

    @property
    def months(self) -> float:
        """Time at sea."""
        return (self.to_day - self.from_day) / DAYS_PER_MONTH

    @property
    def mortality(self) -> float:
        """Share of the fish that died at sea."""
        return self.died / max(self.stocked, 1)

    @property
    def biological_fcr(self) -> float:
        """Feed by growth, that of the dead included."""
        return self.feed_kg / max(self.grown_kg, 1e-9)

    @property
    def economic_fcr(self) -> float:
        """Feed by what the harvest weighs beyond the smolts."""
        gain_kg = (self.harvested * self.end_g - self.stocked * self.start_g) / 1000
        return self.feed_kg / max(gain_kg, 1e-9)


@dataclass(frozen=True, slots=True)
class SiteMonth:
    """A sea area in a month: the share of its fish that died; ``month`` is its first day."""

    geography: str
    site: int
    month: int
    mortality: float


@dataclass(frozen=True, slots=True)
class Observed:
    """What one or several databases of a run show.

    Attributes:
        water: the sea's (day, degrees C) by geography, the mean of what its fish felt.
        hatching: degree-days to hatch by batch; ``smolts`` share of the eggs that went to sea.
        causes: deaths at sea by cause.
        pellet_mm: of each 10 g that fish of 3 kg ate, summed, and how many 10 g there were.
        gaps: days for which a site was empty between two batches, by geography.
        live_kg, gutted_kg, superior_kg: of the harvest.
        lice_rate: development of lice per day and stage, a + b T + c T^2; none without lice.
    """

    cycles: tuple[Cycle, ...] = ()
    site_months: tuple[SiteMonth, ...] = ()
    water: dict[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)
    hatching: dict[str, float] = field(default_factory=dict)
    smolts: dict[str, float] = field(default_factory=dict)
    causes: Counter[str] = field(default_factory=Counter)
    pellet_mm: tuple[float, float] = (0.0, 0.0)
    gaps: dict[str, tuple[int, ...]] = field(default_factory=dict)
    live_kg: float = 0.0
    gutted_kg: float = 0.0
    superior_kg: float = 0.0
    lice_rate: tuple[float, ...] = ()

    def __add__(self, other: Observed) -> Observed:
        return Observed(
            cycles=self.cycles + other.cycles,
            site_months=self.site_months + other.site_months,
            water=self.water | other.water,
            hatching=self.hatching | other.hatching,
            smolts=self.smolts | other.smolts,
            causes=self.causes + other.causes,
            pellet_mm=(
                self.pellet_mm[0] + other.pellet_mm[0],
                self.pellet_mm[1] + other.pellet_mm[1],
            ),
            gaps=self.gaps | other.gaps,
            live_kg=self.live_kg + other.live_kg,
            gutted_kg=self.gutted_kg + other.gutted_kg,
            superior_kg=self.superior_kg + other.superior_kg,
            lice_rate=self.lice_rate or other.lice_rate,
        )


def observe(session: Session) -> Observed:
    """Look at one database."""
    session.need(("our_state", "our_inflow", "our_harvest", "our_sea_life"))
    live_kg, gutted_kg, superior_kg = session.row(
        """
        SELECT COALESCE(sum(l.live_weight_kg), 0), COALESCE(sum(l.gutted_weight_kg), 0),
               COALESCE(sum(CASE WHEN p.code = 'SUPERIOR' THEN l.live_weight_kg END), 0)
        FROM harvest_harvestlot l
        JOIN harvest_harvestevent e ON e.id = l.event_id
        JOIN our_assignment a ON a.id = e.assignment_id
        JOIN harvest_productgrade p ON p.id = l.product_grade_id
        """
    )
    lice = json.loads(session.run.spec.resolved).get("lice")
    return Observed(
        cycles=tuple(_cycles(session)),
        site_months=tuple(_site_months(session)),
        water=_water(session),
        hatching=_hatching(session),
        smolts=_smolts(session),
        causes=_causes(session),
        pellet_mm=_pellet(session),
        gaps=_gaps(session),
        live_kg=float(live_kg),
        gutted_kg=float(gutted_kg),
        superior_kg=float(superior_kg),
        lice_rate=tuple(lice["stage_rate"]) if lice else (),
    )


def _cycles(session: Session) -> Iterator[Cycle]:
    """Cycles that are over: none of the batch's fish is alive."""
    rows = session.rows(
        """
        SELECT g.name, b.name, min(x.from_day), max(x.to_day), sum(x.came_n), sum(x.died),
               sum(x.n), sum(x.came_dag) / 100.0, sum(x.g) / 1000.0, sum(x.feed_dag) / 100.0,
               sum(x.dead_cg) / 100000.0, sum(l.gutted_kg)
        FROM our_sea_life x
        JOIN our_batch b ON b.id = x.batch_id
        JOIN our_geography g ON g.id = x.geography_id
        LEFT JOIN (
            SELECT e.assignment_id, sum(t.gutted_weight_kg) AS gutted_kg
            FROM harvest_harvestevent e JOIN harvest_harvestlot t ON t.event_id = e.id
            GROUP BY e.assignment_id
        ) l ON l.assignment_id = x.assignment_id
        WHERE b.status = 'COMPLETED'
        GROUP BY g.name, b.name ORDER BY g.name, b.name
        """
    )
    tgc = _tgc(session)
    for name, batch, from_day, to_day, stocked, died, harvested, *amounts in rows:
        came_kg, live_kg, feed_kg, dead_kg, gutted_kg = (float(kg or 0) for kg in amounts)
        if not harvested:
            continue
        yield Cycle(
            geography=name,
            batch=batch,
            from_day=int(from_day),
            to_day=int(to_day),
            stocked=int(stocked),
            died=int(died),
            harvested=int(harvested),
            start_g=1000 * came_kg / max(int(stocked), 1),
            end_g=1000 * live_kg / int(harvested),
            gutted_g=1000 * gutted_kg / int(harvested),
            tgc=tgc[batch],
            feed_kg=feed_kg,
            grown_kg=live_kg + dead_kg - came_kg,
        )


def _tgc(session: Session) -> dict[str, float]:
    """Sea growth of each batch, from its rings' weights and the water that they had."""
    rings: dict[str, list[float]] = {}
    for batch, came_n, came_dag, n, grams, warmth in session.rows(
        """
        SELECT b.name, x.came_n, x.came_dag, x.n, x.g, x.warmth FROM our_sea_life x
        JOIN our_batch b ON b.id = x.batch_id
        WHERE x.n > 0 AND x.came_n > 0 AND x.warmth > 0
        """
    ):
        grown = np.cbrt(float(grams) / n) - np.cbrt(10 * float(came_dag) / came_n)
        rings.setdefault(batch, []).append(1000 * float(grown) / float(warmth))
    return {batch: sum(found) / len(found) for batch, found in rings.items()}


def _site_months(session: Session) -> Iterator[SiteMonth]:
    """The chance to die in a month, from the days' deaths and fish."""
    survival: dict[tuple[str, int, int], tuple[float, int]] = {}
    for name, site, month, died, alive in session.rows(
        """
        SELECT g.name, a.site, s.month, sum(s.died), sum(s.n)
        FROM our_state s
        JOIN our_sea_life x ON x.assignment_id = s.assignment_id
        JOIN our_assignment a ON a.id = s.assignment_id
        JOIN our_geography g ON g.id = a.geography_id
        GROUP BY g.name, a.site, s.month, s.day
        """
    ):
        if alive or died:
            so_far, days = survival.get((name, site, month), (1.0, 0))
            today = 1 - float(died) / (float(alive) + float(died))
            survival[name, site, month] = so_far * today, days + 1
    for (name, site, month), (alive_share, days) in sorted(survival.items()):
        if days >= _LEAST_DAYS:
            yield SiteMonth(name, int(site), int(month), 1 - alive_share)


def _water(session: Session) -> dict[str, tuple[tuple[int, float], ...]]:
    water: dict[str, list[tuple[int, float]]] = {}
    for name, day, degc in session.rows(
        """
        SELECT g.name, DAY(s.date), avg(s.temp_c)
        FROM batch_actualdailyassignmentstate s
        JOIN our_sea_life x ON x.assignment_id = s.assignment_id
        JOIN our_geography g ON g.id = x.geography_id
        GROUP BY g.name, s.date ORDER BY g.name, s.date
        """
    ):
        water.setdefault(name, []).append((int(day), float(degc)))
    return {name: tuple(days) for name, days in water.items()}


def _hatching(session: Session) -> dict[str, float]:
    """Degree-days from the day the eggs were laid down to that on which they were seen hatching."""
    rows = session.rows(
        """
        SELECT b.name, sum(d.degc)
        FROM (
            SELECT e.batch_id, min(UTC_DAY(e.entry_date)) AS day
            FROM smoltflow_journal_tag t
            JOIN health_journalentry e ON e.id = t.entry_id
            WHERE t.tag = 'hatching' GROUP BY e.batch_id
        ) h
        JOIN our_batch b ON b.id = h.batch_id
        JOIN (
            SELECT a.batch_id, DAY(s.date) AS day, avg(s.temp_c) AS degc
            FROM batch_actualdailyassignmentstate s
            JOIN our_assignment a ON a.id = s.assignment_id AND a.sort = 0
            GROUP BY a.batch_id, s.date
        ) d ON d.batch_id = h.batch_id AND d.day <= h.day
        GROUP BY b.name
        """
    )
    return {name: float(warmth) for name, warmth in rows}


def _smolts(session: Session) -> dict[str, float]:
    """Of batches that have left the freshwater: fish that came to the sea / eggs laid down."""
    rows = session.rows(
        """
        SELECT b.name, x.n, w.eggs
        FROM our_batch b
        JOIN (SELECT batch_id, sum(came_n) AS n FROM our_sea_life GROUP BY batch_id) x
          ON x.batch_id = b.id
        JOIN (SELECT batch_id, sum(total_eggs_received) AS eggs FROM batch_creationworkflow
              GROUP BY batch_id) w ON w.batch_id = b.id
        WHERE b.id NOT IN (
            SELECT a.batch_id FROM our_assignment a
            WHERE a.active = 1 AND a.id NOT IN (SELECT assignment_id FROM our_sea_life))
        """
    )
    return {name: float(fish) / float(eggs) for name, fish, eggs in rows}


def _causes(session: Session) -> Counter[str]:
    rows = session.rows(
        """
        SELECT m.cause, sum(m.count) FROM batch_mortalityevent m
        JOIN our_sea_life x ON x.assignment_id = m.assignment_id GROUP BY m.cause
        """
    )
    return Counter({cause: int(count) for cause, count in rows})


def _pellet(session: Session) -> tuple[float, float]:
    weighted, weight = session.row(
        """
        SELECT COALESCE(sum(e.amount_kg * f.pellet_size_mm), 0), COALESCE(sum(e.amount_kg), 0)
        FROM our_state s
        JOIN our_sea_life x ON x.assignment_id = s.assignment_id
        JOIN inventory_feedingevent e ON e.batch_assignment_id = s.assignment_id
                                     AND e.feeding_date = DATE_OF(s.day)
        JOIN inventory_feed f ON f.id = e.feed_id
        WHERE s.weight_cg BETWEEN :low AND :high
        """,
        {"low": _PELLET_CG[0], "high": _PELLET_CG[1]},
    )
    return float(weighted), float(weight)


def _gaps(session: Session) -> dict[str, tuple[int, ...]]:
    gaps: dict[str, list[int]] = {}
    for name, days in session.rows(
        """
        SELECT g.name, v.from_day - v.before_day
        FROM (
            SELECT geography_id, from_day,
                   lag(to_day) OVER (PARTITION BY geography_id, site ORDER BY from_day)
                       AS before_day
            FROM (
                SELECT a.geography_id, a.site, a.batch_id, min(a.from_day) AS from_day,
                       max(a.to_day) AS to_day
                FROM our_assignment a
                JOIN our_sea_life x ON x.assignment_id = a.id
                GROUP BY a.geography_id, a.site, a.batch_id
            ) u
        ) v
        JOIN our_geography g ON g.id = v.geography_id
        WHERE v.before_day IS NOT NULL
        """
    ):
        gaps.setdefault(name, []).append(int(days))
    return {name: tuple(found) for name, found in gaps.items()}


def month_of(day: int) -> int:
    """The calendar month of a day, 1 to 12."""
    return (EPOCH + timedelta(days=day)).month
