"""What a run or a study leaves in Python's hands: its figures, its files, its tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.api.table import Table

if TYPE_CHECKING:
    from sim.api.manifest import Manifest
    from sim.api.study_output import StudyManifest
    from sim.kpi.measures import Measures
    from sim.study.findings import Findings


class RunResult:
    """A finished run.

    Attributes:
        manifest: what it was and what came out of it.
        out: its folder.
        databases: their URLs, with passwords masked.
    """

    def __init__(self, manifest: Manifest, out: Path, urls: Sequence[str], identity: str) -> None:
        self.manifest, self.out = manifest, out
        self.databases = tuple(manifest.database)
        self._urls, self._identity = tuple(urls), identity

    @property
    def summary(self) -> dict[str, Any]:
        """The object that the command line prints with ``--json``."""
        return _plain(self.manifest.to_json())

    @property
    def digest(self) -> str:
        """Of all that was recorded; equal rows have equal digests, however they were made."""
        return self.manifest.digest

    @property
    def paths(self) -> dict[str, Path]:
        """Its files by name, ``manifest`` and those of SQLite."""
        from sim.api.targets import sqlite_path

        found = {"manifest": self.out / "manifest.json"}
        files = [sqlite_path(url) for url in self._urls]
        return found | {file.stem: file for file in files if file is not None}

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables, AquaMind's and Smoltflow's own."""
        from sim.api.run_tables import table_names

        return table_names()

    def table(self, name: str) -> Table:
        """Read a table: the run's rows out of all of its databases.

        All of it is held in memory: for tables of millions of rows a query is the better way.

        Args:
            name: such as ``batch_batch``; :attr:`tables` has them all.

        Raises:
            KeyError: there is no such table.
            persistence.stores.StoreError: a database cannot be read any more.
        """
        from sim.api.run_tables import read_table

        return read_table(self._urls, self._identity, _known(name, self.tables))

    def measures(self) -> Measures:
        """What the company did, counted from the rows: the tables of :func:`sim.measure`.

        Weights and money are rounded as columns are.

        Raises:
            persistence.stores.StoreError: a database cannot be read any more.
        """
        from sim.api.run_tables import measure_databases

        return measure_databases(self._urls)

    def __repr__(self) -> str:
        facts = self._facts()
        width = max(len(label) for label, _ in facts)
        lines = [f"  {label:{width}}  {value}" for label, value in facts]
        return "\n".join(["RunResult", *lines])

    def _repr_html_(self) -> str:
        return _html(self._facts())

    def _facts(self) -> list[tuple[str, str]]:
        told = self.manifest
        return [
            ("scenario", f"{told.scenario}, seed {told.seed}"),
            ("simulated", f"{told.simulated['from']} to {told.simulated['until']}"),
            ("batches", told.batches_told),
            ("rows", f"{sum(told.rows.values()):,}"),
            ("databases", ", ".join(self.databases)),
            ("digest", told.digest),
        ]  # fmt: skip


class StudyResult:
    """A finished study.

    Attributes:
        manifest: what it was and what came out of it.
        findings: means, differences, gains and effects, as functions of a KPI's name.
        out: its folder.
    """

    def __init__(self, manifest: StudyManifest, findings: Findings, out: Path) -> None:
        self.manifest, self.findings, self.out = manifest, findings, out

    @property
    def summary(self) -> dict[str, Any]:
        """The object that the command line prints with ``--json``."""
        return _plain(self.manifest.to_json())

    @property
    def digest(self) -> str:
        """Of all its numbers; the same for any engine, number of workers and order."""
        return self.manifest.digest

    @property
    def answer(self) -> tuple[str, ...]:
        """The answer to the study's question, in plain words."""
        return tuple(self.manifest.answer)

    @property
    def paths(self) -> dict[str, Path]:
        """The files in the study's folder, by their names."""
        return {path.name: path for path in sorted(self.out.glob("[!.]*")) if path.is_file()}

    @property
    def replications(self) -> Table:
        """A row for every replication that has figures, with its variant's levels and every KPI."""
        from sim.api.study_tables import read_replications

        return read_replications(self.out, self.findings, self.manifest.replications)

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables."""
        from sim.api.study_tables import study_table_names

        return study_table_names()

    def table(self, name: str) -> Table:
        """Read a table of the study.

        Args:
            name: such as ``summary``, which has every variant's means with intervals;
                :attr:`tables` has them all.

        Raises:
            KeyError: there is no such table.
        """
        from sim.api.study_tables import read_study_table

        name = _known(name, self.tables)
        return read_study_table(self.out, self.findings, self.manifest.replications, name)

    def __repr__(self) -> str:
        told = self.manifest
        runs = f"{len(told.variants)} variants x {told.replications} replications"
        failed = f", {told.failed} failed" if told.failed else ""
        answer = [f"  {line}" for line in told.answer]
        return "\n".join([f"StudyResult {told.study}: {runs}{failed}", *answer])

    def _repr_html_(self) -> str:
        told = self.manifest
        facts = [
            (str(variant["name"]), ", ".join(_means(variant["kpis"])))
            for variant in told.variants[:_MOST]
        ]
        if len(told.variants) > _MOST:
            facts.append(("...", f"{len(told.variants) - _MOST} more"))
        answer = "".join(f"<p>{escape(line)}</p>" for line in told.answer)
        return _html(facts) + answer


_MOST = 20


def _means(kpis: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    return [
        f"{name} {'-' if kpi['mean'] is None else format(kpi['mean'], '.5g')}"
        for name, kpi in kpis.items()
    ]


def _html(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f"<tr><th>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in facts
    )
    return f"<table><tbody>{rows}</tbody></table>"


def _known(name: str, names: Sequence[str]) -> str:
    if name in names:
        return name
    close = get_close_matches(name, names, 1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    raise KeyError(f"there is no table '{name}'{hint}")


def _plain(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
