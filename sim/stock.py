"""The fish: arrays over a geography's containers, and the two array steps of a day.

Batches are the actors; they put fish in, take fish out and bring feed. In between, a day's biology
is one array step over all occupied containers: ``ration`` at midday says how much every container
would eat, ``close`` in the evening lets the fish grow from what they got, and die.

Feed is in whole 10 g (dag). Weight, count and biomass are per container and stay unrounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.biology.growth import grown_weight_g
from sim.biology.mortality import deaths
from sim.condition import LICE_STAGES, Condition, Tally
from sim.journal import Columns
from sim.layout import Layout
from sim.resources.feed import DAG_PER_KG
from sim.scenario.farm_knobs import Stage
from sim.streams import NOISE_MOST, bits, noise, noise_of, stream, uniform_of
from sim.water import Water

Index = NDArray[np.int64]

ANCHOR_NONE, ANCHOR_SAMPLE, ANCHOR_TRANSFER, ANCHOR_VACCINATION = 0, 1, 2, 3
_LOAD_MEMORY = 0.8
"""Share of yesterday's feed load that is still in the water of a hall (biofilter lag)."""
_LEAST_WASTE = 0.1
"""Feed that a gain takes on a good day, at least, as a share of what it takes on average."""
_FULL = 0.995
"""Fish are not fed beyond this share of a container's biomass limit."""


class FishStock:
    """What lives in every container of a geography.

    Attributes:
        count, weight_g: fish and their mean weight.
        batch, assignment: keys, -1 where empty; ``stage`` the order of the stage.
        batch_start: first day of the batch; ``since`` day on which the container was stocked.
        luck: key of the container's own stream: of its batch, stage and place.
        weighed: day of the last growth sample, -1 if none; ``vaccinated`` day of the last
            vaccination in which all fish were weighed.
        ration_dag, eaten_dag: today's; ``wanted_dag`` what appetite alone would be.
        purchase, price_cents: of the first and second lot that today's feed came from;
            ``first_dag`` of it came from the first, ``more_dag`` from a third or later one.
        least_waste: the least share of the average FCR that a gain takes on any day.
        crowded: keys of the batches whose ration was cut by a container's limit today.
    """

    def __init__(self, layout: Layout, water: Water, seed: int) -> None:
        size = layout.holding
        self.layout, self.water = layout, water
        self.count = np.zeros(size, dtype=np.int64)
        self.weight_g = np.zeros(size)
        self.batch = np.full(size, -1, dtype=np.int64)
        self.assignment = np.full(size, -1, dtype=np.int64)
        self.stage = np.zeros(size, dtype=np.int64)
        self.batch_start = np.zeros(size, dtype=np.int64)
        self.since = np.zeros(size, dtype=np.int64)
        self.weighed = np.full(size, -1, dtype=np.int64)
        self.vaccinated = np.full(size, -1, dtype=np.int64)
        self.luck = np.zeros(size, dtype=np.uint64)
        self.batch_luck = np.zeros(size, dtype=np.uint64)
        self.growth = np.ones(size)
        self.fcr = np.ones(size)
        self.hazard = np.zeros(size)
        self.load = np.zeros(size)
        self.wanted_dag = np.zeros(size, dtype=np.int64)
        self.ration_dag = np.zeros(size, dtype=np.int64)
        self.eaten_dag = np.zeros(size, dtype=np.int64)
        self.feed = np.full(size, -1, dtype=np.int64)
        self.purchase = np.full((2, size), -1, dtype=np.int64)
        self.price_cents = np.zeros((2, size))
        self.more_dag = np.zeros(size, dtype=np.int64)
        self.crowded: set[int] = set()
        self.first_dag = np.zeros(size, dtype=np.int64)
        keys = np.array(
            [stream(seed, layout.geography.name, name, "water") for name in layout.names],
            dtype=np.uint64,
        )
        variation = layout.scenario.variation
        self.offset_degc = np.round(variation.container_temperature_sd_degc * noise(keys, 0), 4)
        stages = layout.stages
        self._tgc = np.array([stage.tgc for stage in stages])
        self._most = np.array([stage.max_feed_percent_per_day for stage in stages]) / 100
        self._fed = np.array([bool(stage.feeds) for stage in stages])
        self._yolk_g = np.array([_yolk_end_g(layout, stage) for stage in stages])
        self._daily_sd = np.array([stage.mortality_daily_sd for stage in stages])
        self._fcr_sd = variation.daily_fcr_sd
        self.least_waste = max(1 - NOISE_MOST * self._fcr_sd, _LEAST_WASTE)
        self.condition = _condition(layout)
        shares = np.cumsum([cause.share for cause in layout.scenario.death_causes])
        self._causes = shares / shares[-1]
        self._healing = layout.scenario.variation.healing_percent_per_day / 100
        self._sample_days = layout.scenario.recording.growth_sample_interval_days
        self._fish = self._known = self._look_around(np.empty(0, dtype=np.int64))
        self._temperature: NDArray[np.float64] = np.empty(0)

    def biomass_kg(self, containers: Index | int) -> NDArray[np.float64]:
        """Live weight per container, kg."""
        return np.asarray(self.count[containers] * self.weight_g[containers] / 1000)

    def temperature(self, containers: Index | int, day: int) -> NDArray[np.float64]:
        """Water temperature per container on a day, degrees C."""
        column = self.water.degc[:, day - self.water.first_day]
        return np.asarray(column[self.layout.site_of[containers]] + self.offset_degc[containers])

    def ration(self, day: int) -> None:
        """Midday: how much each container would eat, within appetite and the container's limit."""
        fish = self._fish = self.occupants()
        rows = fish.rows
        water = self.water.degc[:, day - self.water.first_day]
        degc = self._temperature = water[fish.site] + fish.offset_degc
        weight, count = self.weight_g[rows], self.count[rows]
        self._potential = grown_weight_g(weight, fish.tgc, np.maximum(degc, 0))
        biomass = count * weight / 1000
        gain_kg = count * (self._potential - weight) / 1000
        wanted_kg = np.minimum(gain_kg * fish.fcr, biomass * fish.most)
        wanted_kg *= self.condition.appetite[rows]
        room_kg = np.maximum(fish.full_kg - biomass, 0) * fish.fcr
        wanted = (wanted_kg * fish.dag_per_kg).astype(np.int64)
        ration = (np.minimum(wanted_kg, room_kg) * fish.dag_per_kg).astype(np.int64)
        self.wanted_dag[rows], self.ration_dag[rows] = wanted, ration
        cut = ration < wanted
        self.crowded = set(fish.batch[cut].tolist()) if cut.any() else set()
        for state in (self.eaten_dag, self.first_dag, self.more_dag):
            state[:] = 0
        self.purchase[:] = -1

    def occupants(self) -> Fish:
        """Who lives where now; the same object until somebody comes or goes."""
        rows = np.flatnonzero(self.batch >= 0)
        known = self._known
        if len(rows) == len(known.rows) and np.array_equal(
            self.assignment[rows], known.assignment
        ):
            return known
        self._known = self._look_around(rows)
        return self._known

    def _look_around(self, rows: Index) -> Fish:
        stage, layout = self.stage[rows], self.layout
        fed, limit_kg = self._fed[stage], layout.limit_kg[rows]
        luck = self.luck[rows]
        return Fish(
            rows=rows,
            assignment=self.assignment[rows],
            batch=self.batch[rows],
            stage=stage,
            start=self.batch_start[rows],
            site=layout.site_of[rows],
            offset_degc=self.offset_degc[rows],
            tgc=self._tgc[stage] * self.growth[rows],
            fcr=self.fcr[rows],
            most=self._most[stage],
            fed=fed,
            dag_per_kg=np.where(fed, float(DAG_PER_KG), 0.0),
            yolk_g=self._yolk_g[stage],
            hazard=self.hazard[rows],
            daily_sd=self._daily_sd[stage],
            limit_kg=limit_kg,
            full_kg=limit_kg * _FULL,
            luck=luck,
            keys=np.stack([self.batch_luck[rows], luck, luck, luck]) ^ _PURPOSES[:, None],
        )

    def close(self, day: int, *, told: bool = True) -> tuple[Columns, Columns]:
        """Evening: growth from what was eaten, deaths, and the day's columns.

        Args:
            day: today.
            told: whether anybody reads the first of the two that are returned.

        Returns:
            Equally long arrays over the occupied containers: keys, state at the end of the day and
            what happened in it; and the same over deaths by container and cause (see
            ``observations.days``).
        """
        fish, temperature = self._fish, self._temperature
        alive = self.batch[fish.rows] >= 0
        if not alive.all():  # emptied between midday and evening
            temperature, self._potential = temperature[alive], self._potential[alive]
            fish = self.occupants()
        rows, before, weight = fish.rows, self.count[fish.rows], self.weight_g[fish.rows]
        age = day - fish.start
        luck = bits(fish.keys, age)
        swing, deviation = noise_of(luck[:2])
        biomass_before = before * weight / 1000
        eaten_kg = self.eaten_dag[rows] / DAG_PER_KG
        waste = np.maximum(1 + self._fcr_sd * deviation, _LEAST_WASTE)
        gain_kg = eaten_kg / (fish.fcr * waste)
        if not fish.fed.all():
            yolk_left = np.maximum(np.minimum(self._potential, fish.yolk_g) - weight, 0)
            gain_kg = np.where(fish.fed, gain_kg, before * yolk_left / 1000)
        gain_kg = np.minimum(gain_kg, np.maximum(fish.limit_kg - biomass_before, 0))
        weight = np.where(before > 0, (biomass_before + gain_kg) * 1000 / np.maximum(before, 1), 0)
        dead, by_cause = self._deaths(day, fish, age, before, weight, swing, luck[2:])
        count = before - dead
        self.count[rows], self.weight_g[rows] = count, weight
        columns: Columns = {}
        if told:
            load = eaten_kg / self.layout.volume_m3[rows]
            self.load[rows] = _LOAD_MEMORY * self.load[rows] + (1 - _LOAD_MEMORY) * load
            sampled = fish.fed & (age % self._sample_days == 0) & (count > 0)
            self.weighed[rows[sampled]] = day
            columns = self._state(day, rows, fish.stage, age) | {
                "before_kg": biomass_before,
                "gain_kg": gain_kg,
                "degc": temperature,
                "dead": dead,
                "oxygen_loss": self.condition.oxygen_loss[rows],
                "anchor": self._anchor(day, rows, fish.stage, sampled),
            }
        self.condition.end_day(self._healing)
        return columns, by_cause

    def _state(self, day: int, rows: Index, stage: Index, age: Index) -> Columns:
        """What containers hold at the end of a day, and what was eaten there."""
        return {
            "day": np.full(len(rows), day, dtype=np.int64),
            "container": rows,
            "assignment": self.assignment[rows],
            "batch": self.batch[rows],
            "stage": stage,
            "age": age,
            "count": self.count[rows],
            "weight_g": self.weight_g[rows],
            "eaten_dag": self.eaten_dag[rows],
            "feed": self.feed[rows],
            "first_dag": self.first_dag[rows],
            "more_dag": self.more_dag[rows],
            "purchase": self.purchase[0, rows],
            "purchase_2": self.purchase[1, rows],
            "price_cents": self.price_cents[0, rows],
            "price_2_cents": self.price_cents[1, rows],
            "load": self.load[rows],
            "luck": self.luck[rows],
        }

    def _anchor(
        self, day: int, rows: Index, stage: Index, sampled: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Why the weight of a day is sure, if it is."""
        moved_in = (self.since[rows] == day) & (stage > 0)
        return np.select(
            [sampled, self.vaccinated[rows] == day, moved_in],
            [ANCHOR_SAMPLE, ANCHOR_VACCINATION, ANCHOR_TRANSFER],
            ANCHOR_NONE,
        )

    def _deaths(
        self,
        day: int,
        fish: Fish,
        age: Index,
        before: Index,
        weight_g: NDArray[np.float64],
        swing: NDArray[np.float64],
        luck: NDArray[np.uint64],
    ) -> tuple[Index, Columns]:
        """Deaths per row, of the background and then of today's harms; and by cause.

        Args:
            day: today; ``age`` the same in days since each batch's start.
            fish: who lives where; ``before`` their number.
            weight_g: what each weighs this evening.
            swing: how much more than usual a batch's fish die today; shape (rows,).
            luck: random bits for who dies, and of what; shape (2, rows).
        """
        swing = 1 + fish.daily_sd * swing
        hazard = np.minimum(np.maximum(fish.hazard * swing, 0), 1)
        dies, what = uniform_of(luck)
        dead = deaths(before, hazard, dies)
        cause = np.minimum(np.searchsorted(self._causes, what), len(self._causes) - 1)
        tally = Tally(dead, cause, self.condition.reasons)
        dead = dead + self.condition.die(fish.rows, before - dead, fish.luck, age, tally)
        at, by_cause = tally.columns()
        return dead, {
            "day": np.full(len(at), day, dtype=np.int64),
            "assignment": fish.assignment[at],
            "batch": fish.batch[at],
            "weight_g": weight_g[at],
            **by_cause,
        }


@dataclass(frozen=True, slots=True)
class Fish:
    """What does not change while the same fish live in the same containers; arrays over those.

    Attributes:
        rows: occupied containers, with their ``assignment``, ``batch``, ``stage`` and ``site``.
        start: first day of the batch.
        tgc, fcr: of this container's fish; ``most`` the most they may eat a day, as a share.
        dag_per_kg: 0 where nobody is fed.
        full_kg: biomass beyond which nobody is fed; ``limit_kg`` beyond which nobody grows.
        keys: streams of today's swing of deaths, of the FCR, of who dies and of what; shape
            (4, rows).
    """

    rows: Index
    assignment: Index
    batch: Index
    stage: Index
    start: Index
    site: Index
    offset_degc: NDArray[np.float64]
    tgc: NDArray[np.float64]
    fcr: NDArray[np.float64]
    most: NDArray[np.float64]
    fed: NDArray[np.bool_]
    dag_per_kg: NDArray[np.float64]
    yolk_g: NDArray[np.float64]
    hazard: NDArray[np.float64]
    daily_sd: NDArray[np.float64]
    limit_kg: NDArray[np.float64]
    full_kg: NDArray[np.float64]
    luck: NDArray[np.uint64]
    keys: NDArray[np.uint64]


def _condition(layout: Layout) -> Condition:
    """Everybody's health on the first day; the background's causes are the first reasons."""
    condition = Condition(layout.holding, len(layout.scenario.diseases), len(LICE_STAGES))
    for cause in layout.scenario.death_causes:
        condition.reason(cause.cause, cause.description)
    return condition


def _yolk_end_g(layout: Layout, stage: Stage) -> float:
    """Weight at which unfed alevins have used up their yolk: a tenth above the stage's plan."""
    degree_days = stage.temperature_degc * stage.duration_days
    planned: float = grown_weight_g(layout.scenario.eggs.weight_g, stage.tgc, degree_days)
    return 1.1 * planned


_PURPOSES = np.array(
    [stream(0, "purpose", name) for name in ("day", "fcr", "deaths", "cause")], dtype=np.uint64
)
