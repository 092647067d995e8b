"""Cross-checks of a scenario's knobs: a plan that cannot work is refused before it starts.

Each finding names the knob to change, so that the loader can point at its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sim.biology.growth import grown_weight_g
from sim.core.elementary import power
from sim.scenario.agreement import disagreements
from sim.scenario.amounts import check_amounts
from sim.scenario.knobs.company import CompanyKnobs
from sim.scenario.knobs.farm import Geography, Stage
from sim.scenario.problems import KnobPath, PlanProblem

Finding = tuple[KnobPath, str]


def check_plan(scenario: CompanyKnobs) -> None:
    """Raise :class:`PlanProblem` with everything that is inconsistent in a scenario."""
    findings = [
        *disagreements(scenario),
        *_times(scenario),
        *_ranges(scenario),
        *_stage_lists(scenario),
        *_entries(scenario),
        *check_amounts(scenario),
    ]
    if findings:
        raise PlanProblem(findings)


def _times(scenario: CompanyKnobs) -> Iterator[Finding]:
    schedule = scenario.schedule
    if schedule.entries:
        first = min(entry.start for entry in schedule.entries)
        if isinstance(schedule.end, date) and schedule.end <= first:
            yield ("schedule", "end"), f"the end {schedule.end} is not after the start {first}"
        return
    if schedule.start is None and schedule.end is None:
        yield ("schedule",), "give a start or an end date"
    if schedule.start is not None and schedule.end is not None:
        early = isinstance(schedule.end, date) and schedule.end <= schedule.start
        text = (
            f"the end {schedule.end} is not after the start {schedule.start}"
            if early
            else "start and end both fix the schedule, whose length is tail_days after the newest"
            " start: set one of them to null"
        )
        yield ("schedule", "end"), text


def _ranges(scenario: CompanyKnobs) -> Iterator[Finding]:
    harvest = scenario.harvest
    if not harvest.target_kg_min <= harvest.target_kg_mean <= harvest.target_kg_max:
        yield (
            ("harvest", "target_kg_mean"),
            f"target_kg_mean {harvest.target_kg_mean} is not between target_kg_min and _max",
        )
    for index, geography in enumerate(scenario.geographies):
        own_kg = geography.target_kg_mean
        if own_kg is not None and not harvest.target_kg_min <= own_kg <= harvest.target_kg_max:
            problem = f"target_kg_mean {own_kg} is not between harvest.target_kg_min and _max"
            yield ("geographies", index, "target_kg_mean"), problem
    for name in ("reading_hours", "feeding_hours"):
        hours = getattr(scenario.recording, name)
        if sorted(set(hours)) != hours:
            yield ("recording", name), "the hours must rise and differ"


def _stage_lists(scenario: CompanyKnobs) -> Iterator[Finding]:
    yield from _one_stage_list(scenario, ("stages",), scenario.stages)
    for index, geography in enumerate(scenario.geographies):
        path: KnobPath = ("geographies", index)
        if geography.stages:
            if len(geography.stages) != len(scenario.stages):
                yield (*path, "stages"), "a geography's stages must be as many as the scenario's"
                continue
            yield from _one_stage_list(scenario, (*path, "stages"), geography.stages)
        yield from _sites(scenario, index, geography)
        if geography.stations:
            yield from _capacities(scenario, index, geography)


def _sites(scenario: CompanyKnobs, index: int, geography: Geography) -> Iterator[Finding]:
    """A geography without stations is for looking at: it has rings, and no batch starts there."""
    at_sea = any(stage.role == "sea" for stage in scenario.stages_in(geography))
    if geography.stations == 0 and geography.batches:
        text = f"{geography.batches} batches start in {geography.name}, which has no station"
        yield ("geographies", index, "stations"), text
    if geography.stations == 0 and not (geography.areas and at_sea):
        text = f"{geography.name} has no container: neither a station nor an area"
        yield ("geographies", index, "areas"), text


def _one_stage_list(
    scenario: CompanyKnobs, path: KnobPath, stages: Sequence[Stage]
) -> Iterator[Finding]:
    if stages[0].role != "hatchery":
        yield (*path, 0, "role"), "the first stage must be the hatchery"
    halls: set[str] = set()
    at_sea = False
    for index, stage in enumerate(stages):
        here: KnobPath = (*path, index)
        yield from _one_stage(scenario, here, stage)
        if stage.hall in halls:
            yield (*here, "hall"), f"hall {stage.hall} is another stage's"
        if at_sea and stage.role != "sea":
            yield (*here, "role"), "fish do not come back from the sea"
        at_sea |= stage.role == "sea"
        halls |= {stage.hall} if stage.hall else set()


def _one_stage(scenario: CompanyKnobs, here: KnobPath, stage: Stage) -> Iterator[Finding]:
    feeds = {feed.name for feed in scenario.feeds}
    if stage.container_type not in {kind.name for kind in scenario.container_types}:
        yield (*here, "container_type"), f"no container type is named '{stage.container_type}'"
    if stage.role == "sea" and stage.hall is not None:
        yield (*here, "hall"), "a stage at sea has no hall"
    if stage.role != "sea" and stage.hall is None:
        yield here, f"stage '{stage.name}' is in freshwater and needs a hall"
    if stage.role != "sea" and stage.containers_per_batch > stage.containers_per_hall:
        text = f"a batch takes {stage.containers_per_batch} containers"
        yield (
            (*here, "containers_per_batch"),
            f"{text} but a hall has {stage.containers_per_hall}",
        )
    if stage.role == "hatchery" and stage.feeds:
        yield (*here, "feeds"), "eggs and alevins do not feed"
    if stage.role != "hatchery" and not stage.feeds:
        yield here, f"stage '{stage.name}' needs feeds"
    for number, entry in enumerate(stage.feeds):
        if entry.feed not in feeds:
            yield (*here, "feeds", number, "feed"), f"no feed is named '{entry.feed}'"


def _capacities(scenario: CompanyKnobs, index: int, geography: Geography) -> Iterator[Finding]:
    """What a whole batch needs at the end of each stage, against what its containers hold."""
    types = {kind.name: kind for kind in scenario.container_types}
    stages = scenario.stages_in(geography)
    own = bool(geography.stages)
    base: KnobPath = ("geographies", index, "stages") if own else ("stages",)
    sea = [stage for stage in stages if stage.role == "sea"]
    if sea and geography.areas == 0:
        yield ("geographies", index, "areas"), "the stages end at sea but there is no area"
    fish, weight_g = float(scenario.eggs.count_max), scenario.eggs.weight_g
    for number, stage in enumerate(stages):
        kind = types.get(stage.container_type)
        if kind is None:
            return
        last = number == len(stages) - 1
        if stage.role == "sea" and stage.containers_per_batch > geography.rings_per_area:
            text = f"a batch takes {stage.containers_per_batch} rings but an area of"
            yield (
                (*base, number, "containers_per_batch"),
                f"{text} {geography.name} has {geography.rings_per_area}",
            )
        survivors = fish * power(1 - stage.daily_mortality_percent / 100, stage.duration_days)
        temperature = geography.sea.mean_degc if stage.role == "sea" else stage.temperature_degc
        grown = grown_weight_g(weight_g, stage.tgc, temperature * stage.duration_days)
        end_g = scenario.harvest.target_kg_max * 1000 if last and stage.role == "sea" else grown
        full = fish if number == 0 else survivors
        need_kg = full * end_g / 1000 / stage.containers_per_batch
        if need_kg > kind.max_biomass_kg:
            text = (
                f"{scenario.eggs.count_max:,} eggs grow to {need_kg:,.0f} kg in each of"
                f" {stage.containers_per_batch} containers by the end of '{stage.name}', but each"
                f" {kind.name} holds {kind.max_biomass_kg:,.0f} kg"
            )
            yield (*base, number, "containers_per_batch"), text
        following = stages[number + 1] if not last else None
        if following and following.role == "sea" and stage.role != "sea":
            load_kg = survivors * grown / 1000 / stage.containers_per_batch
            if load_kg > geography.wellboat_kg:
                text = (
                    f"a tank of {load_kg:,.0f} kg does not fit into a wellboat of"
                    f" {geography.wellboat_kg:,.0f} kg"
                )
                yield ("geographies", index, "wellboat_kg"), text
        if last and need_kg > geography.plant_kg_per_day:
            yield (
                ("geographies", index, "plant_kg_per_day"),
                f"a container of {need_kg:,.0f} kg is more than the plant takes in a day",
            )
        fish, weight_g = survivors, grown


def _entries(scenario: CompanyKnobs) -> Iterator[Finding]:
    geographies = {geography.name: geography for geography in scenario.geographies}
    for index, entry in enumerate(scenario.schedule.entries):
        path: KnobPath = ("schedule", "entries", index)
        geography = geographies.get(entry.geography)
        if geography is None:
            yield (*path, "geography"), f"no geography is named '{entry.geography}'"
        elif geography.stations == 0:
            yield (*path, "geography"), f"{entry.geography} has no station for a batch to start at"
        elif entry.station and entry.station > geography.stations:
            yield (*path, "station"), f"{entry.geography} has {geography.stations} stations"
        if entry.eggs and entry.eggs > scenario.eggs.count_max:
            yield (*path, "eggs"), f"more than eggs.count_max ({scenario.eggs.count_max:,})"
        if entry.target_weight_kg and entry.target_weight_kg > scenario.harvest.target_kg_max:
            most_kg = scenario.harvest.target_kg_max
            yield (*path, "target_weight_kg"), f"more than harvest.target_kg_max ({most_kg:g})"
