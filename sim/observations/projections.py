"""Rows of scenarios and forecasts: temperature profiles, projected days, live forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sim.company.farm import Farm
from sim.core.arrays import Ints
from sim.core.journal import Columns, Cut
from sim.facts import Block, Text, quantise

_COLUMNS = 2  # times as many as a reading has


class ProjectionRows:
    """Expands what planners expected; keys run on in the order in which it was worked out."""

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        self.rows = farm.scenario.writing.buffer_rows // _COLUMNS
        self.next_key = dict.fromkeys(
            ("temperature_reading", "projection", "forward_projection"), 0
        )

    def facts(self, cut: Cut) -> Iterator[Block]:
        """The profiles, projections and forecasts of a chunk."""
        expanders: tuple[tuple[str, Callable[[Columns], Block]], ...] = (
            ("temperature profiles", self._profiles),
            ("projections", self._projections),
            ("forward", self._forward),
        )
        for table, expand in expanders:
            columns = cut.table(table)
            rows = len(next(iter(columns.values()), ()))
            for start in range(0, rows, self.rows):
                part = slice(start, start + self.rows)
                yield expand({name: column[part] for name, column in columns.items()})

    def _keys(self, kind: str, rows: int) -> Ints:
        first = self.next_key[kind]
        self.next_key[kind] = first + rows
        return np.arange(first, first + rows, dtype=np.int64)

    def _profiles(self, part: Columns) -> Block:
        rows = len(part["profile"])
        return Block(
            "temperature_reading",
            rows,
            {
                "key": self._keys("temperature_reading", rows),
                "temperature": quantise(part["degc"], 6),
                "day_number": part["day_number"],
                "profile": part["profile"],
                "created_at": part["at"],
                "updated_at": part["at"],
            },
        )

    def _projections(self, part: Columns) -> Block:
        rows = len(part["run"])
        weight, fish = quantise(part["weight_g"], 6), quantise(part["population"], 6)
        return Block(
            "projection",
            rows,
            {
                "key": self._keys("projection", rows),
                "projection_date": part["day"],
                "day_number": part["day_number"],
                "average_weight": weight,
                "population": fish,
                "biomass": quantise(weight / 1e6 * (fish / 1e6) / 1000, 6),
                "daily_feed": part["feed"],
                "cumulative_feed": part["fed"],
                "temperature": quantise(part["degc"], 6),
                "current_stage": part["stage"],
                "projection_run": part["run"],
                "created_at": part["at"],
                "updated_at": part["at"],
            },
        )

    def _forward(self, part: Columns) -> Block:
        rows = len(part["day"])
        knobs = self.farm.scenario.projections
        profiles = self.farm.lane.records["temperature_profile"]
        used, code = np.unique(part["profile"], return_inverse=True)
        names = tuple(str(profiles[key].values["name"]) for key in used.tolist())
        weight = part["weight_cg"]
        fish = quantise(part["population"], 0)
        return Block(
            "forward_projection",
            rows,
            {
                "key": self._keys("forward_projection", rows),
                "computed_date": part["computed"],
                "projection_date": part["day"],
                "day_number": part["day_number"],
                "projected_weight_g": weight,
                "projected_population": fish,
                "projected_biomass_kg": quantise(weight * fish / 100_000, 2),
                "temperature_used_c": quantise(part["degc"], 2),
                "tgc_value_used": quantise(part["tgc"], 4),
                "temp_profile": part["profile"],
                "temp_profile_name": Text(code.astype(np.int32), names),
                "temp_bias_c": quantise(part["bias_degc"], 2),
                "temp_bias_window_days": part["window"],
                "temp_bias_clamp_min_c": round(knobs.bias_min_degc * 100),
                "temp_bias_clamp_max_c": round(knobs.bias_max_degc * 100),
                "assignment": part["assignment"],
                "batch": part["batch"],
                "container": part["container"],
            },
        )
