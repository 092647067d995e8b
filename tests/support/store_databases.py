"""Databases for the tests of the stores, of every kind, and runs loaded into them."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from persistence.digest import Digest
from persistence.ledger import RunSpec
from persistence.stores import STORES, Store, open_store
from tests.support.synthetic_farm import FROM_DAY, GEOGRAPHIES, chunk, master_blocks, site_blocks

KINDS_OF_STORES = tuple(kind for kind, module in STORES.items() if module.endswith(f".{kind}"))
"""Every registered store, once: some have two names."""
SPEC = RunSpec(
    identity="a" * 64,
    scenario="synthetic",
    seed=7,
    version="0",
    resolved="{}",
    geographies=GEOGRAPHIES,
    simulated_from=FROM_DAY,
    simulated_until=FROM_DAY + 56,
)
NewDatabase = Callable[[], str]
_NUMBERS = itertools.count(1)


class Databases:
    """Makes empty databases of one kind, and drops them in the end."""

    def __init__(self, kind: str, folder: Path, server: str | None) -> None:
        self.kind, self._folder, self._server = kind, folder, server
        self._made: list[str] = []

    def __call__(self) -> str:
        if self._server is None:
            return f"{self.kind}:///{self._folder}/{next(_NUMBERS)}.db"
        name = f"store_{next(_NUMBERS)}"
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        self._made.append(name)
        return self._server.replace("/postgres?", f"/{name}?")

    def drop(self) -> None:
        if self._server is not None:
            with psycopg.connect(self._server, autocommit=True) as connection:
                for name in self._made:
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement on a database, whatever its kind; return its rows, if it has any."""
    driver = url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(driver, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def scalar(url: str, statement: str) -> Any:
    return query(url, statement)[0][0]


def prepare(store: Store, lanes: Iterable[int] = (0, 1), spec: RunSpec = SPEC) -> None:
    store.create_tables()
    store.lock([spec.geographies[lane] for lane in lanes])
    store.start(spec)
    for lane in lanes:
        store.bootstrap(lane, [*master_blocks(), *site_blocks(lane)])


def load(
    url: str,
    lanes: Iterable[int] = (0, 1),
    months: Iterable[int] = (0, 1),
    pieces: int = 1,
    spec: RunSpec = SPEC,
) -> dict[str, Digest]:
    """Load a synthetic run; return its digests."""
    lanes = tuple(lanes)
    with open_store(url) as store:
        prepare(store, lanes, spec)
        for month in months:
            for lane in lanes:
                store.commit(chunk(lane, month, pieces))
        return store.digests()


def shard(lane: int) -> RunSpec:
    return replace(SPEC, shard=GEOGRAPHIES[lane])
