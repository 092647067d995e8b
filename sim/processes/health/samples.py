"""Health sampling: now and then some fish of one container are measured and scored, one by one.

The last stage ashore and the stages at sea are sampled, container after container. The statistics
are worked out from the recorded (rounded) fish, so that they recompute exactly from the individual
rows. A bad mean score is a finding: it goes into the journal and a sample to the laboratory.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import simpy

from sim.biology.examination import (
    STEPS,
    Build,
    damaged_by_lice,
    frailty,
    scores,
    sizes,
    step_chance,
)
from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.arrays import Ints
from sim.core.clock import HEALTH
from sim.core.journal import Record
from sim.core.streams import bits, normal, stream, uniform
from sim.facts import quantise
from sim.fish.condition import HEALTH_PARAMETERS
from sim.master_data.health import PARAMETER_NAMES
from sim.processes.health.journal import note
from sim.processes.health.labs import ask_laboratory, first_day
from sim.processes.health.vaccination import containers_of

Story = Generator[simpy.Event, Any, None]

_SKIN = ("wounds", "mucous")
"""What lice damage."""


@dataclass(frozen=True, slots=True)
class SampledFish:
    """Fish that were looked at: 0.01 g, 0.01 cm, scores of shape (fish, parameters)."""

    weight_cg: Ints
    length_cc: Ints
    scores: Ints


def health_samplings(farm: Farm, batch: Batch) -> Story:
    """Sample the batch every so many days, as long as it lives where it is sampled."""
    first = _first_sampled(farm)
    taken = 0
    for turn in count():
        interval = farm.scenario.care.health_sampling_interval_days
        yield farm.at(batch.day_at(first_day(interval, turn)), HEALTH)
        if not batch.alive:
            return
        units = containers_of(farm, batch)
        units = units[farm.stock.stage[units] >= first]
        if len(units):
            _sample(farm, batch, int(units[taken % len(units)]))
            taken += 1


def _first_sampled(farm: Farm) -> int:
    """Order of the last fed stage ashore, or of the first at sea if there is none."""
    ashore = [order for order, stage in enumerate(farm.stages) if stage.role != "sea"]
    fed = [order for order in ashore if farm.stages[order].feeds]
    return fed[-1] if fed else len(ashore)


def _sample(farm: Farm, batch: Batch, container: int) -> None:
    """Take fish out of a container, look at them and write down what they are like."""
    fish = examine(farm, batch, container)
    number = len(fish.weight_cg)
    event = _event(farm, container, fish)
    columns = {
        "day": np.full(number, farm.today, dtype=np.int64),
        "event": np.full(number, event.key, dtype=np.int64),
        "number": np.arange(number, dtype=np.int64),
        "weight_cg": fish.weight_cg,
        "length_cc": fish.length_cc,
    }
    scored = zip(HEALTH_PARAMETERS, fish.scores.T, strict=True)
    columns.update({f"score {name}": np.ascontiguousarray(row) for name, row in scored})
    farm.lane.table("health_samples", columns)
    if farm.log.on:
        text = "health sampling: {} fish of {}, {:,.1f} g. {}"
        mean_g, where = float(event.values["avg_weight_g"] or 0), farm.layout.names[container]
        farm.log.add(batch.name, text, number, where, mean_g, event.values["notes"], minor=True)
    _judge(farm, batch, container, fish)


def examine(farm: Farm, batch: Batch, container: int) -> SampledFish:
    """What the fish of a container look like today; they show its damage and its lice."""
    care, looks, stock = farm.scenario.care, farm.scenario.instruments.looks, farm.stock
    stage, condition = farm.stages[stock.stage[container]], stock.condition
    number = np.arange(min(care.health_sampling_fish, int(stock.count[container])))
    names = (farm.geography.name, batch.plan.luck, "health sampling")
    key = bits(stream(farm.seed, *names, farm.layout.names[container]), farm.today)
    luck = {
        name: bits(key ^ stream(0, "purpose", name), 0)
        for name in ("weight", "shape", "frailty", "scores")
    }
    damage = condition.damage[:, container].copy()
    lice = float(condition.lice[:, container].sum())
    for parameter in _SKIN:
        row = HEALTH_PARAMETERS.index(parameter)
        damage[row] = damaged_by_lice(damage[row], lice, care.damage_per_louse)
    frail = frailty(normal(luck["frailty"], number), care.frailty_sd)
    chance = step_chance(damage, care.score_background, frail)
    body = step_chance(damage[[HEALTH_PARAMETERS.index("body")]], 0.0, frail)[:, 0]
    weight, length = sizes(
        float(stock.weight_g[container]),
        Build(stage.weight_cv, stage.condition_factor, looks.shape_cv, looks.weight_range),
        care.thinness * body,
        (normal(luck["weight"], number), normal(luck["shape"], number)),
    )
    draw = np.arange(chance.size).reshape(chance.shape)
    return SampledFish(
        np.maximum(quantise(weight, 2), 1),
        np.maximum(quantise(length, 2), 1),
        scores(chance, uniform(luck["scores"], draw)),
    )


def _event(farm: Farm, container: int, fish: SampledFish) -> Record:
    """The sampling's row, with the statistics of its fish."""
    weight, length = fish.weight_cg / 100, fish.length_cc / 100
    k_factor = 100 * weight / (length * length * length)
    return farm.lane.create(
        "health_sampling",
        farm.env.now,
        sampling_date=farm.today,
        number_of_fish_sampled=len(weight),
        notes=_notes(fish),
        assignment=int(farm.stock.assignment[container]),
        avg_k_factor=float(k_factor.mean()),
        avg_length_cm=float(fish.length_cc.mean()) / 100,
        avg_weight_g=float(fish.weight_cg.mean()) / 100,
        calculated_sample_size=len(weight),
        max_length_cm=float(length.max()),
        max_weight_g=float(weight.max()),
        min_length_cm=float(length.min()),
        min_weight_g=float(weight.min()),
        std_dev_length_cm=float(fish.length_cc.std()) / 100,
        std_dev_weight_g=float(fish.weight_cg.std()) / 100,
    )


def _notes(fish: SampledFish) -> str:
    mean = fish.scores.mean(axis=0)
    worst = int(mean.argmax())
    name = PARAMETER_NAMES[HEALTH_PARAMETERS[worst]]
    return f"Worst: {name}, mean score {mean[worst]:.2f} of {STEPS}"


def _judge(farm: Farm, batch: Batch, container: int, fish: SampledFish) -> None:
    """A parameter whose mean score is bad is a finding; the worst one decides what is sent."""
    mean = fish.scores.mean(axis=0)
    care = farm.scenario.care
    limit = care.finding_score
    bad = [row for row in np.argsort(-mean, kind="stable").tolist() if mean[row] >= limit]
    if not bad:
        return
    told = [f"{PARAMETER_NAMES[HEALTH_PARAMETERS[row]]} {mean[row]:.1f}" for row in bad]
    worst = HEALTH_PARAMETERS[bad[0]]
    severe = mean[bad[0]] >= limit + care.severe_finding_share * (STEPS - limit)
    note(
        farm,
        batch,
        container,
        "issue",
        f"Health sampling of {len(fish.scores)} fish, mean scores: {', '.join(told)}",
        severity="high" if severe else "medium",
        tags=("sampling", worst),
    )
    ask_laboratory(farm, batch, container, worst, "Found in a health sampling")
