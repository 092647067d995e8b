"""Whether the limits of the scenarios' acceptance hold over many seeds, in the model alone.

A figure that only rows tell (how many there are, what was bought) is left out: ``shipped`` asks for
those, of one seed each. What is left is what ``verify`` judges, worked out of the model instead of
a database and judged by the same lines.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.processes import note, positive
from benchmarks.tables import Goal, Report, Row
from persistence.checks.engine.knobs import StoredKnobs, read_knobs
from persistence.checks.figures.acceptance import Line, lines_for
from persistence.checks.figures.figures import BatchFigures, Figures, Use
from persistence.checks.figures.gather import FIRST_FED_DAY, STEADY_FROM_DAY
from persistence.ledger import Run, RunSpec
from sim.company.farm import Farm
from sim.core.clock import month_start, next_month
from sim.kpi.book import Book
from sim.kpi.measures import Measures
from sim.kpi.model import read
from sim.resources.feed import DAG_PER_KG
from sim.resources.kinds import RINGS, TANKS
from sim.scenario import Scenario, load
from sim.scenario.shipped import folder
from sim.sites.schedule import make_plan
from sim.world import World

UNTOLD = frozenset(
    {
        "feed.opening", "feed.expired", "rows.readings", "rows.feedings", "rows.samples",
        "feed.used", "feed.purchases", "stages.seen", "containers.fill",
    }
)  # fmt: skip
"""The lines that only a database tells."""
_AGAINST = "against salmon lice"

Range = tuple[float, float]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--seeds", type=positive, default=20, help="from 1 on")
    parser.add_argument("--workers", type=positive, default=1, help="processes")


def measure(options: argparse.Namespace) -> Report:
    """Simulate every shipped scenario for some seeds, and compare its figures with its limits."""
    rows: list[Row] = []
    goals: list[Goal] = []
    names = options.scenarios or sorted(shipped())
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        for name in names:
            note(f"{name}: {options.seeds} seeds")
            path = shipped()[name]
            jobs = partial(figures_of, path, sets=tuple(options.sets))
            found = list(pool.map(jobs, range(1, options.seeds + 1)))
            lines = _lines(knobs_of(load(path, options.sets).scenario))
            rows += [_row(name, line, [one[line.name] for one in found]) for line in lines]
    failed = sum(row["failed"] != "" for row in rows)
    goals.append(
        Goal(goal="lines that a seed fails", figure=failed, limit="at most 0", reached=not failed)
    )
    about: dict[str, str | int | float] = {"scenarios": ", ".join(names), "seeds": options.seeds}
    return Report(name="acceptance", about=about, rows=rows, goals=goals)


def shipped() -> dict[str, Path]:
    """The scenarios that are shipped to be run, by name."""
    return {path.stem: path for path in sorted(folder().glob("*.yaml")) if path.stem != "base"}


def _lines(knobs: StoredKnobs) -> Sequence[Line]:
    return [line for line in lines_for(knobs) if line.name not in UNTOLD]


def _row(name: str, line: Line, found: Sequence[Range | None]) -> Row:
    """A line of a scenario: its limits, how far its figures go, and the seeds that fail it."""
    told = [one for one in found if one is not None]
    low = min((one[0] for one in told), default=None)
    high = max((one[1] for one in told), default=None)
    failed = [
        str(seed)
        for seed, one in enumerate(found, 1)
        if one is not None and (line.refuses(one[0]) or line.refuses(one[1]))
    ]
    return {
        "scenario": name,
        "line": line.name,
        "limit": line.expected,
        "least": "-" if low is None else f"{low:,.{line.digits}f}",
        "most": "-" if high is None else f"{high:,.{line.digits}f}",
        "failed": ", ".join(failed),
    }


def knobs_of(scenario: Scenario) -> StoredKnobs:
    """What ``verify`` would read of a scenario in the ledger."""
    plan = make_plan(scenario)
    spec = RunSpec(
        "", scenario.name, scenario.seed, "", scenario.model_dump_json(), (),
        plan.first_day, plan.end_day,
    )  # fmt: skip
    return read_knobs(Run(1, spec, "finished", None))


def figures_of(path: Path, seed: int, sets: Sequence[str] = ()) -> dict[str, Range | None]:
    """The least and the most of every figure of one seed, by the line that is about it."""
    scenario = load(path, [*sets, f"seed={seed}"]).scenario
    knobs = knobs_of(scenario)
    figures = simulated(scenario, knobs)
    found: dict[str, Range | None] = {}
    for line in _lines(knobs):
        values = line.measure(figures, knobs).values()
        found[line.name] = (min(values), max(values)) if values else None
    return found


def simulated(scenario: Scenario, knobs: StoredKnobs) -> Figures:
    """The figures of a company that nobody records."""
    world = World(scenario, recording=())
    book = Book(world.company, len(world.plan.batches))
    day, end = world.plan.first_day, world.plan.end_day
    young: dict[str, int] = {}
    while day < end:
        month, until = month_start(day), min(next_month(day), end)
        for evening in range(day, until):
            world.advance(evening + 1)
            for farm in world.farms:
                young |= dict(_on_day_91(farm, evening))
        day = until
        book.close(month)
    return _figures(world, read(world, book, end), knobs, young)


def _on_day_91(farm: Farm, day: int) -> Iterator[tuple[str, int]]:
    for key, batch in enumerate(farm.batches):
        if batch.day_number(day) == FIRST_FED_DAY and batch.alive:
            yield batch.name, int(farm.stock.count[farm.stock.batch == key].sum())


def _figures(world: World, told: Measures, knobs: StoredKnobs, young: dict[str, int]) -> Figures:
    rows = zip(
        told.waits["kind"], np.floor(told.waits["until"]) - np.floor(told.waits["since"]),
        told.waits["who"],
        told.waits["batch"], told.waits["open"], strict=True,
    )  # fmt: skip
    waits = list(rows)
    ways = [what for what in told.treatments["what"].tolist() if what.endswith(_AGAINST)]
    places = [_places(farm) for farm in world.farms]
    names = [farm.geography.name for farm in world.farms]
    steady = next_month(knobs.first_day + STEADY_FROM_DAY - 1)
    return Figures(
        batches=tuple(_batches(told, young)),
        closed=sum(end is not None for farm in places for _, _, end, _ in farm),
        active=sum(end is None for farm in places for _, _, end, _ in farm),
        stock_kg={farm.geography.name: _stock_kg(farm) for farm in world.farms if farm.batches},
        deloused=Counter(ways),
        waits=Counter(str(kind) for kind, *_ in waits),
        long_waits=tuple(
            str(who)
            for kind, days, who, *_ in waits
            if kind in ("tanks", "rings") and days > knobs.watchdog_days
        ),
        waiting_to_start=sum(
            kind == "tanks" and batch < 0 and bool(still) for kind, _, _, batch, still in waits
        ),
        tanks=dict(_uses(told, names, places, TANKS, steady)),
        rings=dict(_uses(told, names, places, RINGS, steady)),
        until=told.end_day,
    )


def _batches(told: Measures, young: dict[str, int]) -> Iterator[BatchFigures]:
    lives, sold, moves = told.batches, told.harvests, told.transitions
    fish, kg = told.per_batch(sold, sold["fish"]), told.per_batch(sold, sold["live_kg"])
    fed = told.per_batch(told.feed, told.feed["eaten_kg"])
    dead = told.per_batch(told.deaths, told.deaths["kg"])
    stage = told.per_batch(moves, (moves["arrived"] >= 0).astype(float)) - 1
    owner = told.batch_row(sold)
    for row, name in enumerate(lives["name"].tolist()):
        days = sold["day"][owner == row] - lives["start"][row]
        over = lives["ended"][row] >= 0, lives["died_out"][row] >= 0
        yield BatchFigures(
            name, int(stage[row]), active=not any(over), died_out=bool(over[1]),
            eggs=int(lives["eggs"][row]), alive=int(lives["alive"][row]),
            alive_kg=float(lives["alive_kg"][row]), harvested=int(fish[row]),
            harvested_kg=float(kg[row]), dead_kg=float(dead[row]), feed_kg=float(fed[row]),
            first_harvest=int(days.min()) if len(days) else None,
            last_harvest=int(days.max()) if len(days) else None, day_91=young.get(name),
        )  # fmt: skip


def _stock_kg(farm: Farm) -> float:
    return sum(store.level_dag for store in farm.resources.every_store) / DAG_PER_KG


def _places(farm: Farm) -> list[tuple[int, int, int | None, bool]]:
    """Every assignment: its container, its first day, its departure, whether it is at sea."""
    found = []
    for record in farm.lane.records.get("assignment", []):
        values, unit = record.values, int(record.values["container"] or 0)
        left = values["departure_date"]
        came = int(values["assignment_date"] or 0)
        at_sea = bool(farm.layout.at_sea[unit])
        found.append((unit, came, None if left is None else int(left), at_sea))
    return found


def _uses(
    told: Measures,
    names: Sequence[str],
    places: Sequence[Sequence[tuple[int, int, int | None, bool]]],
    kind: str,
    steady: int,
) -> Iterator[tuple[str, Use]]:
    """Container-days in whole months from the steady state on, by geography."""
    usage = told.usage
    of_kind = np.array([pool.split()[0] == kind for pool in usage["kind"].tolist()], dtype=bool)
    for number, name in enumerate(names):
        rows = of_kind & (usage["geography"] == number) & (usage["month"] >= steady)
        if not rows.any():
            continue
        stocked = sum(
            max(0, (told.end_day if end is None else end) - max(came, steady))
            for _, came, end, at_sea in places[number]
            if at_sea == (kind == RINGS)
        )
        claimed = float((usage["busy_days"] + usage["resting_days"])[rows].sum())
        yield name, Use(float(usage["capacity_days"][rows].sum()), claimed, float(stocked))
