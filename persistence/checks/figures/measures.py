"""The figures that acceptance looks at: one value for the run, or one per batch, stage, geography.

FCR is the economic one, feed fed per kilogram of live weight harvested beyond that of the eggs,
over a batch's whole life. The biological one, which counts what died as grown, is told beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from persistence.checks.engine.knobs import StoredKnobs
from persistence.checks.figures.figures import BatchFigures, Figures, Use

Values = Mapping[str, float]
"""A figure's values by what they are about; none if there is nothing to tell yet."""
Measure = Callable[[Figures, StoredKnobs], Values]

RUN = "run"
DAG_PER_T = 100_000
"""Feed is counted in 10 g."""
_SHOWN = 5


def _harvested(figures: Figures) -> Iterator[BatchFigures]:
    return (batch for batch in figures.batches if batch.is_harvested)


def _active(figures: Figures) -> Iterator[BatchFigures]:
    return (batch for batch in figures.batches if batch.active)


def one(value: Callable[[Figures], float]) -> Measure:
    """A figure that is one number of the whole run."""
    return lambda figures, _: {RUN: value(figures)}


def rows(name: str) -> Measure:
    """How many of something there are."""
    return one(lambda figures: figures.rows[name])


def created(figures: Figures, knobs: StoredKnobs) -> Values:
    """Batches that there are or that wait for their first place, in percent of those planned."""
    return {RUN: 100 * (len(figures.batches) + figures.waiting_to_start) / knobs.batches}


def harvested_share(figures: Figures, _: StoredKnobs) -> Values:
    """Fish harvested, in percent of the eggs; few or none of batches that died out."""
    ended = (batch for batch in figures.batches if batch.is_harvested or batch.died_out)
    return {batch.name: 100 * batch.harvested / max(batch.eggs, 1) for batch in ended}


def mean_of(measure: Measure) -> Measure:
    """The mean of a measure over batches."""

    def mean(figures: Figures, knobs: StoredKnobs) -> Values:
        values = measure(figures, knobs).values()
        return {RUN: sum(values) / len(values)} if values else {}

    return mean


def alive_share(figures: Figures, _: StoredKnobs) -> Values:
    """Fish alive in active batches, in percent of the eggs."""
    return {b.name: 100 * b.alive / max(b.eggs, 1) for b in _active(figures)}


def alive_weight(figures: Figures, _: StoredKnobs) -> Values:
    """Mean weight of active batches, g."""
    return {b.name: 1000 * b.alive_kg / max(b.alive, 1) for b in _active(figures)}


def harvest_weight(figures: Figures, _: StoredKnobs) -> Values:
    """Mean live weight at harvest, counted by fish, kg."""
    return {b.name: b.harvested_kg / max(b.harvested, 1) for b in _harvested(figures)}


def economic_fcr(figures: Figures, knobs: StoredKnobs) -> Values:
    """Feed per kilogram harvested."""
    return {
        b.name: b.feed_kg / max(b.harvested_kg - b.eggs * knobs.egg_g / 1000, 1e-9)
        for b in _harvested(figures)
    }


def harvest_days(figures: Figures, _: StoredKnobs) -> Values:
    """Days from a batch's start to its last ring."""
    return {b.name: b.last_harvest or 0 for b in _harvested(figures)}


def day_91(figures: Figures, _: StoredKnobs) -> Values:
    """Fish on day 91 of the batches of 3.1 to 3.5 million eggs, in millions."""
    return {
        b.name: b.day_91 / 1e6
        for b in figures.batches
        if b.day_91 is not None and 3_100_000 <= b.eggs <= 3_500_000
    }


def day_91_share(figures: Figures, _: StoredKnobs) -> Values:
    """Fish on day 91, in percent of the eggs."""
    return {
        b.name: 100 * b.day_91 / max(b.eggs, 1) for b in figures.batches if b.day_91 is not None
    }


def stages_among_active(figures: Figures, _: StoredKnobs) -> Values:
    """How many stages have an active batch."""
    return {RUN: len({b.stage for b in _active(figures)})}


def batches_per_stage(figures: Figures, knobs: StoredKnobs) -> Values:
    """Active batches in each freshwater stage, if two or three fit into it one after the other."""
    stages = [b.stage for b in _active(figures)]
    return {
        stage.name: stages.count(order)
        for order, stage in enumerate(knobs.stages)
        if not stage.sea and 2 <= stage.days / knobs.stagger_days <= 3
    }


def stock(figures: Figures, _: StoredKnobs) -> Values:
    """Feed in stock, t."""
    return {name: kg / 1000 for name, kg in figures.stock_kg.items()}


def stock_change(figures: Figures, _: StoredKnobs) -> Values:
    """Feed in stock less what was bought, t."""
    return {name: (kg - figures.bought_kg[name]) / 1000 for name, kg in figures.stock_kg.items()}


def opening_excess(figures: Figures, knobs: StoredKnobs) -> Values:
    """Feed in stock on the first day beyond what the scenario asks for, t."""
    if knobs.opening_t is None:
        return {}
    return {RUN: (figures.opening_dag - round(knobs.opening_t * DAG_PER_T)) / DAG_PER_T}


def opening_expired(figures: Figures, knobs: StoredKnobs) -> Values:
    """Of the feed in stock on the first day what was left when it expired, t."""
    if knobs.opening_t is None or not figures.due_dag:
        return {}
    return {RUN: figures.expired_dag / DAG_PER_T}


def fullest(figures: Figures, _: StoredKnobs) -> Values:
    """The fullest that a container ever was, in percent of its limit."""
    return {name: 100 * share for name, share in figures.fullest.items()}


def claimed_rings(figures: Figures, _: StoredKnobs) -> Values:
    """Ring-days claimed, in percent of all."""
    return _claimed(figures.rings)


def stocked_rings(figures: Figures, _: StoredKnobs) -> Values:
    """Ring-days with fish in them, in percent of all."""
    return _stocked(figures.rings)


def stocked_tanks(figures: Figures, _: StoredKnobs) -> Values:
    """Tank-days with fish in them, trays and eggs among them, in percent of all."""
    return _stocked(figures.tanks)


def _claimed(used: Mapping[str, Use]) -> Values:
    return {name: 100 * use.claimed / use.capacity for name, use in used.items()}


def _stocked(used: Mapping[str, Use]) -> Values:
    return {name: 100 * use.stocked / use.capacity for name, use in used.items()}


def waits_of(*kinds: str) -> Measure:
    """How often somebody waited for some kinds of pool."""
    return lambda figures, _: {kind: figures.waits[kind] for kind in kinds}


# What is told beside a figure.


def tell_batches(figures: Figures) -> str:
    """How far the batches are."""
    done, active = len(list(_harvested(figures))), len(list(_active(figures)))
    died_out = sum(batch.died_out for batch in figures.batches)
    told = f"{len(figures.batches)} batches: {done} harvested, {active} active"
    told += f", {died_out} died out" if died_out else ""
    waiting = figures.waiting_to_start
    return f"{told}, {waiting} waiting to start" if waiting else told


def tell_biological_fcr(figures: Figures) -> str:
    """The FCR that counts what died as grown."""
    grown_kg = sum(b.harvested_kg + b.dead_kg for b in _harvested(figures))
    fed_kg = sum(b.feed_kg for b in _harvested(figures))
    return f"biological {fed_kg / max(grown_kg, 1e-9):.2f}"


def tell_opening(figures: Figures) -> str:
    """How much feed was in stock on the first day."""
    return f"{figures.opening_dag / DAG_PER_T:,.2f} t in stock"


def tell_due(figures: Figures) -> str:
    """How much of it has expired, or was eaten before."""
    return f"of {figures.due_dag / DAG_PER_T:,.2f} t"


def tell_first_rings(figures: Figures) -> str:
    """When the batches' first rings were harvested."""
    days = [b.first_harvest or 0 for b in _harvested(figures)]
    return f"first rings after {min(days)} to {max(days)} days"


def tell_stocked_rings(figures: Figures) -> str:
    """Ring-days with fish in them."""
    return f"stocked only: {_shares(_stocked(figures.rings))}"


def tell_claimed_rings(figures: Figures) -> str:
    """Ring-days claimed."""
    return f"claimed: {_shares(_claimed(figures.rings))}"


def tell_claimed_tanks(figures: Figures) -> str:
    """Tank-days claimed."""
    return f"claimed: {_shares(_claimed(figures.tanks))}"


def _shares(values: Values) -> str:
    return ", ".join(f"{name} {share:.1f} %" for name, share in sorted(values.items()))


def tell_delousings(figures: Figures) -> str:
    """How many containers were treated against lice in each way."""
    each = sorted(figures.deloused.items())
    return ", ".join(f"{count:,} {given}" for given, count in each)


def tell_long_waits(figures: Figures) -> str:
    """Which claims waited too long."""
    return "; ".join(figures.long_waits[:_SHOWN])
