"""What a geography's lane says of the present: assignments, usage, departures and waits.

Entities that change every day, such as the assignments of fish to containers, are brought up to
date when the lane is cut, once a chunk; nobody writes them down in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sim.core.clock import CLOSE, MICROSECONDS_PER_DAY, microseconds, month_start
from sim.core.journal import Cut, Lane, Record, Value
from sim.fish.stock import FishStock
from sim.resources.feed import DAG_PER_KG, Lot
from sim.resources.usage import UsageLedger


class Records:
    """A geography's open records.

    Args:
        lane: where they are written.
        stock: the fish that assignments tell of.
        ledgers: all usage ledgers, in a fixed order.
        first_day: of the simulation.

    Attributes:
        assignments: the open one of each occupied container.
    """

    def __init__(
        self,
        lane: Lane,
        stock: FishStock,
        ledgers: Callable[[], Iterable[UsageLedger]],
        first_day: int,
    ) -> None:
        self._lane, self._stock, self._ledgers = lane, stock, ledgers
        self.assignments: dict[int, Record] = {}
        self._departed: dict[int, int] = {}
        self._ended: dict[int, int] = {}
        self._usage_from = month_start(first_day)
        self._usage_rows: dict[tuple[str, int], Record] = {}

    def note_lot(self, lot: Lot, now: float) -> None:
        """Write down what is left of a lot of feed."""
        self._lane.change(lot.stock, now, quantity_kg=lot.left_dag / DAG_PER_KG)

    def note_departure(self, assignment: int, day: int) -> None:
        """An assignment was closed."""
        self._departed[assignment] = day

    def note_end(self, batch: int, day: int) -> None:
        """A batch was harvested completely."""
        self._ended[batch] = day

    def take_departures(self) -> tuple[dict[int, int], dict[int, int]]:
        """Days by key of the assignments, and of the batches, that ended since the last time."""
        departed, self._departed = self._departed, {}
        ended, self._ended = self._ended, {}
        return departed, ended

    def cut(self, from_day: int, to_day: int) -> Cut:
        """Bring the entities that change every day up to date, then cut the lane at a midnight.

        Active assignments carry their live count, weight and biomass; usage figures those up to
        that midnight.
        """
        now = float(to_day)
        for container, record in self.assignments.items():
            self._lane.change(record, now - 1 + CLOSE, **self.live(container))
        self._usage(now)
        return self._lane.cut(from_day, to_day)

    def live(self, container: int) -> dict[str, int | float | None]:
        """What an active assignment's row says about a container now."""
        stock = self._stock
        weighed = int(stock.weighed[container])
        return {
            "population_count": int(stock.count[container]),
            "biomass_kg": float(stock.biomass_kg(container)),
            "avg_weight_g": float(stock.weight_g[container]),
            "last_weighing_date": weighed if weighed >= 0 else None,
        }

    def _usage(self, now: float) -> None:
        """Upsert the monthly usage rows since the last cut."""
        first, self._usage_from = self._usage_from, month_start(int(now) - 1)
        for ledger in self._ledgers():
            for month, usage in ledger.seen(first, now).items():
                values = {
                    "capacity_days": usage.capacity_days,
                    "busy_days": usage.busy_days,
                    "resting_days": usage.resting_days,
                    "queue_days": usage.queue_days,
                }
                record = self._usage_rows.get((ledger.pool, month))
                if record is not None:
                    self._lane.change(record, now, **values)
                else:
                    self._usage_rows[ledger.pool, month] = self._lane.create(
                        "usage",
                        now,
                        geography=self._lane.name,
                        pool=ledger.pool,
                        kind=ledger.pools.kind.name,
                        hall=ledger.pools.hall or None,
                        month=month,
                        **values,
                    )
        for pool, month in [place for place in self._usage_rows if place[1] < self._usage_from]:
            del self._usage_rows[pool, month]

    def open_waits(self) -> list[tuple[str, str, int]]:
        """Who waits for what, since which day."""
        return [
            (str(wait.values["cause"]), str(wait.values["pool"]), _day(wait.values["since"]))
            for wait in self._lane.records.get("wait", ())
            if wait.values["until"] is None
        ]

    def wait_figures(self, now: float) -> Iterator[tuple[str, float, float]]:
        """(kind, days, kilograms missed) of every wait, open ones up to ``now``."""
        for wait in self._lane.records.get("wait", ()):
            values = wait.values
            until = microseconds(now) if values["until"] is None else int(values["until"])
            days = (until - int(values["since"] or 0)) / MICROSECONDS_PER_DAY
            yield str(values["kind"]), days, float(values["short_kg"] or 0)


def _day(microseconds_since: Value) -> int:
    return int(microseconds_since or 0) // MICROSECONDS_PER_DAY
