"""The usage ledger: integrals worked out by hand, month by month."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.clock import date_of, day_of, month_start
from sim.resources.kinds import TANKS, pools
from sim.resources.usage import Usage, UsageLedger

JANUARY, FEBRUARY, MARCH = (day_of(date(2020, month, 1)) for month in (1, 2, 3))


def ledger(since: float, capacity: float = 10.0) -> UsageLedger:
    return UsageLedger("pool", pools(TANKS, "A"), capacity, since)


def test_within_a_month() -> None:
    usage = ledger(JANUARY)
    usage.change(JANUARY + 2, busy=4)
    usage.change(JANUARY + 5.5, busy=-1, resting=1)
    usage.change(JANUARY + 6, queued=3)
    usage.change(JANUARY + 8, busy=-3, resting=-1, queued=-2)
    usage.advance(JANUARY + 10)
    # busy: 4 over 3.5 days, then 3 over 2.5; queued: 3 over 2, then 1 over 2
    assert usage.months == {JANUARY: Usage(100, 4 * 3.5 + 3 * 2.5, 2.5, 3 * 2 + 1 * 2)}
    assert (usage.busy, usage.resting, usage.queued) == (0, 0, 1)


def test_over_the_end_of_a_month() -> None:
    usage = ledger(JANUARY + 29.25)
    usage.change(JANUARY + 29.25, busy=2, queued=1)
    usage.change(FEBRUARY + 1.5, busy=1, queued=-1)
    usage.advance(FEBRUARY + 2)
    assert usage.months == {
        JANUARY: Usage(17.5, 3.5, 0, 1.75),
        FEBRUARY: Usage(20, 2 * 1.5 + 3 * 0.5, 0, 1.5),
    }


def test_over_several_months_at_once() -> None:
    usage = ledger(JANUARY + 30)
    usage.change(JANUARY + 30, busy=10)
    usage.advance(MARCH + 1)
    assert {first: month.busy_days for first, month in usage.months.items()} == {
        JANUARY: 10,
        FEBRUARY: 290,  # a leap year
        MARCH: 10,
    }


def test_a_change_on_the_first_of_a_month_belongs_to_it() -> None:
    usage = ledger(JANUARY)
    usage.change(FEBRUARY, busy=5)
    usage.advance(FEBRUARY)
    assert usage.months == {JANUARY: Usage(310, 0, 0, 0)}
    usage.advance(FEBRUARY + 1)
    assert usage.months[FEBRUARY] == Usage(10, 5, 0, 0)


def test_changes_in_one_instant_add_up_and_take_no_time() -> None:
    usage = ledger(JANUARY)
    for _ in range(3):
        usage.change(JANUARY + 1, busy=1)
    usage.change(JANUARY + 1, busy=-2)
    usage.advance(JANUARY + 2)
    assert usage.total() == Usage(20, 1, 0, 0)


def test_years_are_kept_apart() -> None:
    usage = ledger(JANUARY)
    usage.change(JANUARY, busy=1)
    usage.advance(day_of(date(2022, 1, 1)))
    assert len(usage.months) == 24
    assert [date_of(first).day for first in usage.months] == [1] * 24
    assert usage.total().busy_days == 366 + 365


CHANGES = st.lists(st.tuples(st.floats(0, 50), st.integers(-3, 3)), max_size=30)


@given(CHANGES, st.lists(st.floats(0, 1), max_size=10))
def test_looking_more_often_changes_nothing(
    changes: list[tuple[float, int]], looks: list[float]
) -> None:
    once, often = ledger(JANUARY), ledger(JANUARY)
    now, exact, level = float(JANUARY), 0.0, 0
    for pause, difference in changes:
        exact += level * pause
        for look in sorted(looks):
            often.advance(now + look * pause)
        now += pause
        level += difference
        once.change(now, busy=difference)
        often.change(now, busy=difference)
    assert once.total().busy_days == pytest.approx(exact, abs=1e-6)
    assert once.months.keys() == often.months.keys()
    for first, month in once.months.items():
        assert often.months[first].busy_days == pytest.approx(month.busy_days, abs=1e-6)
    assert once.total().capacity_days == pytest.approx(10 * (now - JANUARY))


def test_months_that_are_forgotten_still_count() -> None:
    kept, forgetful = (ledger(JANUARY) for _ in range(2))
    for day in range(JANUARY, JANUARY + 400, 7):
        for one in (kept, forgetful):
            one.change(float(day), busy=1 if day % 2 else -1, queued=0.5)
        forgetful.forget(day)
    assert len(forgetful.months) <= 2
    assert len(kept.months) > 12
    assert forgetful.total() == kept.total()
    end = float(JANUARY + 400)
    first = month_start(JANUARY + 399)
    assert forgetful.seen(first, end) == kept.seen(first, end)
