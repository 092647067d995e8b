"""Feeding summaries keep what may still change, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np

from sim.core.clock import day_of
from sim.core.journal import Columns
from sim.observations.summaries import FeedingSummaries

JANUARY, FEBRUARY, MARCH = (day_of(date(2020, month, 1)) for month in (1, 2, 3))


def days(first: int, last: int, assignments: Iterable[int]) -> Columns:
    """The container-days of batch 0 in some assignments."""
    pairs = [(day, one) for day in range(first, last) for one in assignments]
    rows = len(pairs)
    return {
        "day": np.array([day for day, _ in pairs]),
        "assignment": np.array([one for _, one in pairs]),
        "batch": np.zeros(rows, dtype=np.int64),
        "count": np.full(rows, 1000),
        "weight_g": np.full(rows, 50.0),
        "before_kg": np.full(rows, 49.0),
        "gain_kg": np.ones(rows),
        "eaten_dag": np.full(rows, 100),
    }


def test_a_month_goes_on_in_the_next_chunk_under_its_key() -> None:
    cut, whole = FeedingSummaries(2), FeedingSummaries(2)
    middle = JANUARY + 10
    cut.add(days(JANUARY, middle, (0, 1)), {}, {})
    ours = cut.add(days(middle, FEBRUARY, (0, 1)), {}, {})
    theirs = whole.add(days(JANUARY, FEBRUARY, (0, 1)), {}, {})
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.columns.keys() == other.columns.keys()
        for name, column in mine.columns.items():
            assert np.array_equal(column, other.columns[name]), name


def test_keys_go_on_when_months_and_owners_are_over() -> None:
    told = FeedingSummaries(2)
    told.add(days(JANUARY, FEBRUARY, (0, 1)), {}, {})
    containers, _ = told.add(days(FEBRUARY, MARCH, (0, 1)), {0: MARCH - 1}, {})
    # Who leaves is told once more as he was before.
    assert containers.columns["key"].tolist() == [0, 2, 3]
    containers, batches = told.add(days(MARCH, MARCH + 5, (1, 2)), {}, {0: MARCH + 4})
    assert containers.columns["key"].tolist() == [4, 5]
    assert containers.columns["container_assignment"].tolist() == [1, 2]
    assert batches.columns["key"].tolist() == [1, 2]
    assert batches.columns["container_count"].tolist() == [2, 2]


def test_what_is_over_is_let_go() -> None:
    told = FeedingSummaries(2)
    for number, first in enumerate(range(JANUARY, JANUARY + 3000, 30)):
        told.add(days(first, first + 30, (number,)), {number: first + 29}, {})
    assert len(told.containers.key) == len(told.containers.place) == len(told.batch_of) == 0
    assert len(told.batches.key) == len(told.batches.sums["days"]) == 1
    assert told.containers.following > 100
