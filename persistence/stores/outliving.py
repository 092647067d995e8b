"""Models and temperature profiles: a wipe leaves them, and the next run takes them up by name.

Planners build scenarios of their own on the models that a run brought, so these outlive it. Models
of feed and mortality are a site's, and any wipe leaves them. Growth models, temperature profiles
and constraints are a batch's, rows of the run like others, with ids from its blocks: what a wipe
leaves of them is noted, and a later run that has one of the same name writes its values into that
row, whose id stays, and gives it new parts (stage values, days) in place of the old ones.

Which rows were left is in ``smoltflow_key``, under run 0 like all that wiped runs left; which of
them a run has taken up, under the run's number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Column, Connection, Table, delete, false, func, insert, not_, or_, select

from persistence.blocks import NONE, IdBlocks
from persistence.keys import Keys
from persistence.ledger import Run
from persistence.mapping import MODELS, Rows, mapping_of, mappings
from persistence.schema import TABLES
from persistence.stores.placing import KEY, LEFT_BEHIND, load_keys
from sim.facts import Text

_AT_ONCE = 500  # ids in one statement
Written = tuple[Run, Mapping[str, IdBlocks]]
"""A run, and its ids."""


@dataclass(frozen=True, slots=True)
class _Model:
    """A kind of model: its table and id, the parts' reference to it, and other kinds' references.

    Attributes:
        own: whether its rows are a run's own, with ids from its blocks.
    """

    table: Table
    id: Column[int]
    part: Column[int]
    users: tuple[Column[int], ...]
    own: bool

    @classmethod
    def of(cls, kind: str) -> _Model:
        """Look up where a kind of model and its parts live."""
        mapping = mapping_of(kind)
        table = TABLES[mapping.table]
        refers = {
            other.kind.name: TABLES[other.table].columns[target.name]
            for other in mappings()
            for target in other.targets
            if target.refers == kind
        }
        part = refers.pop(MODELS[kind])
        users = tuple(refers.values())
        return cls(table, _id(table), part, users, mapping.kind.role == "entity")

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name


def _id(table: Table) -> Column[int]:
    return next(column for column in table.primary_key if column.identity is not None)


def _models() -> Iterator[_Model]:
    return map(_Model.of, MODELS)


def left_models(connection: Connection) -> dict[str, dict[str, int]]:
    """Find what there is to be taken up: the id of each model, by table and name."""
    left = {
        model.name: {
            name: number
            for some in _parts(_noted(connection, model.name, LEFT_BEHIND))
            for name, number in connection.execute(
                select(model.table.c.name, model.id).where(model.id.in_(some))
            )
        }
        for model in _models()
        if model.own
    }
    return {table: found for table, found in left.items() if found}


def load_taken(connection: Connection, run: Run, keys: Keys) -> None:
    """Load which of them a run that is continued has taken up."""
    for table, taken in load_keys(connection, run).adopted.items():
        keys.adopt(table, taken)


def take_up(
    connection: Connection,
    run: Run,
    keys: Keys,
    left: Mapping[str, Mapping[str, int]],
    rows: Rows,
    lane: int,
) -> None:
    """Give new rows of a name that is there the id that it has, and take its old parts away.

    Args:
        connection: in a transaction that will write the rows, and their parts.
        run: whose rows they are.
        keys: where their ids are noted.
        left: what :func:`left_models` found.
        rows: rows of any kind.
        lane: the geography that they are of.
    """
    if rows.table not in left:
        return
    there, names = left[rows.table], rows.columns[rows.mapping.position("name")]
    if not isinstance(names, Text):
        raise TypeError(f"the names of {rows.table} must be texts")
    taken = keys.adopted.get(rows.table, {})
    told = zip(rows.keys.tolist(), (names.values[code] for code in names.codes), strict=True)
    found = {key: there[name] for key, name in told if name in there and key not in taken}
    if not found:
        return
    keys.adopt(rows.table, found)
    _delete(connection, _Model.of(rows.mapping.kind.name).part, found.values())
    notes = [
        {
            "run_id": run.run_id,
            "table_name": rows.table,
            "geography": run.spec.geographies[lane],
            "k": (key - lane) // run.lanes,
            "id": number,
        }
        for key, number in found.items()
    ]
    connection.execute(insert(KEY), notes)


def note_models(connection: Connection, written: Written) -> None:
    """Note the models of a run that is being wiped, for a later one."""
    for model in _models():
        ids = _ids_of(connection, model, written) if model.own else []
        notes = [
            {"run_id": LEFT_BEHIND, "table_name": model.name, "geography": "", "k": id_, "id": id_}
            for id_ in ids
        ]
        if notes:
            connection.execute(insert(KEY), notes)


def count_models(connection: Connection, runs: Sequence[Written]) -> dict[str, int]:
    """Count the rows, by table, that :func:`remove_models` will remove once some runs are wiped."""
    counts: dict[str, int] = {}
    for model, ids in _going(connection, runs):
        queries = (select(func.count()).where(model.part.in_(some)) for some in _parts(ids))
        counts[model.part.table.name] = sum(connection.scalar(query) or 0 for query in queries)
        counts[model.name] = len(ids)
    return {table: rows for table, rows in counts.items() if rows}


def remove_models(connection: Connection) -> None:
    """Remove the models that wiped runs left; those that anything else refers to stay."""
    for model, ids in _going(connection, ()):
        _forget(connection, model.part, ids)
        _forget(connection, model.id, ids)


def _going(connection: Connection, runs: Sequence[Written]) -> list[tuple[_Model, list[int]]]:
    """Find the models that wiped runs left, or will when some more are wiped, and nobody uses."""
    gone: dict[str, Collection[int]] = {}
    found = []
    for model in _models():
        ids = set(_noted(connection, model.name, LEFT_BEHIND))
        for written in runs:
            ids.update(_ids_of(connection, model, written))
        others = select(KEY.c.id).where(
            KEY.c.table_name == model.name,
            KEY.c.run_id.not_in([LEFT_BEHIND, *(run.run_id for run, _ in runs)]),
        )
        ids.difference_update(connection.scalars(others))
        ids -= _used(connection, model, ids, runs, gone)
        gone[model.name] = ids
        found.append((model, sorted(ids)))
    return found


def _used(
    connection: Connection,
    model: _Model,
    ids: Collection[int],
    runs: Sequence[Written],
    gone: Mapping[str, Collection[int]],
) -> set[int]:
    """Find those that rows refer to which are neither of these runs nor gone."""
    used: set[int] = set()
    for column in model.users:
        table, user = column.table.name, _id(TABLES[column.table.name])
        for some in _parts(ids):
            query = select(column, user).where(column.in_(some))
            for _, blocks in () if table in gone else runs:
                for span in blocks.get(table, NONE).spans:
                    query = query.where(not_(user.between(*span)))
            used |= {id_ for id_, by in connection.execute(query) if by not in gone.get(table, ())}
    return used


def _ids_of(connection: Connection, model: _Model, written: Written) -> list[int]:
    """Find the rows of a model that a run made."""
    run, blocks = written
    mine = blocks.get(model.name, NONE)
    if not model.own:
        noted = np.array(_noted(connection, model.name, run.run_id), dtype=np.int64)
        return [int(number) for number in noted[mine.own(noted)]]
    made = load_keys(connection, run).ids(model.name, np.arange(mine.last_key + 1))
    inserted = or_(false(), *(model.id.between(*span) for span in mine.spans))
    there = connection.scalars(select(model.id).where(inserted))
    return sorted(set(made.tolist()).intersection(there))


def _noted(connection: Connection, table: str, run_id: int) -> list[int]:
    query = select(KEY.c.id).where(KEY.c.run_id == run_id, KEY.c.table_name == table)
    return list(connection.scalars(query.order_by(KEY.c.id)))


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    """Cut ids up into as many as a statement may have."""
    listed = list(ids)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))


def _delete(connection: Connection, column: Column[int], values: Iterable[int]) -> None:
    for some in _parts(values):
        connection.execute(delete(column.table).where(column.in_(some)))


def _forget(connection: Connection, column: Column[int], values: Collection[int]) -> None:
    """Delete the rows of some values, and the notes that a wiped run left them."""
    table = TABLES[column.table.name]
    for some in _parts(values):
        ids = list(connection.scalars(select(_id(table)).where(column.in_(some))))
        for mine in _parts(ids):
            noted = (KEY.c.run_id == LEFT_BEHIND, KEY.c.table_name == table.name)
            connection.execute(delete(KEY).where(*noted, KEY.c.id.in_(mine)))
            connection.execute(delete(table).where(_id(table).in_(mine)))
