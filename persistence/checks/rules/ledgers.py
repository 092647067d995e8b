"""The ledger is what the runs closed it with: every row of it, in every database of a run.

Whatever else is checked is read with the ledger's help. A finished run's part of it has a checksum,
the seal; what belongs to no run cannot be sealed, and must be what a wipe leaves.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection, inspect, or_, select

from persistence import ledger
from persistence.checks.engine.rule import SHOWN, Finding
from persistence.ledger import FINISHED, KEY, LEDGER, RUN, Run
from persistence.schema import TABLES
from persistence.stores.placing import LEFT_BEHIND


def sealed(connection: Connection) -> Finding:
    """Compare what the ledger has of each finished run with the seal; look for rows of no run."""
    began = time.perf_counter()
    runs = ledger.runs(connection)
    bad = [
        f"run {run.run_id} of {run.spec.scenario}: its rows in the ledger are not those that it"
        " was closed with"
        for run in runs
        if run.status == FINISHED and run.seal != ledger.seal_of(connection, run.run_id)
    ]
    bad += _strays(connection, [run.run_id for run in runs])
    says = "The ledger's rows are those that each run was closed with, and no others"
    seconds = time.perf_counter() - began
    return Finding(
        "ledger.sealed", "integrity", says, "runs", len(bad), len(runs), tuple(bad[:SHOWN]), seconds
    )


def _strays(connection: Connection, known: Sequence[int]) -> Iterator[str]:
    for table in LEDGER:
        query = select(table.c.run_id).where(table.c.run_id.not_in([*known, LEFT_BEHIND]))
        for run_id in sorted({str(row[0]) for row in connection.execute(query)}):
            yield f"{table.name}: rows of run {run_id}, which is not there"
        if (
            table is not KEY
            and connection.execute(
                select(table.c.run_id).where(table.c.run_id == LEFT_BEHIND)
            ).first()
        ):
            yield f"{table.name}: rows of no run"
    left = select(KEY.c.table_name, KEY.c.id).where(KEY.c.run_id == LEFT_BEHIND)
    odd = left.where(or_(KEY.c.geography != "", KEY.c.k != KEY.c.id))
    for name, number in connection.execute(odd):
        yield f"{KEY.name}: no wipe leaves the note of {name} {number}"
    notes: dict[str, set[int]] = {}
    for name, number in connection.execute(left):
        notes.setdefault(name, set()).add(number)
    for name, ids in sorted(notes.items()):
        there = set[int]()
        if name in TABLES:
            key = next(iter(TABLES[name].primary_key))
            there = set(connection.execute(select(key)).scalars())
        for number in sorted(ids - there)[:SHOWN]:
            yield f"{KEY.name}: {name} {number} is noted, and is not there"


def agreeing(runs: Sequence[Run]) -> Finding:
    """Compare what the databases of one run say of it."""
    first = runs[0]
    bad = []
    for run in runs[1:]:
        same = replace(run.spec, shard=first.spec.shard) == first.spec
        if not same or (run.status, run.manifest) != (first.status, first.manifest):
            bad.append(f"{run.spec.shard}: another seed, version, end, status or manifest")
    for run in runs:
        if run.manifest is not None:
            told, spec = json.loads(run.manifest), run.spec
            if (told["scenario"], told["seed"], told["version"]) != (
                spec.scenario, spec.seed, spec.version
            ):  # fmt: skip
                bad.append(f"{spec.scenario}: scenario, seed or version are not the manifest's")
        scenario = json.loads(run.spec.resolved)
        if scenario["seed"] != run.spec.seed or scenario["name"] != run.spec.scenario:
            bad.append(f"{run.spec.scenario}: name or seed are not the scenario's")
    says = "All databases of the run tell the same of it, as do its manifest and its scenario"
    return Finding(
        "ledger.agrees", "integrity", says, "databases", len(bad), len(runs), tuple(bad[:SHOWN])
    )


def is_there(connection: Connection) -> bool:
    """Whether a database has a ledger at all."""
    return inspect(connection).has_table(RUN.name)


def orphaned(connection: Connection) -> str | None:
    """What is there of a run although the ledger names none; None if there is nothing."""
    there = set(inspect(connection).get_table_names())
    for table in (*LEDGER, TABLES["batch_batch"]):
        if table is RUN or table.name not in there:
            continue
        query = select(*table.primary_key).limit(1)
        if table is KEY:
            query = query.where(KEY.c.run_id != LEFT_BEHIND)
        if connection.execute(query).first():
            return table.name
    return None
