"""``--memory-limit``: as many workers and as large buffers as a limit allows.

What a process needs in any case is estimated from the size of the company; the rest of the limit
goes to its buffers, which take a share of their usual size. Nothing of it changes what is recorded.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import click

from persistence.stores import FULL, Buffers
from sim.api.targets import RunDatabase, deal
from sim.core.failures import OptionProblem
from sim.core.showing import quoted
from sim.scenario import Scenario
from sim.sites.layout import Layout
from sim.sites.schedule import Plan

_MB = 1_000_000
_UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_UNITS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_MOST = 10**18

_PARENT = 85 * _MB  # the process that starts several workers
_WORKER = 120 * _MB  # a worker with the smallest buffers and hardly any company
_AREA_DAY = 250  # weather and water of a day, bytes
_BATCH = 1_700_000  # of a lane that is written: a month of its journal and its forecasts, bytes
_BUFFERS = 45 * _MB  # what buffers of their usual size add
_LEAST_SHARE = 0.05
_LEAST_ROWS = 1_000
_FEW_DAYS = 3_000  # of batches: they are written before a second process would have started


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run may use.

    Attributes:
        workers: the number of processes that simulate and write.
        buffers: the sizes of a store's buffers; ``buffer_rows`` how many readings are expanded at
            a time.
    """

    workers: int
    buffers: Buffers
    buffer_rows: int


class MemorySize(click.ParamType[int]):
    """A number of bytes, written with its unit."""

    name = "size"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read a size such as 500MB or 1.5GiB."""
        try:
            return bytes_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def bytes_of(size: str | int) -> int:
    """A number of bytes, which is a text with a unit; a number is what it says.

    Raises:
        ValueError: it is no size.
    """
    if isinstance(size, int):
        return _sane(size)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", size.strip())
    if found is None:
        raise ValueError(f"'{quoted(size, 40)}' is not a size: write 500MB or 1GiB, say")
    number, unit = found[1], found[2].lower()
    if unit not in _UNITS:
        what = f"'{quoted(found[2], 40)}' is not a unit of memory"
        what = what if unit else f"'{quoted(size, 40)}' has no unit"
        guess = {"k": "kB", "m": "MB", "g": "GB", "t": "TB"}.get(unit[:1], "MB")
        raise ValueError(f"{what}: did you mean {quoted(number, 40)}{guess}?")
    return _sane(float(number) * _UNITS[unit])


def _sane(size: float) -> int:
    if size > _MOST:
        raise ValueError("no machine has so much memory: write 500MB or 1GiB, say")
    return int(size)


def memory_for(
    scenario: Scenario,
    plan: Plan,
    until: int,
    all_targets: Sequence[RunDatabase],
    limit: int | None,
    workers: int | None,
) -> Memory:
    """What a run may use.

    Args:
        scenario: the company.
        plan: its batches and days.
        until: the first day that is not simulated.
        all_targets: the databases.
        limit: bytes for all processes together, None for no limit.
        workers: how many processes were asked for. If that is left to us: one per core, or only
            one where there is little to do, or as many as the limit allows.

    Raises:
        OptionProblem: the limit cannot be kept.
    """
    most = workers or _good_workers(plan, until)
    buffer_rows = scenario.writing.buffer_rows
    if limit is None:
        return Memory(most, FULL, buffer_rows)
    company = CompanySize.of(scenario, plan)

    def needed(count: int) -> int:
        return company.needs(deal(all_targets, count))

    for count in range(most, (most if workers else 1) - 1, -1):
        processes = len(deal(all_targets, count))
        share = min((limit - needed(count)) / (processes * _BUFFERS), 1.0)
        if share >= _LEAST_SHARE:
            rows = max(round(buffer_rows * share), _LEAST_ROWS)
            return Memory(count, FULL.scaled(share), min(rows, buffer_rows))
    least = {
        count: needed(count) + round(len(deal(all_targets, count)) * _BUFFERS * _LEAST_SHARE)
        for count in {workers or 1, 1}
    }
    raise OptionProblem("memory_limit", _too_little(limit, workers or 1, least))


def _good_workers(plan: Plan, until: int) -> int:
    days = sum(min(max(until - batch.start, 0), sum(batch.durations)) for batch in plan.batches)
    return 1 if days < _FEW_DAYS else os.cpu_count() or 1


def _too_little(limit: int, workers: int, least: Mapping[int, int]) -> str:
    hint = f"give {_text(least[workers])} or more"
    if least[1] < least[workers]:
        alone = "" if least[1] <= limit else f" and {_text(least[1])}"
        hint += f", or --workers 1{alone}"
    processes = "one process" if workers == 1 else f"{workers} workers"
    return f"{limit / _MB:,.0f} MB are too little for {processes} of this company: {hint}"


def _text(size: int) -> str:
    return f"{-(-size // (10 * _MB)) * 10}MB"


@dataclass(frozen=True, slots=True)
class CompanySize:
    """What makes a company large.

    Attributes:
        area_days: areas times days.
        batches: by geography, the most batches that are planned to live at a time.
    """

    area_days: int
    batches: tuple[int, ...]

    @classmethod
    def of(cls, scenario: Scenario, plan: Plan) -> CompanySize:
        """Measure a company."""
        lanes = range(len(scenario.geographies))
        areas = sum(len(Layout(scenario, lane).areas) for lane in lanes)
        return cls(
            areas * (plan.end_day - plan.first_day), tuple(_at_a_time(plan, lane) for lane in lanes)
        )

    def needs(self, hands: Sequence[Sequence[RunDatabase]]) -> int:
        """The bytes of processes that write some lanes each, beside their buffers."""
        found = _PARENT if len(hands) > 1 else 0
        for hand in hands:
            batches = sum(self.batches[lane] for target in hand for lane in target.lanes)
            found += _WORKER + self.area_days * _AREA_DAY + batches * _BATCH
        return found


def _at_a_time(plan: Plan, lane: int) -> int:
    changes = Counter[int]()
    for batch in plan.batches:
        if batch.geography == lane:
            changes[batch.start] += 1
            changes[batch.start + sum(batch.durations)] -= 1
    return max(accumulate(change for _, change in sorted(changes.items())), default=0)
