"""Kills, servers that fail, full disks, limits: every run is whole again after --resume."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from benchmarks.campaigns import kills, scarce, servers
from benchmarks.campaigns.ground import Ground, ground
from benchmarks.campaigns.kills import Result
from benchmarks.campaigns.trials import Trial, luck

NIGHT = 420

Try = Callable[[Ground, random.Random], Result]
CASES: dict[str, tuple[Try, int]] = {
    "run killed, SQLite, 1 worker": (partial(kills.run_killed, store="sqlite", workers=1), 3),
    "run killed, SQLite, 2 workers": (partial(kills.run_killed, store="sqlite", workers=2), 3),
    "run killed, PostgreSQL": (partial(kills.run_killed, store="postgresql", workers=2), 3),
    "append killed, SQLite": (partial(kills.append_killed, store="sqlite"), 2),
    "append killed, PostgreSQL": (partial(kills.append_killed, store="postgresql"), 1),
    "wipe killed, SQLite": (partial(kills.wipe_killed, store="sqlite"), 1),
    "wipe killed, PostgreSQL": (partial(kills.wipe_killed, store="postgresql"), 2),
    "verify killed": (partial(kills.reader_killed, command="verify"), 1),
    "report killed": (partial(kills.reader_killed, command="report"), 1),
    "study killed": (kills.study_killed, 2),
    "study killed, Dask": (kills.dask_study_killed, 1),
    "plan killed": (kills.plan_killed, 1),
    "two at once, SQLite": (partial(kills.twice, store="sqlite"), 1),
    "two at once, PostgreSQL": (partial(kills.twice, store="postgresql"), 1),
    "server terminates": (partial(servers.hit, how="terminated"), 2),
    "server cancels": (partial(servers.hit, how="cancelled"), 2),
    "server is restarted": (partial(servers.hit, how="restarted"), 2),
    "proxy cuts": (partial(servers.proxied, how="cut"), 2),
    "proxy delays": (partial(servers.proxied, how="delayed"), 1),
    "proxy half-opens": (partial(servers.proxied, how="half-open"), 1),
    "disk full, SQLite": (partial(scarce.disk_full, what="sqlite"), 2),
    "disk full, PostgreSQL": (partial(scarce.disk_full, what="postgresql"), 1),
    "disk full, TMPDIR": (partial(scarce.disk_full, what="TMPDIR"), 1),
    "read-only": (scarce.read_only, 1),
    "files may not grow": (partial(scarce.limited, what="RLIMIT_FSIZE"), 1),
    "too few handles": (partial(scarce.limited, what="RLIMIT_NOFILE"), 1),
    "too little memory": (partial(scarce.limited, what="RLIMIT_AS"), 1),
    "clocks, languages, settings": (scarce.surrounded, 2),
    "streams": (scarce.streams, 1),
}
"""What is tried, and how often in each round of trials."""

ROUND = [name for name, (_, times) in CASES.items() for _ in range(times)]


def trials(seed: int, wanted: Iterable[int]) -> Iterator[Trial]:
    """Try faults, one after the other."""
    with ground() as here:
        for number in wanted:
            yield trial(number, seed, here)


def trial(number: int, seed: int, here: Ground) -> Trial:
    """Try one fault."""
    # Neighbours differ in kind, and a slice meets every kind, whatever the number of slices.
    order = luck("order of faults", seed, number // len(ROUND)).sample(ROUND, len(ROUND))
    kind = order[number % len(ROUND)]
    began = time.monotonic()
    attempt, _ = CASES[kind]
    try:
        name, outcome, faults = attempt(here, luck("faults", seed, number))
    except Exception as error:  # noqa: BLE001 - the others are tried all the same
        name, outcome, faults = "?", "no result", [f"the trial itself failed: {error!r}"]
    took = round(time.monotonic() - began, 1)
    return Trial("faults", kind, f"{number}: {name}", outcome, tuple(faults), took)
