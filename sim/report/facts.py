"""What a page on a study is made from: its findings, and what was kept of its replications."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.kpi.catalogue import Kpi
from sim.kpi.figures import Window, aligned, default_window
from sim.kpi.measures import Measures
from sim.report.numbers import Scale, scale
from sim.resources.kinds import Pools
from sim.study.findings import Findings, is_numeric

_DAYS_BEFORE_1970 = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class MonthlyUse:
    """Utilisation by month: means over replications.

    Attributes:
        pools: of which kinds and halls; ``months`` first days.
        shares: shape (variants, pools, months); NaN where there was no such pool.
    """

    pools: Sequence[Pools]
    months: NDArray[np.int64]
    shares: NDArray[np.float64]


@dataclass(frozen=True)
class StudyFacts:
    """A study that was looked at.

    Attributes:
        replications: of every variant that are counted; ``wanted`` if it is not finished.
        failed: of which variant, which replication, and why.
        counted: first simulated day, first and last counted one, of the base; ISO dates.
        measures: tells the measures of a variant's first replication, if they were kept.
        use: utilisation by month.
        version: of the program.
    """

    findings: Findings
    replications: int
    wanted: int
    failed: Sequence[tuple[int, int, str]]
    counted: tuple[str, str, str]
    measures: Callable[[int], Measures | None]
    use: MonthlyUse
    version: str

    @property
    def finished(self) -> bool:
        """Whether the study came to its end."""
        return self.wanted <= self.replications

    @property
    def names(self) -> list[str]:
        """The variants' names, the base first."""
        return [variant.name for variant in self.findings.plan.variants]

    @property
    def focus(self) -> list[int]:
        """The variants that are looked at closely: the base, and the chosen one."""
        return sorted({0, self.findings.best or 0})

    @property
    def currency(self) -> str:
        """What money is in."""
        return self.findings.plan.variants[0].scenario.finance.currency

    def scale(self, kpi: str) -> Scale:
        """How a key figure is written."""
        values = self.findings.values[kpi].ravel().tolist()
        return scale(self.findings.kpis[kpi], values, self.currency)

    def kpi(self, name: str) -> Kpi:
        """A key figure of the catalogue."""
        return self.findings.kpis[name]

    def window(self, measures: Measures) -> Window:
        """The counted days of a replication."""
        return aligned(measures, default_window(measures, self.findings.plan.study.warmup_days))


def monthly_use(rows: Iterable[Sequence[Any]], variants: int, those: Sequence[Pools]) -> MonthlyUse:
    """Gather utilisation from rows of a study's table ``usage``; of those pools that were used."""
    sums: dict[tuple[int, str, str], list[float]] = {}
    for variant, _, _, kind, month, capacity, busy, resting, _ in rows:
        total = sums.setdefault((variant, kind, month), [0.0, 0.0])
        total[0] += capacity
        total[1] += busy + resting
    used_kinds = {kind for _, kind, _ in sums}
    pools = [each for each in those if each.name in used_kinds]
    row = {each.name: number for number, each in enumerate(pools)}
    texts = sorted({month for _, _, month in sums})
    place = {text: number for number, text in enumerate(texts)}
    shares = np.full((variants, len(pools), len(texts)), np.nan)
    for (variant, kind, month), (capacity, used) in sums.items():
        if capacity:
            shares[variant, row[kind], place[month]] = used / capacity
    months = [date.fromisoformat(text).toordinal() - _DAYS_BEFORE_1970 for text in texts]
    return MonthlyUse(pools, np.array(months, dtype=np.int64), shares)


def day_of_text(text: str) -> int:
    """An ISO date as days since 1970-01-01."""
    return date.fromisoformat(text).toordinal() - _DAYS_BEFORE_1970


def labels(facts: StudyFacts) -> list[str]:
    """Names of variants for pictures: their levels, with the factor where that is a number."""
    found = []
    factors = facts.findings.plan.study.factors
    for variant in facts.findings.plan.variants:
        levels = [
            f"{factor.name} {level}" if is_numeric(factor) else str(level)
            for factor, level in zip(factors, variant.levels, strict=True)
            if level is not None
        ]
        name = ", ".join(levels) or variant.name
        found.append(f"base: {name}" if variant.index == 0 and levels else name)
    return found
