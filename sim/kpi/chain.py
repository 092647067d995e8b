"""The critical chain: why a batch was harvested when it was, told backwards.

A batch's waits, latest first; below each the waits of the batch whose leaving ended it, for they
made that one late; and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.clock import date_of
from sim.kpi.measures import Measures
from sim.resources.containers import FALLOW
from sim.resources.kinds import WITHHOLDING, PoolKind

_INSTANT = 1e-6


@dataclass(frozen=True, slots=True)
class Step:
    """A step back along the critical chain; ``depth`` 0 is the batch that is asked about."""

    depth: int
    batch: str
    kind: str
    pool: str
    since: float
    until: float
    days: float
    text: str


def chain(measures: Measures, batch: str, most: int = 40) -> list[Step]:
    """Why a batch was harvested when it was: the critical chain, from its harvest backwards.

    Its own waits, latest first; below each, the waits that made its holder late, and so on. Every
    wait is told once.

    Args:
        measures: of the company.
        batch: its name.
        most: how many steps to tell.

    Raises:
        KeyError: no batch that has started is called so.
    """
    names = measures.batches["name"].tolist()
    if batch not in names:
        raise KeyError(batch)
    steps: list[Step] = []
    _go_back(measures, batch, float(measures.end_day), 0, set(), steps)
    return steps[:most]


def _go_back(
    measures: Measures, who: str, before: float, depth: int, told: set[int], steps: list[Step]
) -> None:
    """Tell the waits of somebody that were over by some time, and go on to their holders'."""
    waits = measures.waits
    own = (waits["who"] == who) & (waits["blocked"] > _INSTANT) & (waits["until"] <= before)
    rows = sorted(np.flatnonzero(own).tolist(), key=lambda row: (-waits["until"][row], -row))
    for run in _runs(measures, rows):
        if run[-1] in told:
            continue
        told.update(run)
        holder, left, how = _released_last(measures, run[-1])
        last, first = run[0], run[-1]
        until, days = float(waits["until"][last]), float(waits["blocked"][run].sum())
        kind, pool = str(waits["pool_kind"][last]), str(waits["pool"][last])
        since = until - days if first == last else float(waits["since"][first])
        text = f"{who} {_waited(measures, last, since, days)}{how}"
        steps.append(Step(depth, who, kind, pool, since, until, days, text))
        if holder is not None and holder != who:
            _go_back(measures, holder, left, depth + 1, told, steps)


def _runs(measures: Measures, rows: Sequence[int]) -> Iterator[list[int]]:
    """Waits, latest first, with those for the same pool that follow upon each other together.

    A batch that goes to sea in several loads waits for a boat once more as soon as one has sailed.
    """
    waits = measures.waits
    run: list[int] = []
    for row in rows:
        follows = run and waits["pool"][row] == waits["pool"][run[-1]]
        if follows and waits["since"][run[-1]] - waits["until"][row] < 1:
            run.append(row)
            continue
        if run:
            yield run
        run = [row]
    if run:
        yield run


def _waited(measures: Measures, row: int, since: float, days: float) -> str:
    waits = measures.waits
    kind, pool = str(waits["pool_kind"][row]), str(waits["pool"][row])
    first, last = date_of(int(since)), date_of(int(waits["until"][row]))
    many = "1 day" if round(days) == 1 else f"{days:.0f} days"
    span = f"{many} from {first} on" if waits["open"][row] else f"{many} from {first} to {last}"
    if kind == WITHHOLDING:
        return f"waited {span} until its treated fish could be eaten"
    short = _kind(measures, row)
    what = short.told if short and short.told else pool
    return f"was kept waiting {span} for {what}"


def _kind(measures: Measures, row: int) -> PoolKind | None:
    """The kind of pool that was short; None if none was."""
    name = measures.waits["pool_kind"][row]
    return next((pools.kind for pools in measures.pools if pools.name == name), None)


def _released_last(measures: Measures, row: int) -> tuple[str | None, float, str]:
    """Whose leaving ended a wait, when it left, and that in words."""
    waits, stays = measures.waits, measures.stays
    until, batch, short = float(waits["until"][row]), int(waits["batch"][row]), _kind(measures, row)
    sort, named = short.sort if short else None, measures.held(row)
    others = [(name, count) for name, count in named if name not in (FALLOW, waits["who"][row])]
    if sort == "containers" and not waits["open"][row]:
        found = _before(measures, row, until)
        if found is not None:
            stay, rest = found
            name = _name(measures, int(stays["geography"][stay]), int(stays["batch"][stay]))
            left = int(stays["to"][stay])
            resting = f", then {rest:.0f} days of rest" if rest >= 1 else ""
            place = stays["group"][stay]
            return name, float(left), f": {name} left {place} on {date_of(left)}{resting}"
    if not others:
        own = batch >= 0 and any(name == waits["who"][row] for name, _ in named)
        return None, until, ": it had them all itself" if own else ""
    plant = sort == "plant"
    last = max(others, key=lambda held: _leaving(measures, held[0], until, plant=plant))[0]
    listed = ", ".join(f"{name} {count}" for name, count in others[:4])
    more = f" and {len(others) - 4} more" if len(others) > 4 else ""
    return last, until, f": held by {listed}{more}"


def _leaving(measures: Measures, name: str, until: float, *, plant: bool) -> tuple[float, str]:
    """What tells the holder that gave way last: at the plant its last ring by then.

    Elsewhere the one that is planned to be gone first, as nobody has given way yet.
    """
    batches, sold = measures.batches, measures.harvests
    rows = np.flatnonzero(batches["name"] == name)
    if not len(rows):
        return -np.inf, name
    if not plant:
        return -float(batches["planned_end"][rows[0]]), name
    row = rows[0]
    own = (sold["geography"] == batches["geography"][row]) & (
        sold["batch"] == batches["batch"][row]
    )
    return float(np.max(sold["day"][own & (sold["day"] <= until)], initial=-1)), name


def _before(measures: Measures, row: int, until: float) -> tuple[int, float] | None:
    """The stay that made room for whom a wait was about, and the days of rest after it."""
    waits, stays = measures.waits, measures.stays
    geography, who = int(waits["geography"][row]), waits["who"][row]
    names = measures.batches["name"].tolist()
    if who not in names:
        return None
    batch = int(measures.batches["batch"][names.index(who)])
    ours = (stays["geography"] == geography) & (stays["batch"] == batch)
    came = ours & (stays["from"] >= int(until))
    if not came.any():
        return None
    mine = int(np.flatnonzero(came)[np.argmin(stays["from"][came])])
    same = (stays["geography"] == geography) & (stays["group"] == stays["group"][mine])
    left = same & (stays["batch"] != batch) & (stays["to"] >= 0) & (stays["to"] <= until)
    if not left.any():
        return None
    last = int(np.flatnonzero(left)[np.argmax(stays["to"][left])])
    return last, until - float(stays["to"][last])


def _name(measures: Measures, geography: int, batch: int) -> str:
    batches = measures.batches
    row = (batches["geography"] == geography) & (batches["batch"] == batch)
    return str(batches["name"][np.argmax(row)])
