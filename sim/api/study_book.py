"""A study's results file as the study sees it: the study itself knows nothing of files."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from persistence.study_results import StudyResults
from sim.study.packing import unpack
from sim.study.replication import bottleneck
from sim.study.results import TABLES, Replication, Unit


class StudyBook:
    """Keeps a study's replications in its results file."""

    def __init__(self, results: StudyResults, variants: int) -> None:
        self.results, self.variants = results, variants

    def done(self) -> Collection[Unit]:
        """Which replications have figures."""
        return self.results.done()

    def counted(self, replications: int) -> list[Unit]:
        """Those of them that the study asks for."""
        return [unit for unit in self.done() if unit[1] < replications]

    def record(self, replication: Replication) -> None:
        """Keep a replication."""
        rows = {table: replication.rows(table) for table in TABLES}
        self.results.record(replication.unit, rows, replication.measures)

    def bottlenecks(self, warmup_days: int | None) -> list[str]:
        """What bound every variant's throughput in the replication that was kept whole."""
        packed = [self.results.measures(variant) for variant in range(self.variants)]
        kept = [unpack(data) if data else None for data in packed]
        return [bottleneck(measures, warmup_days) if measures else "" for measures in kept]

    def values(self, replications: int) -> Mapping[str, NDArray[np.float64]]:
        """Per KPI its figures, shape (variants, replications)."""
        found: dict[str, NDArray[np.float64]] = {}
        shape = (self.variants, replications)
        for variant, replication, kpi, value in self.results.rows("kpis", replications):
            values = found.setdefault(kpi, np.full(shape, np.nan))
            values[variant, replication] = np.nan if value is None else value
        return found
