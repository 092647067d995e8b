"""The plan: which batch starts when, where, with how many eggs and for what target weight.

Everything is derived from the scenario and its named streams, so that a batch's plan does not
depend on the other batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sim.core.clock import EPOCH, date_of, day_of
from sim.core.streams import normal_at, stream, uniform_at
from sim.scenario import Scenario
from sim.scenario.knobs.company import MOST_DATE
from sim.scenario.knobs.pattern import has_week
from sim.scenario.problems import KnobPath, PlanProblem

MOST_DAYS = 36_525
"""A century can be simulated."""
LATEST = day_of(MOST_DATE)


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What is decided about a batch before it starts.

    Attributes:
        geography: index of the geography; ``number`` counts its batches from 1.
        start: day on which the eggs are laid down; ``station`` a 0-based index.
        eggs: number of eggs; ``internal`` whether they come from own broodstock.
        target_g: mean live weight to harvest at.
        luck: what its random streams are named by: its own number if it was given one that it
            would not have anyway, else its number in the geography.
        durations: planned days in each stage.
    """

    name: str
    geography: int
    number: int
    start: int
    station: int
    eggs: int
    internal: bool
    target_g: float
    durations: tuple[int, ...]
    luck: str

    @property
    def planned_end(self) -> int:
        """The day by which the last stage ends at the latest."""
        return self.start + sum(self.durations)


@dataclass(frozen=True, slots=True)
class Plan:
    """All batches of a scenario and the simulated span [first_day, end_day)."""

    first_day: int
    end_day: int
    batches: tuple[BatchPlan, ...]


def make_plan(scenario: Scenario) -> Plan:
    """Work out a scenario's batches, in order of their start."""
    starts = [*(_entries(scenario) if scenario.schedule.entries else _staggered(scenario))]
    if starts and (first := min(start for _, _, start, _ in starts)) < 0:
        raise PlanProblem([(_start_knob(scenario), _too_early(first))])
    batches = sorted(
        (_batch(scenario, *start) for start in starts), key=lambda b: (b.start, b.geography)
    )
    if not batches:
        raise PlanProblem([(("schedule", "batches"), "the schedule has no batch")])
    _refuse_repeated(batches)
    first, newest = batches[0].start, batches[-1].start
    end = newest + scenario.schedule.tail_days
    given = scenario.schedule.end
    if isinstance(given, date) and scenario.schedule.entries:
        end = day_of(given)
    _refuse_far_ends(scenario, first, newest, end)
    return Plan(first, end, tuple(batches))


def _start_knob(scenario: Scenario) -> KnobPath:
    """The knob that the first day comes from."""
    schedule = scenario.schedule
    if schedule.entries:
        starts = [entry.start for entry in schedule.entries]
        return ("schedule", "entries", starts.index(min(starts)), "start")
    return ("schedule", "start" if schedule.start is not None else "end")


def _too_early(first: int) -> str:
    return (
        f"the first batch would start {-first:,} days before {EPOCH}; days are counted from"
        " there, so no batch can start before"
    )


_Start = tuple[int, int, int, dict[str, object]]


def _staggered(scenario: Scenario) -> Iterator[_Start]:
    """(geography, number, start day, nothing given) of a regular schedule."""
    schedule, turns = scenario.schedule, scenario.taking_turns
    offsets: list[tuple[int, int, int]] = []
    for turn, index in enumerate(turns):
        geography = scenario.geographies[index]
        share = len(range(turn, schedule.batches, len(turns)))
        batches = geography.batches if geography.batches is not None else share
        stagger = geography.stagger_days or schedule.stagger_days * len(turns)
        offsets += [
            (index, number + 1, turn * schedule.stagger_days + number * stagger)
            for number in range(batches)
        ]
    if not offsets:
        return
    if schedule.start is not None:
        first = day_of(schedule.start)
    elif isinstance(schedule.end, date):
        newest = max(offset for _, _, offset in offsets)
        first = day_of(schedule.end) - schedule.tail_days - newest
    else:
        raise PlanProblem([(("schedule", "end"), "a date is needed here, or a start")])
    for index, number, offset in offsets:
        yield index, number, first + offset, {}


def _entries(scenario: Scenario) -> Iterator[_Start]:
    index_of = {geography.name: index for index, geography in enumerate(scenario.geographies)}
    numbers = dict.fromkeys(index_of, 0)
    for entry in sorted(scenario.schedule.entries, key=lambda e: (e.start, e.geography)):
        numbers[entry.geography] += 1
        given = entry.model_dump(
            include={"batch_number", "station", "eggs", "target_weight_kg"}, exclude_none=True
        )
        yield index_of[entry.geography], numbers[entry.geography], day_of(entry.start), given


def _batch(
    scenario: Scenario, index: int, number: int, start: int, given: dict[str, object]
) -> BatchPlan:
    geography = scenario.geographies[index]
    if start > LATEST:
        text = f"batch {number} of {geography.name} would start after {MOST_DATE}"
        raise PlanProblem([(("schedule",), text)])
    when = date_of(start)
    usual = _name(scenario, geography.code, when, number)
    own = str(given.get("batch_number") or usual)
    luck = str(number) if own == usual else own
    key = stream(scenario.seed, geography.name, luck, "plan")
    eggs, harvest = scenario.eggs, scenario.harvest
    span = eggs.count_max - eggs.count_min
    drawn_eggs = eggs.count_min + int(uniform_at(key, 0) * (span + 1))
    mean_kg = geography.target_kg_mean or harvest.target_kg_mean
    target_kg = mean_kg + harvest.target_kg_sd * normal_at(key, 1)
    target_kg = min(max(target_kg, harvest.target_kg_min), harvest.target_kg_max)
    durations = tuple(
        max(
            1,
            stage.duration_days
            + int((2 * uniform_at(key, 10 + order) - 1) * (stage.duration_spread_days + 0.999)),
        )
        for order, stage in enumerate(scenario.stages_in(geography))
    )
    station = given.get("station")
    return BatchPlan(
        name=own,
        geography=index,
        number=number,
        start=start,
        station=(number - 1) % geography.stations if station is None else int(str(station)) - 1,
        eggs=int(str(given.get("eggs") or max(eggs.count_min, drawn_eggs // 1000 * 1000))),
        internal=_internal(scenario, number),
        target_g=1000 * float(str(given.get("target_weight_kg") or target_kg)),
        durations=durations,
        luck=luck,
    )


def _name(scenario: Scenario, code: str, when: date, number: int) -> str:
    """A batch number by the scenario's pattern; with a week in it, the year is the week's."""
    pattern = scenario.schedule.batch_number_pattern
    calendar = when.isocalendar()
    year = calendar.year if has_week(pattern) else when.year
    return pattern.format(code=code, year=year, week=calendar.week, n=number)


def _refuse_far_ends(scenario: Scenario, first: int, newest: int, end: int) -> None:
    """Batches that start later and later end up where no calendar goes."""
    if max(end, newest) > LATEST:
        knob = "end" if end > newest + scenario.schedule.tail_days else "tail_days"
        knob = "stagger_days" if newest > LATEST else knob
        text = f"the plan does not end before {MOST_DATE.isoformat()}, as it must"
        raise PlanProblem([(("schedule", knob), text)])
    if end - first > MOST_DAYS:
        text = f"{end - first:,} days are planned; at most {MOST_DAYS:,} can be simulated"
        raise PlanProblem([(("schedule",), text)])


def _refuse_repeated(batches: list[BatchPlan]) -> None:
    seen: set[str] = set()
    for batch in batches:
        if batch.name in seen:
            problem = f"two batches would be called {batch.name}"
            raise PlanProblem([(("schedule", "batch_number_pattern"), problem)])
        seen.add(batch.name)


def _internal(scenario: Scenario, number: int) -> bool:
    """Every so many batches' eggs are internal: spread evenly, so that a share is a share."""
    share = scenario.eggs.internal_share
    return int(number * share + 1e-9) > int((number - 1) * share + 1e-9)
