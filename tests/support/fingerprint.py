"""All that a run records and all that its fish are, as one hash, without a database.

Run as a module in a process of its own, since a processor is chosen when NumPy is imported::

    python -m tests.support.fingerprint scenarios/smoke.yaml
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sim.facts import Chunk, Column, Text
from sim.runner import simulate
from sim.scenario import Scenario
from sim.scenario.loader import load

ROOT = Path(__file__).parents[2]

NO_AVX512 = {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}
NO_AVX2 = {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"}
NO_FMA_IN_LIBC = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-FMA,-FMA4"}
PROCESSORS = {
    "without AVX-512": NO_AVX512,
    "without AVX2": NO_AVX2,
    "without FMA in the C library": NO_FMA_IN_LIBC,
    "of 2009": {**NO_AVX2, **NO_FMA_IN_LIBC},
}
"""Environments in which NumPy and the C library take other instructions than they would."""


class _Hashing:
    """A sink that keeps nothing but a hash."""

    def __init__(self) -> None:
        self.hash = hashlib.blake2b(digest_size=16)
        self.rows = 0

    def committed(self, geography: str) -> Sequence[tuple[int, int]]:  # noqa: ARG002
        return ()

    def commit(self, chunk: Chunk) -> int:
        rows = 0
        for block in (*chunk.facts, *chunk.entities):
            rows += block.rows
            self.hash.update(block.kind.encode())
            for name, column in block.columns.items():
                self.hash.update(name.encode())
                self.hash.update(_bytes_of(column))
        self.rows += rows
        return rows

    replay = commit


def _bytes_of(column: Column) -> bytes:
    if isinstance(column, Text):
        return "\x1f".join(column.values).encode() + column.codes.tobytes()
    return column.tobytes() if isinstance(column, np.ndarray) else repr(column).encode()


def fingerprint(scenario: Scenario, until: int = 2**31) -> str:
    """Rows that are recorded, and the hash over them and over the company's arrays at the end."""
    sink = _Hashing()
    lanes = range(len(scenario.geographies))
    world = simulate(scenario, lanes, until, sink, lambda _: None, lambda: False)
    for name, block in world.farms[0].stock.arrays.company._blocks.items():
        sink.hash.update(name.encode() + block.tobytes())
    return f"{sink.rows} {sink.hash.hexdigest()}"


def elsewhere(processor: Mapping[str, str], scenario: Path, *overrides: str) -> str:
    """The fingerprint of a scenario in a process that has such a processor."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(scenario), *overrides],
        cwd=ROOT,
        env={**os.environ, **processor},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    print(fingerprint(load(sys.argv[1], sys.argv[2:]).scenario))
