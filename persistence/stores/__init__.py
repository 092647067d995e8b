"""The stores, by the scheme of their URLs. A new store is one module and one line here."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from sqlalchemy.engine import URL

from persistence.stores.base import Indexes, Progress, Store
from persistence.stores.buffers import FULL, Buffers
from persistence.stores.conflicts import Conflict, Intended
from persistence.stores.errors import (
    AlreadyCommittedError,
    ConnectionLostError,
    DamagedError,
    FileGoneError,
    OtherWriterError,
    ReplayDiffersError,
    StoreError,
    TakenError,
    UnsuitableError,
    file_url,
    mask,
    parse,
)
from persistence.stores.foreign import ForeignRows
from persistence.stores.presence import MissingRows
from persistence.stores.source import Source

STORES: dict[str, str] = {
    "sqlite": "persistence.stores.sqlite",
    "postgresql": "persistence.stores.postgresql",
    "postgres": "persistence.stores.postgresql",
}
"""The stores' modules by scheme; each has ``open_store`` and ``open_source`` for a parsed URL,
the first of which is also told how large its buffers are."""


def open_store(url: str, buffers: Buffers = FULL) -> Store:
    """Open the store that a URL names, for writing.

    Raises:
        StoreError: there is no such kind of store, or the database cannot be reached.
    """
    module, parsed = _module(url)
    store: Store = module.open_store(parsed, buffers)
    return store


def open_source(url: str) -> Source:
    """Open the database that a URL names, for reading only.

    Raises:
        StoreError: there is no such kind of store, or the database cannot be reached.
    """
    module, parsed = _module(url)
    source: Source = module.open_source(parsed)
    return source


def _module(url: str) -> tuple[ModuleType, URL]:
    parsed = parse(url)
    scheme = parsed.drivername.partition("+")[0]
    if scheme not in STORES:
        known = ", ".join(sorted(STORES))
        raise StoreError(f"{mask(url)}: no store is called {scheme!r} (there is {known})")
    return import_module(STORES[scheme]), parsed


__all__ = [
    "FULL",
    "STORES",
    "AlreadyCommittedError",
    "Buffers",
    "Conflict",
    "ConnectionLostError",
    "DamagedError",
    "FileGoneError",
    "ForeignRows",
    "Indexes",
    "Intended",
    "MissingRows",
    "OtherWriterError",
    "Progress",
    "ReplayDiffersError",
    "Source",
    "Store",
    "StoreError",
    "TakenError",
    "UnsuitableError",
    "file_url",
    "mask",
    "open_source",
    "open_store",
    "parse",
]
