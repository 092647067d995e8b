"""Growth samples: some fish of a container, each weighed and measured, and their statistics.

The statistics are worked out from the recorded (rounded) fish, so that they recompute exactly from
the individual rows: population standard deviation, condition factor from the two means.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.biology.growth import length_cm
from sim.company.farm import Farm
from sim.core.journal import Columns
from sim.core.streams import bits, normal, stream
from sim.facts import Block, Text, quantise
from sim.fish.stock import ANCHOR_SAMPLE
from sim.observations.days import evening

_WEIGHTS, _SHAPES = stream(0, "purpose", "fish weight"), stream(0, "purpose", "fish shape")


def growth_samples(
    columns: Columns, farm: Farm, first_sample: int, first_fish: int
) -> tuple[Block, Block]:
    """The samples of some container-days and the fish in them."""
    chosen = columns["anchor"] == ANCHOR_SAMPLE
    part = {name: column[chosen] for name, column in columns.items()}
    fish = farm.scenario.recording.growth_sample_fish
    rows, number = len(part["day"]), np.arange(fish)
    weight_cg, length_cc = _fish(part, farm, number)
    day = part["day"].astype(np.int64)
    keys = np.arange(first_sample, first_sample + rows, dtype=np.int64)
    mean_g = weight_cg.mean(axis=1) / 100
    mean_cm = length_cc.mean(axis=1) / 100
    sample = Block(
        "growth_sample",
        rows,
        {
            "key": keys,
            "sample_date": day,
            "sample_size": fish,
            "avg_weight_g": quantise(mean_g, 2),
            "avg_length_cm": quantise(mean_cm, 2),
            "std_deviation_weight": quantise(weight_cg.std(axis=1) / 100, 2),
            "std_deviation_length": quantise(length_cc.std(axis=1) / 100, 2),
            "min_weight_g": weight_cg.min(axis=1, initial=2**62),
            "max_weight_g": weight_cg.max(axis=1, initial=0),
            "condition_factor": quantise(100 * mean_g / (mean_cm * mean_cm * mean_cm), 2),
            "notes": "",
            "assignment": part["assignment"].astype(np.int64),
            "created_at": evening(day),
            "updated_at": evening(day),
        },
    )
    stamps = np.repeat(evening(day), fish)
    individuals = Block(
        "fish",
        rows * fish,
        {
            "key": np.arange(first_fish, first_fish + rows * fish, dtype=np.int64),
            "fish_identifier": Text(
                np.tile(number.astype(np.int32), rows), tuple(f"F{n + 1:03d}" for n in number)
            ),
            "weight_g": weight_cg.reshape(-1),
            "length_cm": length_cc.reshape(-1),
            "growth_sample": np.repeat(keys, fish),
            "created_at": stamps,
            "updated_at": stamps,
        },
    )
    return sample, individuals


def _fish(
    part: Columns, farm: Farm, number: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Weights (0.01 g) and lengths (0.01 cm), shape (samples, fish)."""
    spread = np.array([stage.weight_cv for stage in farm.stages])[part["stage"]]
    shape = np.array([stage.condition_factor for stage in farm.stages])[part["stage"]]
    luck, age = part["luck"].astype(np.uint64), part["age"]
    z = normal(bits(luck ^ _WEIGHTS, age)[:, None], number)
    looks = farm.scenario.instruments.looks
    weight = part["weight_g"][:, None] * np.clip(1 + spread[:, None] * z, *looks.weight_range)
    z = normal(bits(luck ^ _SHAPES, age)[:, None], number)
    condition = shape[:, None] * (1 + looks.shape_cv * z)
    length = length_cm(weight, condition)
    return np.maximum(quantise(weight, 2), 1), np.maximum(quantise(length, 2), 1)
