"""Lice counts: every ring of a batch at sea, once a week, and what follows from them.

A count is drawn in the model, because treatment is decided by it: when the area's mean of adult
females passes the limit of the geography and month, and the last treatment is long enough ago. The
count after a treatment tells what it was worth.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.company.log import counted
from sim.core.arrays import Ints
from sim.core.clock import HEALTH, date_of
from sim.core.journal import Record
from sim.core.streams import stream, uniform_at
from sim.fish.lice import ADULT_FEMALES, ALL_TYPES, COUNTED, TYPES, LicePopulation
from sim.processes.health.delousing import Campaign, delouse
from sim.processes.health.vaccination import containers_of

Story = Generator[simpy.Event, Any, None]


@dataclass(slots=True)
class LiceWatch:
    """What a batch's people know about its lice.

    Attributes:
        method_luck: stream of how a day's count is made.
        last: mobile lice of every ring at its last count.
        judged: records of treatments that the next count will judge, by ring.
        campaign: the treatment under way.
    """

    method_luck: np.uint64
    last: dict[int, int] = field(default_factory=dict)
    judged: dict[int, tuple[Record, int]] = field(default_factory=dict)
    campaign: Campaign | None = None


def watch_lice(farm: Farm, batch: Batch) -> Story:
    """Count, decide and treat until the batch is gone."""
    lice = farm.lice
    if lice is None:
        return
    luck = stream(farm.seed, farm.geography.name, batch.plan.luck, "lice method")
    watch, knobs = LiceWatch(luck), lice.knobs.counting
    planned = list(farm.scenario.delousing.planned_days)
    most_found = max(knobs.confidence.get(method, 1.0) for method in knobs.methods)
    while True:
        yield farm.at(farm.today + knobs.interval_days, HEALTH)
        if not batch.alive:
            break
        may_treat = _may_treat(farm, batch, watch)
        if not (may_treat or farm.lane.recording):
            continue
        rings = containers_of(farm, batch)
        if not len(rings):
            continue
        planned_now = _is_planned(farm, batch, planned)
        if not (planned_now or farm.lane.recording):
            most = lice.most_females(rings, farm.today, most_found)
            if not _passes_limit(farm, lice, most, len(rings)):
                continue  # whatever the count would say
        counts = _count(farm, batch, watch, lice, rings)
        if farm.lane.recording:
            _judge(farm, batch, watch, rings, counts)
        found = counts[-1].tolist()
        above = _is_above(farm, batch, lice, found, heard=may_treat)
        if not may_treat:
            continue
        if planned_now:
            del planned[0]
        if planned_now or above:
            females = dict(zip(rings.tolist(), found, strict=True))
            watch.campaign = Campaign(females, watch.last.copy(), watch.judged)
            farm.env.process(delouse(farm, batch, watch.campaign))


def _count(farm: Farm, batch: Batch, watch: LiceWatch, lice: LicePopulation, rings: Ints) -> Ints:
    """Count each ring's lice and tell it, a row per ring and type.

    Returns:
        The counts of the types that are ``COUNTED``, shape (types, rings); where nobody records,
        only those of the last, which decides.
    """
    knobs = lice.knobs.counting
    method = _method(knobs.methods, uniform_at(watch.method_luck, batch.age_on(farm.today)))
    confidence = knobs.confidence.get(method, 1.0)
    if not farm.lane.recording:
        return lice.count(rings, farm.today, confidence, ADULT_FEMALES)
    counts = lice.count(rings, farm.today, confidence, ALL_TYPES)
    size = counts.size
    farm.lane.table(
        "lice_counts",
        {
            "day": np.full(size, farm.today),
            "batch": np.full(size, batch.row.key),
            "container": np.repeat(rings, len(TYPES)),
            "assignment": np.repeat(farm.stock.assignment[rings], len(TYPES)),
            "type": np.tile(np.arange(len(TYPES)), len(rings)),
            "count": counts.T.reshape(size),
            "method": np.full(size, list(knobs.methods).index(method)),
        },
    )
    return counts[list(COUNTED)]


def _method(methods: Mapping[Any, float], luck: float) -> Any:
    """How this week's count is made: drawn by the shares of the methods."""
    luck *= math.fsum(methods.values())
    for method, share in methods.items():
        luck -= share
        if luck < 0:
            return method
    return next(reversed(methods))


def _judge(farm: Farm, batch: Batch, watch: LiceWatch, rings: Ints, counts: Ints) -> None:
    """Compare with the counts before a treatment; remember these."""
    policy = farm.scenario.delousing
    mobile = counts.sum(axis=0).tolist()
    outcomes: Counter[str] = Counter()
    for ring, now in zip(rings.tolist(), mobile, strict=True):
        if ring in watch.judged:
            record, before = watch.judged.pop(ring)
            reduction = 1 - now / max(before, 1)
            outcome = (
                "successful"
                if reduction >= policy.success_from
                else "partial"
                if reduction >= policy.partial_from
                else "unsuccessful"
            )
            farm.lane.change(record, farm.env.now, outcome=outcome)
            outcomes[outcome] += 1
        watch.last[ring] = now
    if outcomes and farm.log.on:
        told = ", ".join(f"{how} in {counted(rings, 'ring')}" for how, rings in outcomes.items())
        farm.log.add(batch.name, "treatment against lice judged: {}", told, minor=True)


def _may_treat(farm: Farm, batch: Batch, watch: LiceWatch) -> bool:
    """Whether a treatment may begin, however many lice there are."""
    if batch.leaving or (watch.campaign and not watch.campaign.over):
        return False
    pause = farm.scenario.delousing.minimum_interval_days
    return not batch.delousings or farm.today - batch.delousings[-1][0] >= pause


def _is_planned(farm: Farm, batch: Batch, planned: list[int]) -> bool:
    """Whether a planned day of treatment has come."""
    return bool(planned) and farm.today - batch.entered["sea"] >= planned[0]


def _passes_limit(farm: Farm, lice: LicePopulation, females: float, rings: int) -> bool:
    """Whether so many adult females in all rings together pass the limit of the month."""
    return females / rings / lice.knobs.counting.fish >= _limit(farm)


def _is_above(
    farm: Farm, batch: Batch, lice: LicePopulation, found: Sequence[int], *, heard: bool
) -> bool:
    """Whether a count of each ring's adult females passes the limit; its story says so if it does.

    Above the limit while nothing may be done about it is everyday news (``heard`` is False).
    """
    above = _passes_limit(farm, lice, sum(found), len(found))
    if above and farm.log.on:
        mean = sum(found) / len(found) / lice.knobs.counting.fish
        text = "lice above the limit of {:g}: {:.2f} adult females a fish in {}"
        rings = counted(len(found), "ring")
        farm.log.add(batch.name, text, _limit(farm), mean, rings, minor=not heard)
    return above


def _limit(farm: Farm) -> float:
    """The adult females a fish from which an area is treated this month."""
    return farm.geography.lice_limit[date_of(farm.today).month - 1]
