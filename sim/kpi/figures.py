"""Key figures: what planners compare companies by, each with its unit and which way is better.

**The window.** A company that starts empty shows nothing of what it can do until its pipeline is
full. So figures are counted from the day on which the first batch was planned to be harvested
completely (the warm-up ends there; ``warmup_days`` from the first day sets it otherwise), rounded
up to the first of a month, since deaths, feed and usage are kept by months. A run that ends before
is counted as a whole: its figures are those of a company that starts.

**Kinds of figures.** Those per year count what happened in the window and divide by its years.
Survival, FCR, deaths, treatments and lateness are means over the batches whose last ring was
emptied in the window, with their whole lives. Lateness also counts what should have happened before
the window ended and did not, as late as it is by then; or a company would look better the more of
its batches are stuck. For the same reason waits are all days of the window for which any batch was
kept waiting, even from starting, divided by the number of batches harvested in the window.
Utilisation is the share of unit-days in the window that were busy or resting (fallow); for feed
stores it is the mean share of their capacity that was full.

A figure that nothing could be counted for is NaN, never 0: survival without a batch harvested in
the window, tonnes a year of a run that ends before any harvest was planned. Money is in the
scenario's reference currency: ``finance.currency``, that is before a geography's ``exchange_rate``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.core.arrays import Floats
from sim.core.clock import month_start, next_month
from sim.kpi.catalogue import Kpi, blocking, catalogue, catalogue_of, slug
from sim.kpi.measures import (
    CAUSES,
    Column,
    Measures,
    Table,
    economic_fcr,
    harvested_percent,
)
from sim.resources.kinds import DENSITY, KINDS, SILOS

__all__ = ["Kpi", "Window", "aligned", "catalogue", "catalogue_of", "default_window", "kpis"]

Window = tuple[int, int]
"""The first day that is counted, and the first that is not."""
Chosen = NDArray[np.bool_]
_YEAR = 365.25
NAN = float("nan")


def default_window(measures: Measures, warmup_days: int | None = None) -> Window:
    """The days that are counted: from the end of the warm-up to the end; see the module."""
    first, end = measures.first_day, measures.end_day
    warm = first
    if warmup_days is not None:
        warm += warmup_days
    elif len(measures.batches["planned_end"]):
        warm = int(measures.batches["planned_end"].min())
    warm = month_from(first, warm)
    return (warm if warm < end else first, end)


def month_from(first_day: int, day: int) -> int:
    """The first day of a month, not before a day; the first of all days counts as one."""
    if day <= first_day:
        return first_day
    return day if month_start(day) == day else next_month(day)


def aligned(measures: Measures, window: Window) -> Window:
    """A window cut down to whole months, and to the days that were measured."""
    first, end = month_from(measures.first_day, window[0]), min(window[1], measures.end_day)
    if end < measures.end_day:
        end = month_start(end)
    return first, max(first, end)


def in_months(measures: Measures, table: Table, window: Window) -> Chosen:
    """Which rows of a table of months lie in an aligned window."""
    month = table["month"]
    first = month_start(window[0]) if window[0] == measures.first_day else window[0]
    return np.asarray((month >= first) & (month < window[1]))


def kpis(measures: Measures, window: Window | None = None) -> dict[str, float]:
    """All key figures over a window (default: after the warm-up; cut down to whole months)."""
    span = aligned(measures, default_window(measures) if window is None else window)
    found: dict[str, float] = {}
    for part in (_flows, _batches, _waits, _usage, _transitions):
        found.update(part(measures, span))
    return {name: found[name] for name in catalogue_of(measures)}


def _within(days: Column, window: Window) -> Chosen:
    return np.asarray((days >= window[0]) & (days < window[1]))


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below else NAN


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else NAN


def _flows(measures: Measures, window: Window) -> Iterator[tuple[str, float]]:
    """What happened in the window, by year."""
    years = (window[1] - window[0]) / _YEAR
    batches, moves, sold = measures.batches, measures.transitions, measures.harvests
    sold_now = _within(sold["day"], window)
    fish, kg = sold["fish"][sold_now], sold["live_kg"][sold_now]
    weights, sizes = _rings(sold, sold_now)
    mean = _ratio(kg.sum(), fish.sum())
    apart = weights - mean
    spread = _ratio(float((sizes * apart * apart).sum()), float(sizes.sum()))
    sea = moves["order"] == measures.sea_order
    came = sea & _within(moves["arrived"], window)
    # Before anything was planned to come, nothing of it can be told, not even that it is nothing.
    none_due = not len(kg) and not (batches["planned_end"] < window[1]).any()
    harvest_years = NAN if none_due else years
    no_smolts = not (sea & (moves["due"] < window[1])).any()
    smolt_years = NAN if no_smolts else years
    fed = in_months(measures, measures.feed, window)
    at_sea = measures.feed["order"] >= measures.sea_order
    cost = measures.feed["cost"]
    eggs = float(batches["egg_cost"][_within(batches["start"], window)].sum())
    revenue, smolts = float(sold["revenue"][sold_now].sum()), float(moves["charge"][came].sum())
    inland, outside = float(cost[fed & ~at_sea].sum()), float(cost[fed & at_sea].sum())
    done = _within(batches["ended"], window)
    yield "harvested_t_per_year", _ratio(kg.sum() / 1000, harvest_years)
    yield "harvested_fish_per_year", _ratio(float(fish.sum()), harvest_years)
    yield "harvest_events_per_year", _ratio(len(sizes), harvest_years)
    yield "batches_completed_per_year", _ratio(float(done.sum()), harvest_years)
    lost = _within(batches["died_out"], window)
    yield "batches_died_out_per_year", _ratio(float(lost.sum()), years)
    yield "smolts_per_year", _ratio(float(moves["fish"][came].sum()), smolt_years)
    yield "smolt_weight_g", _ratio(1000 * moves["kg"][came].sum(), moves["fish"][came].sum())
    yield "harvest_weight_kg", mean
    yield "harvest_weight_sd_kg", float(np.sqrt(spread))
    yield "revenue_per_year", _ratio(revenue, harvest_years)
    yield "feed_cost_per_year", _ratio(inland + outside, years)
    yield "margin_per_year", _ratio(revenue - inland - outside - eggs, harvest_years)
    yield "freshwater_margin_per_year", _ratio(smolts - inland - eggs, smolt_years)
    yield "farming_margin_per_year", _ratio(revenue - smolts - outside, harvest_years)


def _rings(sold: Table, now: Chosen) -> tuple[Floats, Floats]:
    """Mean weight (kg) and number of fish of every ring that was harvested."""
    if not now.any():
        return np.zeros(0), np.zeros(0)
    ring = sold["geography"][now].astype(np.int64) * (1 + int(sold["event"].max()))
    ring = ring + sold["event"][now]
    fish = np.asarray(np.bincount(ring, sold["fish"][now]), dtype=np.float64)
    kg = np.bincount(ring, sold["live_kg"][now])
    return np.asarray(kg[fish > 0] / fish[fish > 0]), fish[fish > 0]


def _batches(measures: Measures, window: Window) -> Iterator[tuple[str, float]]:
    """Means over the batches that were harvested completely in the window.

    Survival and deaths are over those that died out in it, too.
    """
    batches, sold, moves = measures.batches, measures.harvests, measures.transitions
    done = _within(batches["ended"], window)
    eggs = batches["eggs"].astype(np.float64)
    fish = measures.per_batch(sold, sold["fish"])
    kg = measures.per_batch(sold, sold["live_kg"])
    fed = measures.per_batch(measures.feed, measures.feed["eaten_kg"])
    cost = measures.per_batch(measures.feed, measures.feed["cost"])
    at_sea = measures.per_batch(moves, moves["fish"], moves["order"] == measures.sea_order)
    treated = measures.treatments
    ill = np.asarray(treated["kind"] != "vaccination", dtype=bool)
    treatments = measures.per_batch(treated, np.ones(len(ill)), ill)
    late = is_late(measures, window)
    until = np.where(done, batches["ended"], window[1])
    died = measures.deaths
    over = done | _within(batches["died_out"], window)
    yield "survival_percent", _mean(harvested_percent(fish, eggs)[over])
    yield "sea_survival_percent", _mean(harvested_percent(fish, at_sea)[over & (at_sea > 0)])
    yield "fcr", _mean(economic_fcr(fed, kg, eggs, measures.egg_g)[done])
    yield "feed_cost_per_kg", _mean(cost[done] / np.maximum(kg[done], 1e-9))
    yield "days_to_harvest", _mean((batches["ended"] - batches["start"])[done].astype(np.float64))
    yield "harvest_days_late", _mean((until - batches["planned_end"])[done | late] * 1.0)
    yield "treatments_per_batch", _mean(treatments[done])
    for cause in CAUSES:
        of_cause = np.asarray(died["cause"] == cause, dtype=bool)
        dead = measures.per_batch(died, died["fish"], of_cause)
        yield f"deaths_{slug(cause)}_percent", _mean(harvested_percent(dead, eggs)[over])


def is_late(measures: Measures, window: Window) -> Chosen:
    """Batches that should have been harvested before the window ended, were not, and still live."""
    batches = measures.batches
    ended, planned = batches["ended"], batches["planned_end"]
    late = ((ended < 0) | (ended >= window[1])) & (planned < window[1])
    return np.asarray(late & ~_is_gone(batches["died_out"], window))


def _is_gone(died_out: Column, window: Window) -> Chosen:
    """Whether batches have died out before the window ended."""
    return np.asarray((died_out >= 0) & (died_out < window[1]))


def kept_days(measures: Measures, window: Window) -> Floats:
    """Days of a window for which each wait kept a batch where it was, or from starting."""
    waits = measures.waits
    since = np.maximum(waits["until"] - waits["blocked"], window[0])
    return np.asarray(np.maximum(np.minimum(waits["until"], window[1]) - since, 0.0))


def _waits(measures: Measures, window: Window) -> Iterator[tuple[str, float]]:
    """Waits: how long batches were kept, how long anybody waited, what feed was missed."""
    waits = measures.waits
    years = (window[1] - window[0]) / _YEAR
    kept, done = kept_days(measures, window), _within(measures.batches["ended"], window)
    batches = float(done.sum())
    pool, kind = waits["pool_kind"], waits["kind"]
    lasted = np.minimum(waits["until"], window[1]) - np.maximum(waits["since"], window[0])
    lasted = np.maximum(lasted, 0.0)
    begun = _within(waits["since"], window)
    unborn = (waits["batch"] < 0) & (waits["blocked"] > 0)
    unborn &= (waits["since"] < window[1]) & ((waits["until"] > window[1]) | waits["open"])
    yield "wait_days_per_batch", _ratio(float(kept.sum()), batches)
    yield "batches_waiting_to_start", float(unborn.sum())
    for one in blocking(measures.pools):
        days = float(kept[pool == one.name].sum())
        yield f"blocked_days_{slug(one.name)}_per_batch", _ratio(days, batches)
    for name in measures.kinds:
        yield f"wait_days_{slug(name)}_per_year", _ratio(float(lasted[pool == name].sum()), years)
    fed = KINDS[SILOS].wait
    yield "stock_outs_per_year", _ratio(float((begun & (kind == fed)).sum()), years)
    for name, what in (("feed_missed", fed), ("crowding_missed", DENSITY)):
        missed = float(waits["short_kg"][begun & (kind == what)].sum()) / 1000
        yield f"{name}_t_per_year", _ratio(missed, years)


def _usage(measures: Measures, window: Window) -> Iterator[tuple[str, float]]:
    usage = measures.usage
    now = in_months(measures, usage, window)
    for kind in measures.kinds:
        of_kind = now & (usage["kind"] == kind)
        used = usage["busy_days"][of_kind].sum()
        used += usage["resting_days"][of_kind].sum()
        capacity = usage["capacity_days"][of_kind].sum()
        yield f"utilisation_{slug(kind)}", _ratio(used, capacity)


def _transitions(measures: Measures, window: Window) -> Iterator[tuple[str, float]]:
    """Days late, of the ways that began in the window; of those overdue: until its end."""
    moves = measures.transitions
    arrived, due = moves["arrived"], moves["due"]
    begun = _within(arrived, window)
    pending = ((arrived < 0) | (arrived >= window[1])) & (due < window[1])
    died_out = measures.batches["died_out"][measures.batch_row(moves)]
    pending &= ~_is_gone(died_out, window)  # these will not come any more
    late = np.where(begun, arrived, window[1]) - due
    for order, stage in enumerate(measures.stages):
        chosen = (begun | pending) & (moves["order"] == order)
        yield f"days_late_{slug(stage)}", _mean(late[chosen].astype(np.float64))
