"""``plan``: how many batches a company carries, proved by simulation and written as a schedule."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from sim.cli.given import read_as_scenario
from sim.cli.paths import FilePath
from sim.planner.limits import Limits
from sim.scenario import load
from sim.scenario.shipped import resolve

_DEFAULT = Limits()
_Command = TypeVar("_Command", bound=Callable[..., Any])


class _FiniteNumber(click.FloatRange):
    """A number of a range, which not-a-number is not."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def _limit(
    name: str, default: float, text: str, most: float | None = None
) -> Callable[[_Command], _Command]:
    return click.option(
        name,
        type=_FiniteNumber(0, most),
        default=default,
        show_default=True,
        metavar="X",
        help=text,
    )


@click.command("plan")
@click.argument("scenario", type=resolve)
@click.option(
    "--years", type=_FiniteNumber(0, 200, min_open=True),
    help="Years of 365 days in which batches start; default as long as the scenario's own.",
)  # fmt: skip
@click.option(
    "--stagger", type=click.IntRange(1, 3650), metavar="DAYS",
    help="Days between starts in the whole company; default: the fewest that work.",
)  # fmt: skip
@click.option(
    "--batches", type=click.IntRange(1, 100_000),
    help="Their number, instead of what fits into the years.",
)  # fmt: skip
@click.option(
    "--saturation", type=_FiniteNumber(0, 1, min_open=True), default=_DEFAULT.saturation,
    show_default=True, metavar="SHARE",
    help="Share of a geography's rings that may be claimed, fallow included.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), help="Root of all random streams.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a knob.")
@click.option("-o", "--output", type=FilePath(), help="Write the schedule to this file.")
@click.option("--no-search", is_flag=True, help="Prove one schedule; look for no larger one.")
@click.option(
    "--simulations", type=click.IntRange(1, 100), default=7, show_default=True,
    help="The most to simulate; what fails on paper costs none.",
)  # fmt: skip
@_limit("--late-days", _DEFAULT.late_days, "Limit: days late in the last stage, mean of batches.")
@_limit("--late-percent", _DEFAULT.late_percent, "Limit: transitions over a day late.", 100)
@_limit("--stock-outs", _DEFAULT.stock_outs, "Limit: spells of short rations a batch, no feed.")
@_limit("--crowded", _DEFAULT.crowded, "Limit: spells of short rations a batch, full containers.")
@_limit(
    "--harvest-late-days", _DEFAULT.harvest_late_days,
    "Limit: days of growth beyond the target weight, mean of batches.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("--no-progress", is_flag=True, help="No progress, only results.")
def command(
    scenario: Path, years: float | None, stagger: int | None, batches: int | None,
    saturation: float, seed: int | None, overrides: Sequence[str], output: Path | None,
    no_search: bool, simulations: int, late_days: float, late_percent: float, stock_outs: float,
    crowded: float, harvest_late_days: float, as_json: bool, no_progress: bool,
) -> None:  # fmt: skip
    """Find the largest schedule of SCENARIO's company that works, and prove it.

    The formula counts batches by time and by every pool, the calendar counts them day by day, and a
    simulation of every batch to its harvest proves the schedule: its waits and overloads stay under
    the limits. The search goes from the stagger that was asked for (default: the scenario's own) to
    the smallest one that works; candidates share their luck. It assumes that a wider stagger works
    if a narrower one does.

    With --stagger only that schedule will do: it is written if it works; otherwise the command says
    which pool breaks, when and by how much, and which stagger works (exit code 1). Without it the
    largest schedule is written. A scenario with entries is proved as it is.
    """
    from sim.cli.plan_views import SearchProgress, as_object, failure, print_answer
    from sim.core.failures import Failure
    from sim.planner.planning import Ask, AskProblem, plan_schedule
    from sim.planner.writing import WriteProblem, check_target, write_schedule
    from sim.scenario.problems import PlanProblem
    from sim.sites.feasible import located

    changes = [*overrides, *([f"seed={seed}"] if seed is not None else [])]
    with read_as_scenario(scenario):
        loaded = load(scenario, changes)
    if loaded.scenario.schedule.end == "today":
        today = datetime.now().astimezone().date().isoformat()
        loaded = load(scenario, [*changes, f"schedule.end={today}"])
    limits = Limits(saturation, late_days, late_percent, stock_outs, crowded, harvest_late_days)
    ask = Ask(years, stagger, batches, limits, search=not no_search, most=simulations)
    try:
        if output is not None:
            check_target(output, scenario)
        with SearchProgress(silent=no_progress) as watch:
            answer = plan_schedule(loaded.scenario, ask, watch)
        written = None
        chosen = answer.chosen
        if chosen is not None and output is not None:
            what = f"{chosen.batches} batches, {chosen.stagger} days apart, proved by simulation"
            write_schedule(output, scenario, changes, chosen.scenario, what)
            written = output
    except (AskProblem, WriteProblem) as error:
        raise click.UsageError(str(error)) from None
    except PlanProblem as error:
        raise located(loaded, error) from None
    if as_json:
        click.echo(as_object(loaded.scenario, ask, answer, written))
    else:
        print_answer(loaded.scenario, ask, answer, written)
    if chosen is None:
        raise Failure(failure(answer))
