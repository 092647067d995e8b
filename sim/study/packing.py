"""Measures as bytes, so that a study can keep those of one replication of each variant.

Reports show from them what no key figure tells: stays for a Gantt chart, single waits, the critical
chain of a late harvest.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields
from typing import Any

import numpy as np

from sim.kpi.measures import TYPES, Measures
from sim.resources.kinds import pools


def pack(measures: Measures) -> bytes:
    """Measures as compressed JSON; numbers keep every digit."""
    plain = {field.name: getattr(measures, field.name) for field in fields(measures)}
    for name in TYPES:
        plain[name] = {column: values.tolist() for column, values in plain[name].items()}
    plain["pools"] = [(each.kind.name, each.hall) for each in measures.pools]
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 6)


def unpack(data: bytes) -> Measures | None:
    """The measures that were packed; None if a version did it whose tables were others."""
    plain: dict[str, Any] = json.loads(zlib.decompress(data))
    if plain.keys() != {field.name for field in fields(Measures)}:
        return None
    for name, types in TYPES.items():
        if plain[name].keys() != types.keys():
            return None
        plain[name] = {
            column: np.array(plain[name][column], dtype=object if kind == "O" else kind)
            for column, kind in types.items()
        }
    plain["pools"] = [pools(kind, hall) for kind, hall in plain["pools"]]
    for name in ("geographies", "stages", "pools"):
        plain[name] = tuple(plain[name])
    return Measures(**plain)
