"""A database opened for reading: what `verify` and the recomputing of digests work on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from persistence.readback import Reader
from persistence.stores.errors import explained


class Source:
    """An open database: ``connection`` for queries, ``reader`` for canonical integers."""

    def __init__(self, url: URL, engine: Engine, reader: Callable[[Any], Reader]) -> None:
        self._url = url
        self._engine = engine
        with explained(url):
            self.connection = engine.connect()
        self.reader = reader(self.connection.connection.driver_connection)

    def explained(self) -> AbstractContextManager[None]:
        """Turn the driver's errors into :class:`StoreError`."""
        return explained(self._url)

    def close(self) -> None:
        """Close it."""
        self.connection.close()
        self._engine.dispose()
