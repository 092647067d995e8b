"""What others have that a run would write too: looked for before its first row.

AquaMind keeps batch numbers unique, and a sensor's readings by their time. A container holds one
batch at a time; that no database enforces. Places are recognised by their names, as the run does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    and_,
    false,
    func,
    inspect,
    not_,
    or_,
    select,
)
from sqlalchemy.sql import Select

from persistence.blocks import Span
from persistence.ledger import BLOCK, id_blocks, runs, spans
from persistence.schema import TABLES

Place = tuple[str, str, str]
"""A container: its geography, its hall or area, its name."""

Kind = Literal["number", "container", "reading", "weather", "state"]

_ASSIGNMENT, _BATCH = TABLES["batch_batchcontainerassignment"], TABLES["batch_batch"]
_READING, _SENSOR = TABLES["environmental_environmentalreading"], TABLES["infrastructure_sensor"]
_CONTAINER, _HALL = TABLES["infrastructure_container"], TABLES["infrastructure_hall"]
_STATION, _AREA = TABLES["infrastructure_freshwaterstation"], TABLES["infrastructure_area"]
_GEOGRAPHY = TABLES["infrastructure_geography"]
_WEATHER, _LIGHT = (TABLES[f"environmental_{name}data"] for name in ("weather", "photoperiod"))
_STATE = TABLES["batch_actualdailyassignmentstate"]
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Intended:
    """What a run is about to write.

    Attributes:
        identity: the run's; ``geographies`` those that go into this database.
        numbers: by ``table.column``, the unique numbers of its rows.
        from_day: its first day; ``until`` the first that is not simulated.
        places: its containers.
        clocks: the times of day of its readings, UTC, as ``HH:MM:SS``.
    """

    identity: str
    geographies: Collection[str]
    numbers: Mapping[str, Collection[str]]
    from_day: int
    until: int
    places: Collection[Place]
    clocks: Collection[str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something of others that is in the way: of which kind, and what to show of it."""

    kind: Kind
    shown: str


def conflicts(connection: Connection, intended: Intended) -> list[Conflict]:
    """List what is in the way of a run; empty if nothing is."""
    there = set(inspect(connection).get_table_names())
    ours: dict[str, list[Span]] = {}
    if BLOCK.name in there:
        for run in runs(connection):
            for table, blocks in id_blocks(connection, run.run_id).items():
                ours.setdefault(table, []).extend(blocks.spans)
            if run.spec.identity == intended.identity:
                reached = {span.geography: span.to_day for span in spans(connection, run.run_id)}
                days = [reached.get(name, intended.from_day) for name in intended.geographies]
                intended = replace(intended, from_day=min(days))
    found = list(_numbers(connection, intended, ours, there))
    found += _states(connection, intended, ours, there)
    needed = {table.name for table in (_ASSIGNMENT, _BATCH, _CONTAINER, _HALL, _STATION, _AREA)}
    if needed <= there:
        found += _occupied(connection, intended, ours)
    if needed | {_READING.name, _SENSOR.name} <= there:
        found += _readings(connection, intended, ours)
    if needed | {_WEATHER.name, _LIGHT.name} <= there:
        found += _weather(connection, intended, ours)
    return found


def _numbers(
    connection: Connection,
    intended: Intended,
    ours: Mapping[str, Collection[Span]],
    there: Collection[str],
) -> Iterator[Conflict]:
    for name, numbers in intended.numbers.items():
        table, _, column_name = name.partition(".")
        if table not in there:
            continue
        column, listed = TABLES[table].columns[column_name], sorted(numbers)
        for at in range(0, len(listed), _AT_ONCE):
            some = column.in_(listed[at : at + _AT_ONCE])
            theirs = _not_in(TABLES[table].columns["id"], ours.get(table, ()))
            for number in connection.scalars(select(column).where(some, theirs).order_by(column)):
                yield Conflict("number", str(number))


def _occupied(
    connection: Connection, intended: Intended, ours: Mapping[str, Collection[Span]]
) -> Iterator[Conflict]:
    begin, end = _date(intended.from_day), _date(intended.until)
    columns = _ASSIGNMENT.c
    stays = or_(
        and_(columns.departure_date.is_(None), columns.is_active), columns.departure_date > begin
    )
    query = (
        _at_places(_ASSIGNMENT, columns.container_id)
        .add_columns(_BATCH.c.batch_number, columns.assignment_date)
        .join(_BATCH, _BATCH.c.id == columns.batch_id)
        .where(_not_in(columns.id, ours.get(_ASSIGNMENT.name, ())))
        .where(columns.assignment_date < end, stays)
        .order_by(_CONTAINER.c.name)
    )
    for geography, site, name, batch, since in connection.execute(query):
        if (geography, site, name) in intended.places:
            yield Conflict("container", f"{name} (batch {batch}, since {since})")


def _readings(
    connection: Connection, intended: Intended, ours: Mapping[str, Collection[Span]]
) -> Iterator[Conflict]:
    time = _READING.c.reading_time
    query = (
        _at_places(_READING, _SENSOR.c.container_id, through_sensor=True)
        .add_columns(_SENSOR.c.name, func.count(), func.min(time))
        .where(_not_in(_READING.c.id, ours.get(_READING.name, ())))
        .where(time >= _midnight(intended.from_day), time < _midnight(intended.until))
        .where(_clock(connection, time).in_(sorted(intended.clocks)))
        .group_by(_GEOGRAPHY.c.name, _HALL.c.name, _AREA.c.name, _CONTAINER.c.name, _SENSOR.c.name)
        .order_by(_SENSOR.c.name)
    )
    for geography, site, name, sensor, rows, first in connection.execute(query):
        if (geography, site, name) in intended.places:
            shown = first.replace(tzinfo=None) if isinstance(first, datetime) else first
            more = f" and {rows - 1:,} more" if rows > 1 else ""
            yield Conflict("reading", f"{sensor} at {shown}{more}")


def _weather(
    connection: Connection, intended: Intended, ours: Mapping[str, Collection[Span]]
) -> Iterator[Conflict]:
    areas = {(geography, site) for geography, site, _ in intended.places}
    time, day = _WEATHER.c.timestamp, _LIGHT.c.date
    for table, hit in (
        (
            _WEATHER,
            and_(time >= _midnight(intended.from_day), time < _midnight(intended.until),
                 _clock(connection, time).in_(sorted(intended.clocks))),
        ),
        (_LIGHT, and_(day >= _date(intended.from_day), day < _date(intended.until))),
    ):  # fmt: skip
        query = (
            select(_GEOGRAPHY.c.name, _AREA.c.name, func.count())
            .join(_AREA, _AREA.c.geography_id == _GEOGRAPHY.c.id)
            .join(table, table.c.area_id == _AREA.c.id)
            .where(_not_in(table.c.id, ours.get(table.name, ())), hit)
            .group_by(_GEOGRAPHY.c.name, _AREA.c.name)
            .order_by(_AREA.c.name)
        )
        for geography, area, rows in connection.execute(query):
            if (geography, area) in areas:
                yield Conflict("weather", f"{area}, {rows:,} rows of {table.name}")


def _states(
    connection: Connection,
    intended: Intended,
    ours: Mapping[str, Collection[Span]],
    there: Collection[str],
) -> Iterator[Conflict]:
    """Days of the run's assignments that somebody else has worked out already."""
    mine = ours.get(_ASSIGNMENT.name, ())
    if _STATE.name not in there or not mine:
        return
    query = select(func.count(), func.min(_STATE.c.date)).where(
        _not_in(_STATE.c.id, ours.get(_STATE.name, ())),
        not_(_not_in(_STATE.c.assignment_id, mine)),
        _STATE.c.date >= _date(intended.from_day),
        _STATE.c.date < _date(intended.until),
    )
    for rows, first in connection.execute(query):
        if rows:
            yield Conflict("state", f"{rows:,} from {first} on")


def _clock(connection: Connection, time: Column[datetime]) -> ColumnElement[str]:
    """The time of day of an instant, UTC, as text."""
    if connection.dialect.name == "sqlite":
        return func.substr(time, 12, 8)
    return func.to_char(func.timezone("UTC", time), "HH24:MI:SS")


def _at_places(
    table: object, container: Column[int], *, through_sensor: bool = False
) -> Select[tuple[str, str, str]]:
    """Begin a query for rows with the names of the containers that they are of."""
    site = func.coalesce(_HALL.c.name, _AREA.c.name)
    geography = func.coalesce(_AREA.c.geography_id, _STATION.c.geography_id)
    query = select(_GEOGRAPHY.c.name, site, _CONTAINER.c.name).select_from(table)  # type: ignore[arg-type]
    if through_sensor:
        query = query.join(_SENSOR, _SENSOR.c.id == _READING.c.sensor_id)
    return (
        query.join(_CONTAINER, _CONTAINER.c.id == container)
        .outerjoin(_HALL, _HALL.c.id == _CONTAINER.c.hall_id)
        .outerjoin(_STATION, _STATION.c.id == _HALL.c.freshwater_station_id)
        .outerjoin(_AREA, _AREA.c.id == _CONTAINER.c.area_id)
        .join(_GEOGRAPHY, _GEOGRAPHY.c.id == geography)
    )


def _not_in(column: Column[int], ids: Collection[Span]) -> ColumnElement[bool]:
    return not_(or_(false(), *(column.between(*span) for span in ids)))


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _midnight(day: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
