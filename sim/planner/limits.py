"""What a schedule may cost: limits for waits and overloads, and what is said when one is passed."""

from __future__ import annotations

from dataclasses import dataclass

from sim.core.clock import date_of


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a schedule that works may show.

    Attributes:
        saturation: share of a geography's rings that are claimed, fallow included, in its fullest
            month.
        late_days: by which batches come into their last stage, on average.
        late_percent: of all transitions (eggs laid down included), those that come more than a day
            late.
        stock_outs: spells of short rations a batch because a silo or barge was empty.
        crowded: spells of short rations a batch because its containers were at their limit.
        harvest_late_days: days of growth beyond the target weight at harvest, on average.
    """

    saturation: float = 0.85
    late_days: float = 1.0
    late_percent: float = 2.0
    stock_outs: float = 0.05
    crowded: float = 0.05
    harvest_late_days: float = 7.0


@dataclass(frozen=True, slots=True)
class Excess:
    """A pool that breaks: which, when first, and by how much.

    Attributes:
        limit: the name of the limit that was passed, or of the pool of which there is too little.
        day: the first on which it shows.
        text: by how much, in words; ``remedy`` from where on it would do, if known.
    """

    limit: str
    pool: str
    day: int | None
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        when = "" if self.day is None else f", first on {date_of(self.day)}"
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.pool}: {self.text}{when}{remedy}"

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        day = None if self.day is None else date_of(self.day).isoformat()
        return {"limit": self.limit, "pool": self.pool, "first": day, "by": self.text}
