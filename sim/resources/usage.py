"""The usage ledger: time-weighted figures of one pool, month by month.

A ledger is told of every change of level and integrates what held since the last one. Integrals
are kept per calendar month, so that a report needs no event log and memory stays small.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sim.core.clock import month_start, next_month
from sim.resources.kinds import Pools


@dataclass(slots=True)
class Usage:
    """Integrals over a span, in unit-days (for feed: shares of the capacity x days)."""

    capacity_days: float = 0.0
    busy_days: float = 0.0
    resting_days: float = 0.0
    queue_days: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        """The integrals over both spans."""
        return Usage(
            self.capacity_days + other.capacity_days,
            self.busy_days + other.busy_days,
            self.resting_days + other.resting_days,
            self.queue_days + other.queue_days,
        )

    def __truediv__(self, size: float) -> Usage:
        """The same in units of another size."""
        return Usage(
            self.capacity_days / size,
            self.busy_days / size,
            self.resting_days / size,
            self.queue_days / size,
        )


@dataclass(slots=True)
class UsageLedger:
    """How much of a pool is busy, resting and asked for.

    Attributes:
        pool: the pool's name, such as ``S-FW-01-Hall-A``.
        pools: those that it is counted with in totals.
        capacity: units in the pool.
        busy: units in use now; ``resting`` those that may not be used yet; ``queued`` claims that
            wait.
        size: what counts as one unit in the figures; levels are told in finer steps.
        months: integrals by the month's first day, of the levels as they are told; see
            :meth:`forget`.
    """

    pool: str
    pools: Pools
    capacity: float
    since: float
    busy: float = 0.0
    resting: float = 0.0
    queued: float = 0.0
    size: float = 1.0
    months: dict[int, Usage] = field(default_factory=dict)
    _before: Usage = field(default_factory=Usage)
    _month: Usage | None = None
    _month_end: float = 0.0

    def change(
        self, now: float, *, busy: float = 0.0, resting: float = 0.0, queued: float = 0.0
    ) -> None:
        """Integrate up to ``now``, then add the differences to the levels."""
        self.advance(now)
        self.busy += busy
        self.resting += resting
        self.queued += queued

    def took(self, last: float, amount: float, moment: float) -> None:
        """Several takings of one month at once, the last of them at ``last``.

        Args:
            last: when the last one happened; nothing was told in between.
            amount: the sum of what they took from the busy level.
            moment: the sum of what each took x its time (days).
        """
        self.advance(last)
        if self._month is not None:
            self._month.busy_days -= amount * last - moment
        self.busy -= amount

    def advance(self, now: float) -> None:
        """Integrate the present levels up to ``now`` (days)."""
        since = self.since
        while since < now:
            month, until = self._month, self._month_end
            if month is None or since >= until:
                first = month_start(int(since))
                month = self._month = self.months.setdefault(first, Usage())
                until = self._month_end = float(next_month(first))
            if until > now:
                until = now
            span = until - since
            month.capacity_days += self.capacity * span
            month.busy_days += self.busy * span
            if self.resting:
                month.resting_days += self.resting * span
            if self.queued:
                month.queue_days += self.queued * span
            self.since = since = until

    def seen(self, first: int, now: float) -> dict[int, Usage]:
        """Integrals up to ``now`` of the months from ``first`` on; looking changes nothing.

        Sums are rounded, so where somebody looked must not decide where they are split; at the
        beginning of a month they are split in any case.
        """
        self.advance(float(month_start(int(now))))
        oldest = min(first, month_start(int(self.since)))
        months = {month: replace(use) for month, use in self.months.items() if month >= oldest}
        view = replace(self, months=months, _month=None, _month_end=0.0)
        view.advance(now)
        return {month: usage / self.size for month, usage in months.items() if month >= first}

    def forget(self, first: int) -> None:
        """Let go of the months before ``first``, which nobody asks for one by one any more."""
        oldest = min(first, month_start(int(self.since)))
        past = [month for month in self.months if month < oldest]
        for month in past:
            self._before += self.months.pop(month)

    def total(self) -> Usage:
        """Integrals over all months so far."""
        return sum(self.months.values(), self._before) / self.size
