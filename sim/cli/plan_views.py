"""What ``plan`` shows: progress over candidates, and its answer as tables or as one object."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from sim.cli.dry_run import size_of
from sim.cli.given import program
from sim.core.clock import date_of
from sim.core.terminal import make_console
from sim.planner.calendar import MARGIN
from sim.planner.candidate import SIMULATION, Candidate
from sim.planner.formula import PoolNeed, number
from sim.planner.planning import Answer, Ask
from sim.scenario import Scenario

_WIDTH = 110
_LEGEND = (
    "rings: claimed in the fullest month. Means of batches: late d: days late in the last stage;"
    " no feed, full: spells of short rations; over d: days of growth beyond the target. late %:"
    " transitions more than a day late. open: not harvested."
)


class SearchProgress:
    """Progress on stderr: a bar on a terminal, a line per candidate elsewhere."""

    def __init__(self, *, silent: bool) -> None:
        self.console = make_console(stderr=True)
        self.silent = silent
        live = self.console.is_terminal and not self.console.is_dumb_terminal
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[day]}"),
            TimeElapsedColumn(), console=self.console, transient=True,
            disable=silent or not live,
        )  # fmt: skip
        self.task: TaskID | None = None
        self.first = 0

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def begin(self, candidate: Candidate) -> None:
        """A bar for a candidate that is simulated."""
        self.first = candidate.plan.first_day
        what = f"{candidate.batches} batches, {candidate.stagger} days apart"
        self.task = self.bar.add_task(what, total=None, day="")

    def reached(self, day: int, end: int) -> None:
        """How far its simulation is."""
        if self.task is not None:
            done, total = day - self.first, end - self.first
            self.bar.update(self.task, completed=done, total=total, day=str(date_of(day)))

    def decided(self, candidate: Candidate) -> None:
        """The bar goes, a line stays."""
        if self.task is not None:
            self.bar.remove_task(self.task)
            self.task = None
        if not self.silent:
            verdict = "works" if candidate.works else "does not work"
            self.console.print(
                f"{candidate.batches} batches, {candidate.stagger} days apart: {verdict}"
                f" ({candidate.decided_by})"
            )


def as_object(scenario: Scenario, ask: Ask, answer: Answer, written: Path | None) -> str:
    """The answer as one JSON object."""
    chosen, verdict = answer.chosen, answer.asked.verdict
    found: dict[str, Any] = {
        "scenario": scenario.name,
        "seed": scenario.seed,
        "works": chosen is not None,
        "asked": {
            "stagger_days": answer.asked.stagger,
            "batches": answer.asked.batches,
            "years": ask.years,
        },
        "limits": {name: getattr(ask.limits, name) for name in ask.limits.__slots__},
        "formula": {
            "batches_by_time": verdict.by_time,
            "batches_by_infrastructure": verdict.by_infrastructure,
            "smallest_stagger_days": verdict.smallest_stagger,
            "limit": f"{verdict.limit.kind} of {verdict.limit.geography}",
            "pools": [_pool(pool) for pool in verdict.pools],
        },
        "candidates": [_candidate(candidate) for candidate in answer.tried],
        "largest": None if answer.largest is None else _short(answer.largest),
        "search_complete": answer.closed,
        "chosen": None,
        "run": None,
        "written": None if written is None else str(written),
    }
    if chosen is not None:
        entries = [entry.model_dump(mode="json") for entry in chosen.scenario.schedule.entries]
        found["chosen"] = {**_short(chosen), "entries": entries}
        found["run"] = size_of(chosen.scenario, chosen.plan, chosen.plan.end_day)
    return json.dumps(found, indent=2, ensure_ascii=False)


def _pool(pool: PoolNeed) -> dict[str, Any]:
    return {
        "geography": pool.geography,
        "kind": pool.kind,
        "unit": pool.unit,
        "held_days": None if pool.held_days is None else round(pool.held_days, 1),
        "needed": round(pool.needed, 3),
        "there": round(pool.there, 3),
        "smallest_stagger_days": pool.smallest_stagger,
        "decides": pool.decides,
    }


def _short(candidate: Candidate) -> dict[str, Any]:
    return {
        "stagger_days": candidate.stagger,
        "batches": candidate.batches,
        "first_start": date_of(candidate.plan.first_day).isoformat(),
        "last_start": date_of(candidate.plan.batches[-1].start).isoformat(),
        "end": date_of(candidate.plan.end_day).isoformat(),
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "stagger_days": candidate.stagger,
        "batches": candidate.batches,
        "works": candidate.works,
        "decided_by": candidate.decided_by,
        "calendar": {
            "without_place_percent": round(100 * candidate.outlook.without_place, 2),
            "fullest_month": {k: round(v, 4) for k, v in candidate.outlook.fullest.items()},
        },
        "figures": None if candidate.proof is None else candidate.proof.figures.to_json(),
        "breaks": [excess.to_json() for excess in candidate.excesses],
    }


def print_answer(scenario: Scenario, ask: Ask, answer: Answer, written: Path | None) -> None:
    """The answer for people."""
    console = make_console(least_width=_WIDTH)
    verdict = answer.asked.verdict
    console.print(f"Pools of {scenario.name} at a stagger of {verdict.stagger} days")
    console.print(_pools_table(answer))
    by_pools = verdict.by_infrastructure
    console.print(
        f"By time {verdict.by_time} batches,"
        f" by infrastructure {'none' if by_pools is None else by_pools}."
        f" The limit is {verdict.limit.kind} of {verdict.limit.geography}:"
        + (
            f" the smallest stagger on paper is {verdict.smallest_stagger} days."
            if verdict.smallest_stagger
            else " no stagger works on paper."
        )
    )
    console.print(f"\nSchedules examined, up to {ask.most} of them simulated to the last harvest")
    console.print(_candidates_table(answer))
    console.print(_LEGEND)
    _say_largest(console, answer)
    chosen = answer.chosen
    if chosen is None:
        return
    size = size_of(chosen.scenario, chosen.plan, chosen.plan.end_day)
    console.print(
        f"A run of {chosen.batches} batches, {chosen.stagger} days apart, from"
        f" {date_of(chosen.plan.first_day)} to {date_of(chosen.plan.end_day)}:"
        f" {size['total_rows']:,} rows, about {size['size_mb']:,} MB and {size['wall_s']:,} s."
    )
    if written is not None:
        console.print(
            f"Written to {written}; {program()} run {shlex.quote(str(written))}", soft_wrap=True
        )


def _pools_table(answer: Answer) -> Table:
    """Pools that stop batches, and others of which there is too little."""
    table = Table("pool", box=None)
    table.add_column("held", justify="right", no_wrap=True)
    table.add_column("needed of what is there", no_wrap=True)
    table.add_column("least stagger", justify="right", no_wrap=True)
    for pool in answer.asked.verdict.pools:
        if not (pool.decides or pool.breaks):
            continue
        smallest = "none" if pool.smallest_stagger is None else f"{pool.smallest_stagger}"
        table.add_row(
            f"{pool.kind} of {pool.geography}",
            "" if pool.held_days is None else f"{pool.held_days:,.0f} d",
            f"{number(pool.needed)} of {number(pool.there)} {pool.unit}",
            smallest if pool.decides else "(reported)",
            style="bold" if pool.decides and pool.breaks else "",
        )
    return table


def _candidates_table(answer: Answer) -> Table:
    table = Table(box=None)
    for name in ("stagger", "batches", "rings", "late d", "late %", "no feed", "full", "over d",
                 "open"):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("works", no_wrap=True)
    for candidate in answer.tried:
        if candidate.proof is not None:
            seen = candidate.proof.figures
            figures = [
                f"{seen.saturation:.1%}", f"{seen.late_days:.2f}", f"{seen.late_percent:.1f}",
                f"{seen.stock_outs:.2f}", f"{seen.crowded:.2f}", f"{seen.harvest_late_days:.1f}",
                f"{seen.unfinished}",
            ]  # fmt: skip
        else:
            fullest = max(candidate.outlook.fullest.values(), default=0.0)
            figures = [f"~{fullest:.1%}", *[""] * 6]
        word = "yes" if candidate.works else "no"
        if candidate.decided_by != SIMULATION:
            word = f"{word} ({candidate.decided_by})"
        table.add_row(f"{candidate.stagger}", f"{candidate.batches}", *figures, word)
    return table


def _say_largest(console: Console, answer: Answer) -> None:
    largest = answer.largest
    if largest is None:
        return
    sure = "one day less does not work" if answer.closed else "not searched to the end"
    if largest.stagger == 1:
        sure = "there is no smaller one"
    console.print(
        f"The largest schedule that works: {largest.batches} batches, {largest.stagger} days apart"
        f" ({sure})."
    )
    for candidate in answer.tried:
        if answer.closed and candidate.stagger == largest.stagger - 1:
            for excess in candidate.excesses:
                console.print(f"  {candidate.stagger} days: {excess}")


def failure(answer: Answer) -> str:
    """Why there is no schedule: which pool breaks, when, and by how much."""
    asked = answer.asked
    what = f"{asked.batches} batches {asked.stagger} days apart do not work"
    lines = [f"{what} (shown by the {asked.decided_by}):"]
    lines += [f"  {excess}" for excess in asked.excesses]
    if asked.decided_by == "calendar" and not asked.excesses:
        lines.append(f"  more than {MARGIN:.0%} beyond the limits")
    if answer.largest is not None:
        largest = answer.largest
        lines.append(f"a stagger of {largest.stagger} days works: {largest.batches} batches")
    elif any(candidate.no_stagger_helps for candidate in answer.tried):
        lines.append("a single batch asks too much of these: no stagger helps")
    elif len(answer.tried) > 1:
        lines.append(f"none of the {len(answer.tried)} schedules examined works")
    return "\n".join(lines)
