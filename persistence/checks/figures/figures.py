"""The figures of a run that its acceptance is about, worked out from the rows.

Each database of a run gives its own; put together they are the run's, since a batch, an area and a
store belong to one geography.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

READINGS, FEEDINGS, SAMPLES = "readings", "feedings", "growth samples"
"""What is counted."""


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """One batch.

    Attributes:
        stage: order of the stage that its row names; ``active`` whether its status is ACTIVE,
            ``died_out`` whether it is TERMINATED.
        eggs: received; ``harvested`` and ``alive`` fish.
        harvested_kg, alive_kg, dead_kg: live weight, of those that died at their death.
        feed_kg: fed in its whole life so far.
        first_harvest, last_harvest: days from its start.
        day_91: fish on its 91st day, if that day is recorded.
    """

    name: str
    stage: int
    active: bool
    eggs: int
    alive: int
    alive_kg: float
    harvested: int
    harvested_kg: float
    dead_kg: float
    feed_kg: float
    first_harvest: int | None
    last_harvest: int | None
    day_91: int | None
    died_out: bool = False

    @property
    def is_harvested(self) -> bool:
        """Whether its harvest is complete."""
        return not self.active and not self.died_out and self.harvested > 0


@dataclass(frozen=True, slots=True)
class Use:
    """Use of a geography's tanks or rings over the months from day 850 on, in container-days."""

    capacity: float
    claimed: float
    stocked: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run amounts to.

    Attributes:
        rows: how many readings, feedings and samples there are.
        stages_seen: orders of the stages that fish were ever in.
        closed, active: assignments.
        stock_kg, bought_kg: feed by geography; ``late_purchases`` those after the first day.
        opening_dag: feed that was in stock before the first day, in 10 g; ``due_dag`` what of it
            has expired by now, and ``expired_dag`` what of that had not been eaten then.
        fullest: a container's biomass over its limit, the highest ever.
        deloused: containers that were treated against lice, by how.
        waits: by kind; ``long_waits`` names claims that waited longer than the watchdog allows.
        waiting_to_start: batches that have not got their first place yet.
        tanks, rings: how they were used, by geography.
        until: the day after the last one, the earliest of the geographies.
    """

    batches: tuple[BatchFigures, ...] = ()
    rows: Counter[str] = field(default_factory=Counter)
    stages_seen: frozenset[int] = frozenset()
    closed: int = 0
    active: int = 0
    stock_kg: dict[str, float] = field(default_factory=dict)
    bought_kg: dict[str, float] = field(default_factory=dict)
    late_purchases: int = 0
    opening_dag: int = 0
    due_dag: int = 0
    expired_dag: int = 0
    fullest: dict[str, float] = field(default_factory=dict)
    deloused: Counter[str] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)
    long_waits: tuple[str, ...] = ()
    waiting_to_start: int = 0
    tanks: dict[str, Use] = field(default_factory=dict)
    rings: dict[str, Use] = field(default_factory=dict)
    until: int = 1 << 30

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            batches=self.batches + other.batches,
            rows=self.rows + other.rows,
            stages_seen=self.stages_seen | other.stages_seen,
            closed=self.closed + other.closed,
            active=self.active + other.active,
            stock_kg=self.stock_kg | other.stock_kg,
            bought_kg=self.bought_kg | other.bought_kg,
            late_purchases=self.late_purchases + other.late_purchases,
            opening_dag=self.opening_dag + other.opening_dag,
            due_dag=self.due_dag + other.due_dag,
            expired_dag=self.expired_dag + other.expired_dag,
            fullest=self.fullest | other.fullest,
            deloused=self.deloused + other.deloused,
            waits=self.waits + other.waits,
            long_waits=self.long_waits + other.long_waits,
            waiting_to_start=self.waiting_to_start + other.waiting_to_start,
            tanks=self.tanks | other.tanks,
            rings=self.rings | other.rings,
            until=min(self.until, other.until),
        )
