"""Feeding summaries: per container and per batch, by calendar month clipped to the assignment.

A summary is an entity: while its month is open, every chunk upserts what is known so far.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.core.clock import MICROSECONDS_PER_DAY, month_start, next_month
from sim.core.journal import Columns
from sim.facts import Block, Column, quantise
from sim.observations.days import evening, observed_fcr

_SUMS = ("feed_kg", "gain_kg", "start_kg", "end_kg", "meals", "biomass_days", "days")


@dataclass(slots=True)
class _Ledger:
    """Sums per (owner, month), in order of first appearance, while they may still change.

    Attributes:
        place: where an owner's month is in the lists and arrays; ``latest`` the same by owner.
        key: the key of each; ``following`` that of the next.
    """

    place: dict[tuple[int, int], int] = field(default_factory=dict)
    latest: dict[int, int] = field(default_factory=dict)
    key: list[int] = field(default_factory=list)
    owner: list[int] = field(default_factory=list)
    month: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    sums: dict[str, NDArray[np.float64]] = field(
        default_factory=lambda: {name: np.zeros(0) for name in _SUMS}
    )
    following: int = 0

    def rows(self, owner: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each (owner, day), opening rows as they appear."""
        months = {int(d): month_start(int(d)) for d in np.unique(day)}
        month = np.array([months[int(d)] for d in day], dtype=np.int64)
        pairs = owner * 100_000 + month
        unique, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
        places = np.empty(len(unique), dtype=np.int64)
        for which in np.argsort(first, kind="stable"):
            at = first[which]
            name = (int(owner[at]), int(month[at]))
            if name not in self.place:
                self._open(*name, int(day[at]))
            places[which] = self.place[name]
        grow = len(self.owner) - len(self.sums["days"])
        if grow:
            self.sums = {n: np.concatenate([s, np.zeros(grow)]) for n, s in self.sums.items()}
        return places[inverse]

    def _open(self, owner: int, month: int, day: int) -> None:
        self.place[owner, month] = self.latest[owner] = len(self.key)
        self.key.append(self.following)
        self.owner.append(owner)
        self.month.append(month)
        self.first.append(day)
        self.last.append(day)
        self.following += 1

    def latest_of(self, owners: Iterable[int]) -> NDArray[np.int64]:
        """The latest row of each of these owners that has any."""
        found = sorted(self.latest[owner] for owner in owners if owner in self.latest)
        return np.array(found, dtype=np.int64)

    def close(self, owners: Collection[int]) -> list[int]:
        """Let go of what cannot change any more; returns the places of what is left.

        That is all of these owners, and all but the latest month of the others.
        """
        left = sorted(row for owner, row in self.latest.items() if owner not in owners)
        for name in ("key", "owner", "month", "first", "last"):
            whole: list[int] = getattr(self, name)
            setattr(self, name, [whole[row] for row in left])
        self.sums = {name: values[left] for name, values in self.sums.items()}
        self.latest = {owner: row for row, owner in enumerate(self.owner)}
        self.place = {
            name: row for row, name in enumerate(zip(self.owner, self.month, strict=True))
        }
        return left


class FeedingSummaries:
    """Collects container-days into the two kinds of summaries."""

    def __init__(self, meals_per_day: int) -> None:
        self.meals = meals_per_day
        self.containers, self.batches = _Ledger(), _Ledger()
        self.batch_of: dict[int, int] = {}
        self.left: dict[int, int] = {}
        self.ended: dict[int, int] = {}
        self._seen: list[set[int]] = []

    def add(
        self, columns: Columns, departures: Mapping[int, int], ends: Mapping[int, int]
    ) -> list[Block]:
        """Take the container-days of a chunk.

        Args:
            columns: the chunk's container-days, in order of days.
            departures: departure day by key of the assignments closed since the last chunk.
            ends: day of the last harvest by key of the batches completed since the last chunk.

        Returns:
            The summaries that changed, as entity blocks.
        """
        self.left, self.ended = dict(departures), dict(ends)
        changed = [self.containers.latest_of(departures), self.batches.latest_of(ends)]
        if len(columns.get("day", ())):
            changed = [np.union1d(*pair) for pair in zip(changed, self._take(columns), strict=True)]
        blocks = [self._container_block(changed[0]), self._batch_block(changed[1])]
        self._close()
        return blocks

    def _close(self) -> None:
        """Let go of what is over."""
        self.containers.close(self.left)
        for assignment in self.left:
            self.batch_of.pop(assignment, None)
        self._seen = [self._seen[row] for row in self.batches.close(self.ended)]
        self.left, self.ended = {}, {}

    def _take(self, columns: Columns) -> list[NDArray[np.int64]]:
        """Add container-days to the sums; returns the rows of both ledgers that they belong to."""
        day = columns["day"].astype(np.int64)
        assignment, batch = (columns[n].astype(np.int64) for n in ("assignment", "batch"))
        self.batch_of.update(zip(assignment.tolist(), batch.tolist(), strict=True))
        end_kg = columns["count"] * columns["weight_g"] / 1000
        touched = []
        for ledger, owner in ((self.containers, assignment), (self.batches, batch)):
            rows = ledger.rows(owner, day)
            self._sum(ledger, rows, columns, day, end_kg)
            touched.append(np.unique(rows))
        self._count_containers(assignment, batch, day)
        return touched

    def _sum(
        self,
        ledger: _Ledger,
        rows: NDArray[np.int64],
        columns: Columns,
        day: NDArray[np.int64],
        end_kg: NDArray[np.float64],
    ) -> None:
        sums = ledger.sums
        eaten = columns["eaten_dag"].astype(np.float64)
        np.add.at(sums["feed_kg"], rows, eaten)
        np.add.at(sums["gain_kg"], rows, columns["gain_kg"])
        np.add.at(sums["meals"], rows, np.minimum(eaten, self.meals))  # none of less than 10 g
        np.add.at(sums["biomass_days"], rows, end_kg)
        first, last = np.array(ledger.first), np.array(ledger.last)
        on_first = day == first[rows]
        np.add.at(sums["start_kg"], rows[on_first], columns["before_kg"][on_first])
        np.maximum.at(last, rows, day)
        fresh = np.unique(rows)
        sums["end_kg"][fresh] = 0.0
        on_last = day == last[rows]
        np.add.at(sums["end_kg"], rows[on_last], end_kg[on_last])
        pairs = np.unique(rows * 100_000 + day)
        np.add.at(sums["days"], pairs // 100_000, 1.0)
        ledger.last = last.tolist()

    def _count_containers(
        self, assignment: NDArray[np.int64], batch: NDArray[np.int64], day: NDArray[np.int64]
    ) -> None:
        rows = self.batches.rows(batch, day)
        self._seen += [set() for _ in range(len(self.batches.owner) - len(self._seen))]
        pairs = np.unique(np.stack([rows, assignment]), axis=1)
        for row, one in pairs.T.tolist():
            self._seen[row].add(one)

    def _period(
        self, ledger: _Ledger, rows: NDArray[np.int64], ends: Mapping[int, int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First and last day of each row: the month, clipped to its owner's time."""
        first = np.array(ledger.first, dtype=np.int64)[rows]
        last = [
            min(next_month(int(day)), ends.get(ledger.owner[row], 2**40)) - 1
            for row, day in zip(rows, first, strict=True)
        ]
        return first, np.array(last, dtype=np.int64)

    def _container_block(self, rows: NDArray[np.int64]) -> Block:
        ledger = self.containers
        first, end = self._period(ledger, rows, self.left)
        owner = np.array(ledger.owner, dtype=np.int64)[rows]
        sums = {name: values[rows] for name, values in ledger.sums.items()}
        feed_kg = sums["feed_kg"] / 100
        stamps = _stamps(ledger, rows, first)
        columns: dict[str, Column] = {
            "key": np.array(ledger.key, dtype=np.int64)[rows],
            "period_start": first,
            "period_end": end,
            "total_feed_kg": quantise(feed_kg, 2),
            "starting_biomass_kg": quantise(sums["start_kg"], 2),
            "ending_biomass_kg": quantise(sums["end_kg"], 2),
            "growth_kg": quantise(sums["gain_kg"], 2),
            "fcr": observed_fcr(feed_kg, sums["gain_kg"]),
            "confidence_level": "VERY_HIGH",
            "estimation_method": "MEASURED",
            "data_points": sums["meals"].astype(np.int64),
            "batch": np.array([self.batch_of[int(key)] for key in owner], dtype=np.int64),
            "container_assignment": owner,
            **stamps,
        }
        return Block("container_feeding_summary", len(rows), columns)

    def _batch_block(self, rows: NDArray[np.int64]) -> Block:
        ledger = self.batches
        first, end = self._period(ledger, rows, self.ended)
        owner = np.array(ledger.owner, dtype=np.int64)[rows]
        sums = {name: values[rows] for name, values in ledger.sums.items()}
        feed_kg, days = sums["feed_kg"] / 100, np.maximum(sums["days"], 1)
        mean_kg = sums["biomass_days"] / days
        fcr = observed_fcr(feed_kg, sums["gain_kg"])
        percent = 100 * feed_kg / days / np.maximum(mean_kg, 1e-9)
        seen = np.array([len(self._seen[row]) for row in rows], dtype=np.int64)
        columns: dict[str, Column] = {
            "key": np.array(ledger.key, dtype=np.int64)[rows],
            "period_start": first,
            "period_end": end,
            "total_feed_kg": quantise(feed_kg, 2),
            "average_feeding_percentage": quantise(np.minimum(percent, 99.99), 2),
            "batch": owner,
            "total_feed_consumed_kg": quantise(feed_kg, 2),
            "total_biomass_gain_kg": quantise(sums["gain_kg"], 2),
            "fcr": fcr,
            "estimation_method": "MEASURED",
            "container_count": seen,
            "overall_confidence_level": "VERY_HIGH",
            "total_ending_biomass_kg": quantise(sums["end_kg"], 2),
            "total_growth_kg": quantise(sums["gain_kg"], 2),
            "total_starting_biomass_kg": quantise(sums["start_kg"], 2),
            "weighted_avg_fcr": fcr,
            "average_biomass_kg": quantise(mean_kg, 2),
            **_stamps(ledger, rows, first),
        }
        return Block("batch_feeding_summary", len(rows), columns)


def _stamps(
    ledger: _Ledger, rows: NDArray[np.int64], first: NDArray[np.int64]
) -> dict[str, Column]:
    last = np.array(ledger.last, dtype=np.int64)[rows]
    return {"created_at": first * MICROSECONDS_PER_DAY, "updated_at": evening(last)}
