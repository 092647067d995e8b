"""The usage ledger: time-weighted figures of one pool, month by month.

A ledger is told of every change of level and integrates what held since the last one. Integrals
are kept per calendar month, so that a report needs no event log and memory stays small.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sim.clock import month_start, next_month


@dataclass(slots=True)
class Usage:
    """Integrals over a span, in unit-days (for feed: shares of the capacity x days)."""

    capacity_days: float = 0.0
    busy_days: float = 0.0
    resting_days: float = 0.0
    queue_days: float = 0.0


@dataclass(slots=True)
class UsageLedger:
    """How much of a pool is busy, resting and asked for.

    Attributes:
        pool: the pool's name, such as ``S-FW-01-Hall-A``.
        kind: what sort of pool it is, for totals: ``tanks A``, ``rings``, ``wellboats``.
        capacity: units in the pool.
        busy: units in use now; ``resting`` those that may not be used yet; ``queued`` claims that
            wait.
        months: integrals by the month's first day.
    """

    pool: str
    kind: str
    capacity: float
    since: float
    busy: float = 0.0
    resting: float = 0.0
    queued: float = 0.0
    months: dict[int, Usage] = field(default_factory=dict)
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

    def advance(self, now: float) -> None:
        """Integrate the present levels up to ``now`` (days)."""
        while self.since < now:
            if self._month is None or self.since >= self._month_end:
                first = month_start(int(self.since))
                self._month = self.months.setdefault(first, Usage())
                self._month_end = float(next_month(first))
            until = min(now, self._month_end)
            span = until - self.since
            self._month.capacity_days += self.capacity * span
            self._month.busy_days += self.busy * span
            self._month.resting_days += self.resting * span
            self._month.queue_days += self.queued * span
            self.since = until

    def seen(self, first: int, now: float) -> dict[int, Usage]:
        """Integrals up to ``now`` of the months from ``first`` on; looking changes nothing.

        Sums are rounded, so where somebody looked must not decide where they are split.
        """
        oldest = min(first, month_start(int(self.since)))
        months = {month: replace(use) for month, use in self.months.items() if month >= oldest}
        view = replace(self, months=months, _month=None, _month_end=0.0)
        view.advance(now)
        return {month: usage for month, usage in months.items() if month >= first}

    def total(self) -> Usage:
        """Integrals over all months so far."""
        months = self.months.values()
        return Usage(
            sum(month.capacity_days for month in months),
            sum(month.busy_days for month in months),
            sum(month.resting_days for month in months),
            sum(month.queue_days for month in months),
        )
