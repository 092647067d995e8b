"""What is expected of batches before anything is simulated: how long they stay where.

Every batch is followed through its planned stages, as if nobody had to wait. What is known before
the first day is taken as it will be: the sea's temperature, storms, and what the sea does. To what
only the simulation knows (diseases, treatments of lice), fish lose the growth that is to be
expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.biology.growth import cubed
from sim.biology.water import seasonal_degc
from sim.core.arrays import Floats
from sim.core.clock import date_of
from sim.core.elementary import cbrt, exp, expm1, power
from sim.environment.sea_events import SeaEvents
from sim.environment.water import Water
from sim.environment.weather import Weather
from sim.master_data.activities import vaccination_due
from sim.scenario import Scenario
from sim.scenario.knobs.care import Care
from sim.scenario.knobs.farm import Stage
from sim.sites.layout import Layout
from sim.sites.names import STANDING_PROFILES
from sim.sites.parameters import FRESHWATER_PARAMETERS, SEA_PARAMETERS
from sim.sites.schedule import BatchPlan, Plan

_DAYS_PER_YEAR = 365.25
_MEAN_LOAD = 0.5
"""Of an illness, over its course."""
_FEMALES = 0.5
"""Share of lice that are females."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A batch in a stage.

    Attributes:
        first_day, days: expected; ``planned_days`` as its projection says.
        age: of the batch on the first day.
        deaths: expected records of deaths of one container.
        fish: of the whole batch on the first day.
        weight_g: mean on the evenings of the expected days.
    """

    stage: Stage
    first_day: int
    days: int
    planned_days: int
    age: int
    deaths: float
    fish: float
    weight_g: Floats

    def until(self, until: int) -> int:
        """The days before the end of the simulation."""
        return max(0, min(self.days, until - self.first_day))


class ExpectedSurroundings:
    """What a geography's fish meet at sea, as a mean over its areas, by day from ``first_day``.

    Attributes:
        degc: water as it will be; ``usual_degc`` by the season.
        appetite: share of the ration that storms and the sea's events leave.
        harmed: share of the areas where these kill, with the mean of ``hazard`` over all areas.
        month: 0 to 11.
    """

    def __init__(self, scenario: Scenario, index: int, plan: Plan) -> None:
        layout = Layout(scenario, index)
        self.scenario, self.geography = scenario, layout.geography
        self.first_day, self.areas = plan.first_day, len(layout.areas)
        self.profile_days = 0
        if layout.sea_stage is not None:
            self.profile_days = len(STANDING_PROFILES) * scenario.projections.sea_profile_days
        self.sensors = int(
            np.where(layout.at_sea, len(SEA_PARAMETERS), len(FRESHWATER_PARAMETERS)).sum()
        )
        last = max(batch.planned_end for batch in plan.batches)
        days = np.arange(plan.first_day, last + 1)
        of_year = np.array([date_of(int(day)).timetuple().tm_yday for day in days], dtype=float)
        sea = self.geography.sea
        self.month = np.array([date_of(int(day)).month - 1 for day in days])
        self.usual_degc = seasonal_degc(of_year, sea.mean_degc, sea.amplitude_degc, sea.peak_day)
        self.degc = self.usual_degc.copy()
        self.appetite = np.ones(len(days))
        self.harmed, self.hazard = np.zeros(len(days)), np.zeros(len(days))
        if layout.areas:
            self._look(layout, plan)

    def _look(self, layout: Layout, plan: Plan) -> None:
        """Work out the sea and the weather of the simulated days."""
        scenario, areas = self.scenario, [area.index for area in layout.areas]
        water = Water(layout, scenario.seed, plan.first_day, plan.end_day)
        known = slice(0, min(len(self.degc), water.degc.shape[1]))
        self.degc[known] = water.degc[areas].mean(axis=0)[known]
        events = SeaEvents(layout, water, scenario.sea_events, scenario.seed)
        appetite = np.ones((len(areas), water.degc.shape[1]))
        hazard = np.zeros(appetite.shape)
        for kind, strength in zip(events.kinds, events.strength, strict=True):
            appetite *= 1 - (1 - kind.appetite) * np.minimum(strength, 1)
            hazard += kind.hazard_percent_per_day / 100 * strength
        if scenario.storms is not None:
            weather = Weather(layout, scenario.seed, water, plan.first_day, plan.end_day)
            storm = weather.storm[areas]
            appetite[storm] *= scenario.storms.appetite
            hazard[storm] += scenario.storms.hazard_percent_per_day / 100
        self.appetite[known] = appetite.mean(axis=0)[known]
        self.hazard[known] = hazard.mean(axis=0)[known]
        self.harmed[known] = (hazard > 0).mean(axis=0)[known]

    def deaths(self, span: slice, fish: float) -> float:
        """Expected records of deaths of so many fish in a ring by storms and the sea's events."""
        harmed = self.harmed[span]
        hazard = self.hazard[span] / np.maximum(harmed, 1e-9)
        return float((harmed * -expm1(-fish * hazard)).sum())


@dataclass(slots=True)
class _Vaccinations:
    """The rounds of vaccination that a batch still has before it, and its last one."""

    care: Care
    planned: list[int]
    last: tuple[int, int] | None = None

    def given(self, stage: Stage, weight_g: Floats, age: int) -> list[int]:
        """The days of a stage, from 0, on which its fish are vaccinated, and no more after it.

        ``age`` is the batch's on the first of them.
        """
        days: list[int] = []
        while stage.vaccinates and self.planned:
            first = max(0, vaccination_due(self.care, self.planned[0], self.last) - age)
            big = np.flatnonzero(weight_g[first:] >= self.care.vaccination_least_weight_g)
            if not len(big):
                break
            days.append(first + int(big[0]))
            self.last = self.planned.pop(0), age + days[-1]
        return days


def stays_of(place: ExpectedSurroundings, batch: BatchPlan) -> Iterator[Stay]:
    """The batch's stages one after the other: what is planned, and what is expected of it."""
    scenario, eggs, care = place.scenario, place.scenario.eggs, place.scenario.care
    stages = scenario.stages_in(place.geography)
    day, fish = batch.start, batch.eggs * (1 - eggs.arrival_mortality_percent / 100)
    root = planned_root = cbrt(eggs.weight_g)
    entered: dict[str, int] = {}
    rounds = _Vaccinations(care, sorted(set(care.vaccination_days)))
    for stage, most in zip(stages, batch.durations, strict=True):
        since = entered.setdefault(stage.role, day) - day
        span = slice(day - place.first_day, day - place.first_day + most)
        at_sea = stage.role == "sea"
        degc = place.degc[span] if at_sea else np.full(most, stage.temperature_degc)
        usual_degc = place.usual_degc[span] if at_sea else degc
        growth = stage.tgc / 1000 * np.maximum(degc, 0)
        weight_g = cubed(root + np.cumsum(growth))
        each = fish / stage.containers_per_batch
        dying, appetite = _illness(scenario, stage, place.month[span], degc, weight_g, since, each)
        vaccinated = rounds.given(stage, weight_g, day - batch.start)
        appetite[vaccinated] *= care.vaccination_appetite
        if at_sea:
            appetite *= place.appetite[span] * (1 - _fasting(place, weight_g))
        roots = root + np.cumsum(appetite * growth)
        planned = planned_root + np.cumsum(stage.tgc / 1000 * np.maximum(usual_degc, 0))
        days = planned_days = most
        if stage is stages[-1]:
            days, planned_days = (_ready(course, batch.target_g) for course in (roots, planned))
        hazard = stage.daily_mortality_percent / 100
        needle = care.vaccination_mortality_percent / 100 / care.vaccination_mortality_days
        deaths = days * _chance(each * hazard) + float(dying[:days].sum())
        deaths += len(vaccinated) * care.vaccination_mortality_days * _chance(each * needle)
        if at_sea:
            deaths += place.deaths(slice(span.start, span.start + days), each)
        lived = cubed(roots[:days])
        yield Stay(stage, day, days, planned_days, day - batch.start, deaths, fish, lived)
        fish *= power(1 - hazard, days)
        root, planned_root = float(roots[days - 1]), float(planned[planned_days - 1])
        day += days


def _chance(deaths: float) -> float:
    """That at least one fish dies, where so many are expected to."""
    return -expm1(-deaths)


def _ready(roots: Floats, target_g: float) -> int:
    """Days until the fish weigh so much, or all of them."""
    reached = np.flatnonzero(roots >= cbrt(target_g))
    return int(reached[0]) + 1 if len(reached) else len(roots)


def _illness(
    scenario: Scenario,
    stage: Stage,
    month: NDArray[np.int64],
    degc: Floats,
    weight_g: Floats,
    since: int,
    fish: float,
) -> tuple[Floats, Floats]:
    """Per day the records of deaths that begin, and the share of the ration that fish take.

    ``since`` is the day, from the stage's first, on which the batch came ashore or to sea; ``fish``
    are those of a container.
    """
    days = np.arange(len(degc)) - since
    dying, lost = np.zeros(len(degc)), np.zeros(len(degc))
    for disease in scenario.diseases:
        if disease.role != stage.role:
            continue
        may = (days >= disease.from_day) & (days <= disease.until_day)
        may &= (degc >= disease.least_degc) & (degc <= disease.most_degc)
        may &= weight_g >= disease.from_weight_g
        hazard = disease.onsets_per_year / _DAYS_PER_YEAR * np.array(disease.season)[month] * may
        healthy = exp(-np.cumsum(hazard))
        ill_days = healthy * expm1(hazard) * disease.duration_days
        lost += ill_days * _MEAN_LOAD * disease.appetite_loss
        toll = disease.mortality_percent / 100 / disease.duration_days
        dying += ill_days * _chance(fish * toll)
    return dying, np.maximum(1 - lost, 0)


def _fasting(place: ExpectedSurroundings, weight_g: Floats) -> Floats:
    """Share of the days at sea on which fish fast because they are treated against lice."""
    days = [way.fasting_days for way in place.scenario.delousing.methods]
    return _per_treatment(place, weight_g, days) / _treatment_interval_days(place)


def vessel_days(place: ExpectedSurroundings, stay: Stay) -> float:
    """Days for which a batch is expected to need a treatment vessel in a stage at sea."""
    rings = stay.stage.containers_per_batch
    methods = place.scenario.delousing.methods
    days = [-(-rings // way.rings_per_day) if way.vessel else 0 for way in methods]
    each = _per_treatment(place, stay.weight_g, days)
    return float(each.sum()) / _treatment_interval_days(place)


def _treatment_interval_days(place: ExpectedSurroundings) -> float:
    """Days from treatment to treatment; without end where nothing is treated.

    Once it is over the limit, an area is over it again when as many adult females have come from
    outside; what they breed, what falls off and what lice need to grow up are left aside.
    """
    lice, policy = place.scenario.lice, place.scenario.delousing
    if lice is None or not policy.methods:
        return float("inf")
    females_per_day = lice.external_per_fish_day * float(np.mean(lice.season)) * _FEMALES
    limit = float(np.mean(place.geography.lice_limit))
    return max(policy.minimum_interval_days, limit / max(females_per_day, 1e-9))


def _per_treatment(place: ExpectedSurroundings, weight_g: Floats, each: Sequence[float]) -> Floats:
    """Mean of a figure over the methods that fish of a weight may be treated with, by day."""
    methods = place.scenario.delousing.methods
    if not methods:
        return np.zeros(len(weight_g))
    usable = np.array(
        [(weight_g >= way.least_weight_g) & (weight_g <= way.most_weight_g) for way in methods]
    )
    of_usable = (np.array(each)[:, None] * usable).sum(axis=0)
    return np.asarray(of_usable / np.maximum(usable.sum(axis=0), 1))
