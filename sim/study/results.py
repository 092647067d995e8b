"""What replications leave behind, and who keeps it.

The tables of a study are the same wherever they are kept. Everything in them but ``seconds`` and
``worker`` follows from variant, replication and version, so it does not depend on engine, number of
workers or order; those two are no part of the digest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Unit = tuple[int, int]
"""(variant, replication): the unit of work."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "replications": {
        "seed": "INTEGER", "first_day": "TEXT", "counted_from": "TEXT", "end_day": "TEXT",
        "error": "TEXT", "seconds": "REAL", "worker": "TEXT",
    },
    "kpis": {"kpi": "TEXT", "value": "REAL"},
    "waits": {
        "geography": "TEXT", "pool": "TEXT", "waiting_for": "TEXT", "waits": "INTEGER",
        "days": "REAL", "blocked_days": "REAL", "short_kg": "REAL",
    },
    "usage": {
        "geography": "TEXT", "pool": "TEXT", "month": "TEXT", "capacity_days": "REAL",
        "busy_days": "REAL", "resting_days": "REAL", "queue_days": "REAL",
    },
    "blocked": {"pool": "TEXT", "waiter": "TEXT", "holder": "TEXT", "days": "REAL"},
}  # fmt: skip
"""Columns of the tables with a row (or rows) per replication, after ``variant, replication``.

``waits`` sums up those of the counted window by kind of pool; ``usage`` has every month, also those
of the warm-up, by kind of pool. Dates are ISO texts, a month is its first day.
"""

UNDIGESTED = ("seconds", "worker")

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A replication to be done, wherever.

    Attributes:
        scenario: the variant's scenario as JSON, with the replication's seed.
        warmup_days: days that are not counted; None: until the first batch is due at harvest.
        version: of the program that asks; another one's numbers would not be comparable.
    """

    variant: int
    replication: int
    seed: int
    scenario: str
    warmup_days: int | None
    version: str

    @property
    def unit(self) -> Unit:
        """Which replication of which variant it is."""
        return self.variant, self.replication


@dataclass(frozen=True, slots=True)
class Replication:
    """What came out of one replication.

    Attributes:
        days: first simulated day, first counted day, end; ISO dates, empty if it failed.
        kpis: key figures of the counted window; NaN where there is nothing to tell.
        waits, usage, blocked: rows of those tables, see :data:`TABLES`.
        measures: all measures, packed; only of the first replication of each variant.
        error: why there are no figures.
        seconds: how long it took ``worker``, whose peak memory was ``peak_kb`` KiB.
    """

    variant: int
    replication: int
    seed: int
    days: tuple[str, str, str] = ("", "", "")
    kpis: Mapping[str, float] = field(default_factory=dict)
    waits: Sequence[Row] = ()
    usage: Sequence[Row] = ()
    blocked: Sequence[Row] = ()
    measures: bytes | None = None
    error: str | None = None
    seconds: float = 0.0
    worker: str = ""
    peak_kb: int = 0

    @property
    def unit(self) -> Unit:
        """Which replication of which variant it is."""
        return self.variant, self.replication

    def rows(self, table: str) -> list[Row]:
        """The replication's rows of a table, in order, with the unit in front."""
        if table == "replications":
            found: Sequence[Row] = [
                (self.seed, *self.days, self.error, round(self.seconds, 3), self.worker)
            ]
        elif table == "kpis":
            found = [(name, _number(value)) for name, value in sorted(self.kpis.items())]
        else:
            others = {"waits": self.waits, "usage": self.usage, "blocked": self.blocked}
            found = sorted(others[table])
        return [(*self.unit, *row) for row in found]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


class Results(Protocol):
    """Keeps a study's replications, each once."""

    def done(self) -> Collection[Unit]:
        """Which replications have figures already."""

    def record(self, replication: Replication) -> None:
        """Keep a replication; one that failed earlier is replaced."""

    def values(self, replications: int) -> Mapping[str, NDArray[np.float64]]:
        """Per KPI its figures, shape (variants, replications); NaN: failed, or not done."""
