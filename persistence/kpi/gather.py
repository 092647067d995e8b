"""Measures of a run from its databases: the same tables as those of a simulated world.

Each database gives the rows of its geographies; a batch's number is that of its shard-local key.
Only what the run wrote is counted: rows are found by its ranges of ids, since a live AquaMind has
rows of its own. What a run that makes dirty data has spoilt (see ``smoltflow_defect``) is counted
as it stands.

Measured from rows, figures differ from those of the world itself only by the rounding of columns:
weights and feed to 10 g, harvests to a gram, money to a cent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

from persistence.checks.engine.session import Session
from persistence.kpi.queries import QUERIES
from persistence.stores import StoreError, mask
from sim.kpi.compose import compose
from sim.kpi.measures import Measures

Row = tuple[Any, ...]
_EPOCH = date(1970, 1, 1).toordinal()


def measure_databases(urls: Sequence[str]) -> Measures:
    """Measure a run in its databases; of each the latest run is taken.

    Raises:
        StoreError: a database cannot be read or has no run, they are not of one run, or one of the
            run's geographies is in none of them.
    """
    with ExitStack() as stack:
        sessions = [stack.enter_context(closing(Session(url))) for url in dict.fromkeys(urls)]
        sources = [_Source(session) for session in sessions]
        if not sources:
            raise StoreError("no database was given")
        _one_run(sources)
        return compose(_header(sources), _rows(sources), _kinds(sources))


class _Source:
    """One database of the run.

    Attributes:
        scenario: the run's, with every knob; ``geographies`` those that are here.
        stages, grades: their places in the scenario, by id.
    """

    def __init__(self, session: Session) -> None:
        self.session, self.spec = session, session.run.spec
        self.scenario: Mapping[str, Any] = json.loads(self.spec.resolved)
        keys: dict[str, dict[int, int]] = {}
        for table, number, key in self.read("keys"):
            keys.setdefault(table, {})[int(number)] = int(key)
        self.stages = keys["batch_lifecyclestage"]
        self.grades = keys["harvest_productgrade"]
        ours = [self.spec.shard] if self.spec.shard else self.spec.geographies
        self.geographies = tuple(self.spec.geographies.index(name) for name in ours)

    def place(self, table: str, number: int) -> tuple[int, int]:
        """The geography and the shard-local key behind an id."""
        key, geography = divmod(self.session.key(table, int(number)), self.session.run.lanes)
        return geography, key

    def batch(self, number: int) -> tuple[int, int]:
        """The geography of a batch, and its number in it."""
        return self.place("batch_batch", number)

    def read(self, name: str) -> list[Row]:
        """The rows of a query."""
        query = QUERIES[name]
        self.session.need(query.needs)
        return self.session.rows(query.sql)

    def simulated_until(self) -> int:
        """The first day that is not in this database, the earliest of its geographies."""
        names = {self.spec.geographies[at] for at in self.geographies}
        return min(int(day) for name, day in self.read("simulated") if name in names)

    def reference(self, cents: float, geography: int) -> float:
        """Hundredths of a geography's currency in the reference currency."""
        money = self.scenario["geographies"][geography]["money"]
        return float(cents) / 100 / float(money["exchange_rate"])


def _one_run(sources: Sequence[_Source]) -> None:
    first = sources[0]
    for other in sources[1:]:
        if other.spec.identity != first.spec.identity:
            where = f"{mask(other.session.url)} and {mask(first.session.url)}"
            raise StoreError(f"{where} do not hold the same run")
    here = {place for source in sources for place in source.geographies}
    missing = [name for at, name in enumerate(first.spec.geographies) if at not in here]
    if missing:
        names = ", ".join(missing)
        raise StoreError(f"the run's database for {names} is missing: give all of its databases")


def _header(sources: Sequence[_Source]) -> dict[str, Any]:
    spec, scenario = sources[0].spec, sources[0].scenario
    stages = scenario["geographies"][0]["stages"] or scenario["stages"]
    sea = [order for order, stage in enumerate(stages) if stage["role"] == "sea"]
    return {
        "scenario": spec.scenario,
        "seed": spec.seed,
        "currency": scenario["finance"]["currency"],
        "first_day": spec.simulated_from,
        "end_day": min(source.simulated_until() for source in sources),
        "geographies": tuple(spec.geographies),
        "stages": tuple(stage["name"] for stage in scenario["stages"]),
        "sea_order": sea[0] if sea else len(stages),
        "egg_g": scenario["eggs"]["weight_g"],
    }


def _stages(source: _Source) -> Sequence[Mapping[str, Any]]:
    return list(source.scenario["stages"])


def _rows(sources: Sequence[_Source]) -> dict[str, list[Row]]:
    readers = {
        "batches": _batches,
        "transitions": _transitions,
        "harvests": _harvests,
        "deaths": _deaths,
        "feed": _feed,
        "treatments": _treatments,
        "waits": _waits,
        "usage": _usage,
        "stays": _stays,
    }
    return {
        table: [row for source in sources for row in reader(source)]
        for table, reader in readers.items()
    }


def _kinds(sources: Sequence[_Source]) -> set[tuple[str, str | None]]:
    """Kind and hall of every pool."""
    return {(row[2], row[3]) for source in sources for row in source.read("usage")}


def _batches(source: _Source) -> Iterator[Row]:
    for (
        number, name, planned, start, eggs, price, due, end, fish, kg, status, _, place, target_g,
    ) in source.read("batches"):  # fmt: skip
        ended, died_out = -1 if end is None else end, status == "TERMINATED"
        yield (
            *source.batch(number), name, int(place), planned, start, int(eggs), float(target_g),
            due, -1 if died_out else ended, ended if died_out else -1, int(fish), float(kg),
            int(eggs) / 1000 * float(price),
        )  # fmt: skip


def _transitions(source: _Source) -> Iterator[Row]:
    moves = {(row[0], source.stages[row[1]]): row[2:] for row in source.read("moves")}
    egg_g = float(source.scenario["eggs"]["weight_g"])
    for number, _, planned, start, eggs, *_, dead, _, _ in source.read("batches"):
        fish = int(eggs) - int(dead)
        place = source.batch(number)
        yield (*place, 0, planned, start, start, fish, int(dead), fish * egg_g / 1000, 0.0)
    for number, order, due in source.read("due"):
        place = source.batch(number)
        arrived, done, fish, dead, kg, cents = moves.get((number, order), (None, None, 0, 0, 0, 0))
        yield (
            *place, order, due, -1 if arrived is None else arrived, -1 if done is None else done,
            int(fish), int(dead), float(kg), source.reference(cents, place[0]),
        )  # fmt: skip


def _harvests(source: _Source) -> Iterator[Row]:
    for event, batch, day, grade, fish, grams, cents in source.read("harvests"):
        geography, number = source.place("harvest_harvestevent", event)
        yield (
            geography, number, source.grades[grade], source.batch(batch)[1], day, int(fish),
            int(grams) / 1000, source.reference(cents, geography),
        )  # fmt: skip


def _deaths(source: _Source) -> Iterator[Row]:
    for batch, month, stage, cause, fish, kg in source.read("deaths"):
        yield (*source.batch(batch), month, source.stages[stage], cause, int(fish), float(kg))
    for batch, month, stage, fish, kg in source.read("died on the way"):
        yield (*source.batch(batch), month, source.stages[stage], "TRANSFER", int(fish), float(kg))
    egg_g = float(source.scenario["eggs"]["weight_g"])
    for batch, _, _, start, *_, dead, _, _ in source.read("batches"):
        if dead:
            kg = int(dead) * egg_g / 1000
            yield (*source.batch(batch), _month(start), 0, "ARRIVAL", int(dead), kg)


def _month(day: int) -> int:
    return (date.fromordinal(_EPOCH + day).replace(day=1)).toordinal() - _EPOCH


def _feed(source: _Source) -> Iterator[Row]:
    for batch, month, stage, kg, cost in source.read("feed"):
        yield (*source.batch(batch), month, source.stages[stage], float(kg), float(cost))


def _treatments(source: _Source) -> Iterator[Row]:
    for batch, day, kind, what in source.read("treatments"):
        yield (*source.batch(batch), day, kind, what)


def _waits(source: _Source) -> Iterator[Row]:
    holders: dict[int, list[tuple[str, int]]] = {}
    for _, wait, holder, units in sorted(source.read("holders")):
        holders.setdefault(wait, []).append((holder, int(units)))
    for number, *what, batch, waiter, since, until, short_kg, cause in source.read("waits"):
        geography, _ = source.place("smoltflow_wait", number)
        yield (
            geography, *what, -1 if batch is None else source.batch(batch)[1], waiter,
            _days(since), None if until is None else _days(until), short_kg, cause,
            holders.get(number, ()),
        )  # fmt: skip


def _days(instant: str | datetime) -> float:
    """A point in time as days since 1970-01-01 UTC."""
    when = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)


def _usage(source: _Source) -> Iterator[Row]:
    for geography, *rest in source.read("usage"):
        yield (source.spec.geographies.index(geography), *rest)


def _stays(source: _Source) -> Iterator[Row]:
    for batch, stage, group, came, left, containers in source.read("stays"):
        yield (
            *source.batch(batch), source.stages[stage], group, came, left, int(containers)
        )  # fmt: skip
