"""Measures as bytes, so that a study can keep those of one replication of each variant.

Reports show from them what no key figure tells: stays for a Gantt chart, single waits, the critical
chain of a late harvest.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields

import numpy as np

from sim.kpi.measures import TYPES, Measures


def pack(measures: Measures) -> bytes:
    """Measures as compressed JSON; numbers keep every digit."""
    plain = {
        field.name: {name: column.tolist() for name, column in value.items()}
        if field.name in TYPES
        else value
        for field in fields(measures)
        for value in [getattr(measures, field.name)]
    }
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 6)


def unpack(data: bytes) -> Measures:
    """The measures that were packed."""
    plain = json.loads(zlib.decompress(data))
    for name, value in plain.items():
        if name in TYPES:
            plain[name] = {
                column: np.array(value[column], dtype=object if kind == "O" else kind)
                for column, kind in TYPES[name].items()
            }
        elif isinstance(value, list):
            plain[name] = tuple(value)
    return Measures(**plain)
