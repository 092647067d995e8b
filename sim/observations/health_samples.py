"""The fish of health samplings and their scores, as rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.company.farm import Farm
from sim.core.clock import HEALTH, MICROSECONDS_PER_DAY
from sim.core.journal import Columns, Cut
from sim.facts import Block, Text
from sim.fish.condition import HEALTH_PARAMETERS


class HealthSamples:
    """Expands the sampled fish; keys of fish and scores run on from chunk to chunk."""

    def __init__(self, farm: Farm) -> None:
        self.next_fish = 0
        self.fish_per_buffer = max(1, farm.scenario.writing.buffer_rows // len(HEALTH_PARAMETERS))
        most = farm.scenario.care.health_sampling_fish
        self._names = tuple(f"F{number + 1:03d}" for number in range(most))

    def facts(self, cut: Cut) -> Iterator[Block]:
        """Fish, then their scores, a buffer at a time."""
        columns = cut.table("health_samples")
        rows = len(columns.get("day", ()))
        for start in range(0, rows, self.fish_per_buffer):
            end = start + self.fish_per_buffer
            yield from self._expand({name: column[start:end] for name, column in columns.items()})

    def _expand(self, part: Columns) -> Iterator[Block]:
        rows, parameters = len(part["day"]), len(HEALTH_PARAMETERS)
        keys = np.arange(self.next_fish, self.next_fish + rows, dtype=np.int64)
        self.next_fish += rows
        stamp = part["day"] * MICROSECONDS_PER_DAY + int(HEALTH * MICROSECONDS_PER_DAY)
        yield Block(
            "sampled_fish",
            rows,
            {
                "key": keys,
                "fish_identifier": Text(part["number"].astype(np.int32), self._names),
                "length_cm": part["length_cc"],
                "weight_g": part["weight_cg"],
                "sampling_event": part["event"],
                "created_at": stamp,
                "updated_at": stamp,
            },
        )
        scores = np.stack([part[f"score {name}"] for name in HEALTH_PARAMETERS], axis=1)
        stamps = np.repeat(stamp, parameters)
        first = int(keys[0]) * parameters
        yield Block(
            "fish_score",
            rows * parameters,
            {
                "key": np.arange(first, first + rows * parameters, dtype=np.int64),
                "score": scores.reshape(-1),
                "individual_fish_observation": np.repeat(keys, parameters),
                "parameter": np.tile(np.arange(parameters, dtype=np.int64), rows),
                "created_at": stamps,
                "updated_at": stamps,
            },
        )
