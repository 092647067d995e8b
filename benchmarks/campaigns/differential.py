"""The same run told twice: by SQLite and PostgreSQL, by model and databases, by a bookkeeper.

Random companies as in the campaign of companies, or one scenario of any size with --scenario.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.campaigns import life, rows
from benchmarks.campaigns.companies import SmokeKnobs, company, valid
from benchmarks.campaigns.ground import Ground, RunPlace, finish, ground, start
from benchmarks.campaigns.inside import say, warm
from benchmarks.campaigns.trials import Trial, luck
from benchmarks.processes import ROOT, sets

NIGHT = 50
_TOLERANCE = 1e-5
"""Shares of usage come from rounded unit-days, all else is exact but for the order of sums."""
LIMIT_S = 7_200


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to compare."""
    parser.add_argument("--scenario", help="compare only this one, at its size")


def trials(seed: int, wanted: Iterable[int], scenario: str | None = None) -> Iterator[Trial]:
    """Compare companies, one after the other."""
    warm()
    with ground() as here:
        said = say(["scenario", "show", "smoke", "--json"], here.home, here.home / "said")
        knobs = SmokeKnobs(json.loads(said.text))
        for number in wanted if scenario is None else [0]:
            chance = luck("companies", seed, number)
            changes = [] if scenario else valid(company(knobs, chance), chance, here.home)
            yield from compared(number, scenario or "smoke", changes, here, chance)


def compared(
    number: int, scenario: str, changes: list[str], here: Ground, chance: random.Random
) -> Iterator[Trial]:
    """Run a company into both stores; compare all that can be told twice."""
    name = f"{number}: {' '.join([scenario, *changes])}"
    knobs = [*sets(changes), "--no-progress", "--workers", chance.choice("12")]
    began = time.monotonic()
    with here.place("sqlite") as files, here.place("postgresql") as server:
        one = f"sqlite:///{files.folder}/one.db"
        for place, url in ((files, one), (server, server.database or "")):
            args = ["run", scenario, *knobs, "--database", url, "--out", "out"]
            done = finish(start(args, place.folder), LIMIT_S)
            if done.code:
                yield Trial("differential", "runs", name, "failed", tuple(done.faults(0)))
                return
        for kind, found in (
            ("SQLite and PostgreSQL", stores(one, server)),
            ("lives worked out anew", lives(one)),
            ("key figures of model and database", figures(scenario, changes, one)),
        ):
            took, began = round(time.monotonic() - began, 1), time.monotonic()
            outcome = "different" if found else "equal"
            yield Trial("differential", kind, name, outcome, tuple(found[:5]), took)


def stores(one: str, server: RunPlace) -> list[str]:
    """The tables that are not equal in all columns of all rows."""
    return rows.differences(rows.sums([one]), rows.sums(server.urls))


def lives(url: str) -> list[str]:
    """What does not add up when a bookkeeper works it out."""
    return [
        fault
        for tables in life.book([url])
        for fault in (*life.faults(tables), *life.purchases(tables))
    ]


def figures(scenario: str, changes: list[str], url: str) -> list[str]:
    """Key figures that are another in the model than in the database."""
    from persistence.kpi import measure_databases
    from sim.kpi import measure
    from sim.kpi.figures import kpis
    from sim.scenario import load

    shipped = ROOT / "scenarios" / f"{scenario}.yaml"
    file = Path(scenario) if Path(scenario).is_file() else shipped
    ours = kpis(measure(load(file, changes).scenario))
    theirs = kpis(measure_databases([url]))
    return [
        f"{name}: {ours.get(name)} in the model, {theirs.get(name)} in the database"
        for name in sorted(ours.keys() | theirs.keys())
        if not _same(ours.get(name, math.inf), theirs.get(name, -math.inf))
    ]


def _same(left: float, right: float) -> bool:
    return (math.isnan(left) and math.isnan(right)) or math.isclose(
        left, right, rel_tol=_TOLERANCE, abs_tol=1e-9
    )
