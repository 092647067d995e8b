"""The digests of a run, recomputed from nothing but the rows in its databases.

The run counted its digests before it encoded a row. That these come out the same proves the
encoders, the drivers, the resumes and the databases between them. Only the run's own rows count:
operational ones by their ids; master data, infrastructure and models that were there before by the
ledger's list. Master data is the same in every database of a run and counts once.

The work is cut into parts of tables, which are shared out to a few processes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as MappingABC
from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np

from persistence import ledger
from persistence.digest import Digest, merge
from persistence.keys import Keys
from persistence.ledger import Run
from persistence.mapping import Mapping, mapping_of, mappings, tables_by_role
from persistence.readback import RowBatch, Span, canonical
from persistence.stores import DamagedError, Progress, Source, StoreError, mask, open_source
from persistence.stores.placing import load_keys
from sim.core.pool import share_out

_PART_ROWS = 1_000_000
_INLINE_ROWS = 300_000  # fewer than this are done before a process has started


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a table of one database."""

    url: str
    identity: str
    kind: str
    part: Span
    ids: tuple[Span, ...]


def recompute(
    urls: Sequence[str],
    workers: int = 2,
    progress: Progress | None = None,
    identity: str | None = None,
    tables: Collection[str] | None = None,
) -> dict[str, Digest]:
    """Recompute the digest of every table of a run.

    Args:
        urls: the run's databases.
        workers: how many processes share the work.
        progress: told the table of each finished part.
        identity: which run; by default the latest of each database.
        tables: only these.

    Raises:
        StoreError: a database cannot be read or has no run.
        DamagedError: master data differs between two.
    """
    placed: list[dict[str, Digest]] = []
    parts: list[_Part] = []
    rows = 0
    for url in urls:
        found, left, written = _survey(url, identity, tables)
        placed.append(found)
        parts += left
        rows += written
    parts.sort(key=lambda part: _weight(part.kind), reverse=True)
    done = [*placed, *_run(parts, workers if rows > _INLINE_ROWS else 1, progress)]
    return merge_shards(done, urls)


def merge_shards(
    parts: Iterable[MappingABC[str, Digest]], names: Sequence[str] = ()
) -> dict[str, Digest]:
    """Add up the digests of several shards, or several workers: master data counts once.

    Raises:
        DamagedError: master data differs between two of them.
    """
    master = set(tables_by_role("master"))
    once: dict[str, Digest] = {}
    rest = []
    for number, part in enumerate(parts):
        rest.append({table: digest for table, digest in part.items() if table not in master})
        for table in master & part.keys():
            if once.setdefault(table, part[table]) != part[table]:
                where = mask(names[number]) if number < len(names) else f"shard {number + 1}"
                raise DamagedError(f"{where}: {table} is not the same as in the other databases")
    return merge(rest) | once


def _survey(
    url: str, identity: str | None, tables: Collection[str] | None
) -> tuple[dict[str, Digest], list[_Part], int]:
    """Digest the small tables of a database at once, cut up the others, and count their rows."""
    with closing(open_source(url)) as source, source.explained():
        run = _find(url, ledger.runs(source.connection), identity)
        spans = ledger.spans(source.connection, run.run_id)
        written = ledger.last_keys(spans).keys()
        unkeyed = frozenset[str]().union(*(span.unkeyed for span in spans))
        keys = load_keys(source.connection, run)
        placed: dict[str, Digest] = {}
        parts = []
        for mapping in mappings():
            if tables is not None and mapping.table not in tables:
                continue
            if mapping.table in keys.placed:
                placed[mapping.table] = sum(
                    (
                        _digest(mapping, _only(batch, keys.placed[mapping.table]), keys)
                        for batch in source.reader.read(mapping, ids=True)
                    ),
                    Digest(),
                )
            elif mapping.table in keys.adopted:  # models: not many
                most = keys.blocks[mapping.table].last_key
                own = keys.ids(mapping.table, np.arange(most + 1))
                batches = source.reader.read(mapping, ids=True)
                digests = (_digest(mapping, _only(batch, own), keys) for batch in batches)
                placed[mapping.table] = sum(digests, Digest())
            elif mapping.table in unkeyed or (
                mapping.identity is not None and mapping.identifying in written
            ):
                ids = tuple(keys.blocks[str(mapping.identifying)].spans)
                parts += [
                    _Part(url, run.spec.identity, mapping.kind.name, part, ids)
                    for part in source.reader.parts(mapping, _PART_ROWS)
                ]
        return placed, parts, sum(span.rows for span in spans)


def _run(
    parts: Sequence[_Part], workers: int, progress: Progress | None
) -> list[dict[str, Digest]]:
    done = []
    if workers <= 1:
        opened: dict[str, tuple[Source, Keys]] = {}
        with ExitStack() as stack:
            for number, part in enumerate(parts, 1):
                if part.url not in opened:  # what is small is read sooner than it is opened
                    source = stack.enter_context(closing(open_source(part.url)))
                    opened[part.url] = source, _keys(source, part)
                done.append(_read(part, *opened[part.url]))
                if progress:
                    progress(mapping_of(part.kind).table, number, len(parts))
        return done
    for number, (part, digests) in enumerate(share_out(_work, parts, workers), 1):
        done.append(digests)
        if progress:
            progress(mapping_of(part.kind).table, number, len(parts))
    return done


def _work(part: _Part) -> dict[str, Digest]:
    """Digest one part of a table; runs in a process of its own."""
    with closing(open_source(part.url)) as source:
        return _read(part, source, _keys(source, part))


def _keys(source: Source, part: _Part) -> Keys:
    with source.explained():
        run = _find(part.url, ledger.runs(source.connection), part.identity)
        return load_keys(source.connection, run)


def _read(part: _Part, source: Source, keys: Keys) -> dict[str, Digest]:
    mapping = mapping_of(part.kind)
    with source.explained():
        batches = source.reader.read(mapping, part.ids, part=part.part)
        digests = (_digest(mapping, batch, keys) for batch in batches)
        return {mapping.table: sum(digests, Digest())}


def _digest(mapping: Mapping, batch: RowBatch, keys: Keys) -> Digest:
    columns = [canonical(mapping, batch, keys, position) for position in mapping.digested]
    return Digest.of(columns, batch.rows)


def _only(batch: RowBatch, ids: np.ndarray[tuple[int], np.dtype[np.int64]]) -> RowBatch:
    """Keep the rows of a batch that are among the given ids."""
    if batch.ids is None:
        raise ValueError("the ids were not read")
    mine = np.isin(batch.ids, ids)
    columns = {
        position: column[mine] if isinstance(column, np.ndarray) else column
        for position, column in batch.columns.items()
    }
    return RowBatch(int(mine.sum()), batch.ids[mine], columns)


def _find(url: str, runs: Sequence[Run], identity: str | None) -> Run:
    found = [run for run in runs if identity in (None, run.spec.identity)]
    if not found:
        raise StoreError(f"{mask(url)}: there is no such run in this database")
    return found[-1]


def _weight(kind: str) -> int:
    """Large tables first, so that no process is left with one at the end."""
    return {"reading": 2}.get(kind, 1) if mapping_of(kind).kind.role == "fact" else 0
