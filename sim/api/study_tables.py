"""A finished study's tables, read from its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from persistence.study_results import StudyResults
from sim.api.study_book import StudyBook
from sim.api.table import Table
from sim.study.findings import GAINS, SUMMARY, Findings, gain_rows, summary_rows
from sim.study.results import TABLES

_KEY = ("variant", "replication")


def study_table_names() -> tuple[str, ...]:
    """The tables of a study: what it found, its variants, and those with rows per replication."""
    return ("summary", "gains", "variants", *TABLES)


def read_study_table(folder: Path, findings: Findings, replications: int, name: str) -> Table:
    """Read a table of a study that is finished with so many replications of every variant."""
    if name == "summary":
        return Table.of_rows(name, SUMMARY, summary_rows(findings))
    if name == "gains":
        return Table.of_rows(name, GAINS, gain_rows(findings))
    if name == "variants":
        factors = [factor.name for factor in findings.plan.study.factors]
        rows = [(one.index, one.name, *map(_level, one.levels)) for one in findings.plan.variants]
        return Table.of_rows(name, ("variant", "name", *factors), rows)
    with StudyResults(folder, TABLES) as results:
        return Table.of_rows(name, (*_KEY, *TABLES[name]), list(results.rows(name, replications)))


def read_replications(folder: Path, findings: Findings, replications: int) -> Table:
    """A row for every replication that has figures: its variant's levels, and all KPIs."""
    plan = findings.plan
    factors = [factor.name for factor in plan.study.factors]
    with StudyResults(folder, TABLES) as results:
        done = sorted(StudyBook(results, len(plan.variants)).counted(replications))
    rows = [
        (
            variant, plan.variants[variant].name, replication, plan.seed_of(replication),
            *map(_level, plan.variants[variant].levels),
            *(float(findings.values[kpi][variant, replication]) for kpi in findings.kpis),
        )
        for variant, replication in done
    ]  # fmt: skip
    columns = ("variant", "name", "replication", "seed", *factors, *findings.kpis)
    return Table.of_rows("replications", columns, rows)


def _level(level: Any) -> Any:
    """A level as it stands in a table."""
    return json.dumps(level) if isinstance(level, list | dict) else level
