"""Lice counts as rows: one per ring, day and lice type; and the lice types themselves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.company.farm import Farm
from sim.core.clock import HEALTH, MICROSECONDS_PER_DAY
from sim.core.journal import Cut
from sim.facts import Block, Text


class LiceCounts:
    """Expands the counts that people made."""

    def __init__(self, farm: Farm) -> None:
        self.farm = farm
        self.next_key = 0

    def facts(self, cut: Cut) -> Iterator[Block]:
        """The counts of a chunk."""
        table, lice = cut.table("lice_counts"), self.farm.scenario.lice
        if not table or lice is None:
            return
        rows = len(table["day"])
        methods = tuple(lice.counting.methods)
        found = np.array([round(100 * lice.counting.confidence.get(m, 1.0)) for m in methods])
        keys = np.arange(self.next_key, self.next_key + rows, dtype=np.int64)
        self.next_key += rows
        moment = int(HEALTH * MICROSECONDS_PER_DAY)
        yield Block(
            "lice_count",
            rows,
            {
                "key": keys,
                "count_date": table["day"].astype(np.int64) * MICROSECONDS_PER_DAY + moment,
                "fish_sampled": lice.counting.fish,
                "batch": table["batch"].astype(np.int64),
                "container": table["container"].astype(np.int64),
                "confidence_level": found[table["method"]].astype(np.int64),
                "count_value": table["count"].astype(np.int64),
                "detection_method": Text(table["method"].astype(np.int32), methods),
                "lice_type": table["type"].astype(np.int64),
                "assignment": table["assignment"].astype(np.int64),
            },
        )
