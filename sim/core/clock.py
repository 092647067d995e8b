"""Simulated time: whole days since 1970-01-01 UTC, with fixed phases inside a day.

SimPy orders events by (time, priority, insertion). Each thing that happens daily therefore has a
phase of its own, a binary fraction of a day so that sums stay exact:

=========  =====  =====================================================================
phase      UTC    what happens
=========  =====  =====================================================================
``DAWN``   00:00  rests end, orders arrive, the plant's new working day begins
``MOVE``   06:00  eggs are laid down, fish are moved and harvested, claims are made
``HARM``   08:15  outbreaks, lice and the sea do their harm
``HEALTH`` 09:00  people look: counts, samples, vaccinations, treatments
``RATION`` 12:00  the day's array step works out every container's ration
``FEED``   15:00  batches draw their rations from silos and barges
``OFFICE`` 15:00  bills are approved, which has to do with nobody's feed
``SHARE``  16:30  what was got is shared out over containers
``DESK``   18:00  changes of feed that were planned are told as done
``CLOSE``  21:00  growth, deaths, the day's record; reorder points are looked at
``COUNT``  21:45  key figures are counted, where a company is measured
``REVIEW`` 22:30  planners look ahead from what the day has left
=========  =====  =====================================================================

Many ask for the calendar of the same few thousand days, so what it says of a day is kept.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

EPOCH = date(1970, 1, 1)
MICROSECONDS_PER_DAY = 86_400_000_000
MICROSECONDS_PER_HOUR = 3_600_000_000

DAWN = 0.0
MOVE = 0.25
HARM = 0.34375
HEALTH = 0.375
RATION = 0.5
FEED = 0.625
OFFICE = FEED
SHARE = 0.6875
DESK = 0.75
CLOSE = 0.875
COUNT = 0.90625
REVIEW = 0.9375

FIRST_DAY_NUMBER = 1
"""AquaMind's ``day_number`` of the day on which a batch (a projection, a profile) begins.

Only the columns of that name count from 1. Knobs, names and numbers that speak of a day of a
batch's life mean the days since its start, 0 on the start (:meth:`sim.company.batch.Batch.age_on`).
"""


def day_of(when: date) -> int:
    """Days since 1970-01-01."""
    return (when - EPOCH).days


@cache
def date_of(day: int) -> date:
    """The calendar date of a day number."""
    return EPOCH + timedelta(days=int(day))


def microseconds(now: float) -> int:
    """A time on the clock (days) as microseconds since 1970-01-01 UTC."""
    return round(now * MICROSECONDS_PER_DAY)


def stamp(now: float) -> datetime:
    """A time on the clock as an aware datetime."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=now)


@cache
def month_start(day: int) -> int:
    """The first day of a day's calendar month."""
    return day_of(date_of(day).replace(day=1))


@cache
def next_month(day: int) -> int:
    """The first day of the calendar month after a day's."""
    first = date_of(day).replace(day=1)
    return day_of((first + timedelta(days=32)).replace(day=1))
