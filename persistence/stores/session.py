"""Connections to a PostgreSQL server whose sessions are all alike.

What a role, a database, the environment or the server sets could change what we write and read
(time zone, forms of dates and numbers, encoding, the schema that a name is looked up in) or end us
amid our work (time limits). So every session is told what holds before anything else is done.
What protects is left as it is: who made a database read-only is obeyed, and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from persistence.stores import waiting
from persistence.stores.errors import UnsuitableError, explained, masked

NAME = "smoltflow"
"""How others see our sessions in ``pg_stat_activity``, unless the URL names them."""

_UNHEARD_MS = 300_000  # a server that is only slow to read is given so long
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}

SETTINGS: Mapping[str, str] = {
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "lc_numeric": "C",
    "lc_time": "C",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "quote_all_identifiers": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    # Where the network drops, both ends find out within minutes, and the server's gives up locks.
    **{f"tcp_{name}": str(value) for name, value in _KEEPALIVE.items()},
}
"""What holds in every session; a server that is too old to know one of them goes without."""

WRITING: Mapping[str, str] = {"synchronous_commit": "off", "maintenance_work_mem": "512MB"}
"""What holds besides in a session that loads a run."""

_SET = (
    "SELECT set_config(known.name, given.value, false) FROM pg_settings AS known"
    " JOIN unnest(%s::text[], %s::text[]) AS given(name, value)"
    " ON lower(known.name) = lower(given.name) WHERE known.context = 'user'"
)
_FOUND = (
    "SELECT pg_backend_pid(), current_setting('lock_timeout'), current_setting('search_path'),"
    " ARRAY(SELECT name FROM unnest(current_schemas(false)) AS name WHERE name NOT LIKE 'pg\\_%'),"
    " ARRAY(SELECT nspname FROM unnest(ARRAY['django_migrations', 'smoltflow_run'])"
    " WITH ORDINALITY AS sought(name, number) JOIN pg_class AS c ON c.oid = to_regclass(name)"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace ORDER BY number)"
)


def connecting(url: URL, *, writing: bool = False) -> Engine:
    """Make an engine whose connections are set up before they are used, and wait aloud.

    Args:
        url: the database; a ``lock_timeout`` in its ``options`` is the limit of waits for locks.
        writing: whether runs are loaded through it.

    Raises:
        UnsuitableError: when it connects, of a database that cannot keep our texts or tables.
    """
    driver = url.set(drivername="postgresql+psycopg")
    ours: dict[str, Any] = {
        "connect_timeout": 10,
        "tcp_user_timeout": _UNHEARD_MS,
        **_KEEPALIVE,
        "client_encoding": "utf8",
    }
    if "application_name" not in url.query:
        ours["application_name"] = NAME
    settings = {**SETTINGS, **(WRITING if writing else {})}
    if "lock_timeout" not in str(url.query.get("options", "")):
        settings["lock_timeout"] = f"{round(1000 * (waiting.LIMIT_S + waiting.GRACE_S))}"
    with explained(url):
        engine = create_engine(driver, poolclass=NullPool)

    @event.listens_for(engine, "do_connect")
    def connect(_: object, __: object, ___: object, named: Mapping[str, Any]) -> Any:
        told = {**named, **ours}
        connection = waiting.PatientConnection.connect(autocommit=True, **told)
        try:
            connection.know(url, told)
            _set_up(connection, settings, masked(url))
            connection.autocommit = False
        except BaseException:
            connection.close()
            raise
        return connection

    return engine


def _set_up(connection: waiting.PatientConnection, settings: Mapping[str, str], url: str) -> None:
    """Say what holds in a new session, whatever others have set."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UnsuitableError(
            f"{url}: the database's encoding is {encoding}, which cannot keep every text: make it"
            " with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0"
        )
    connection.execute("SET statement_timeout = 0")  # first, lest it end what comes next
    connection.execute(_SET, [list(settings), list(settings.values())])
    try:  # a session whose client is gone gives up its locks, where the server's system can tell
        connection.execute("SET client_connection_check_interval = '10s'")
    except psycopg.Error:
        if connection.closed:
            raise
    ((pid, limit, path, schemas, homes),) = connection.execute(_FOUND)
    ours = "lock_timeout" in settings
    connection.limit_s, connection.backend = waiting.LIMIT_S if ours else _seconds(limit), pid
    if not schemas:
        raise UnsuitableError(
            f"{url}: there is no schema to write into: the search_path of this user ({path}) names"
            " none that exists and may be used"
        )
    # The first schema of the path is where new tables go and names are looked up: it is the one
    # that has AquaMind's tables, or ours, and never a temporary one.
    home = next(iter(homes), schemas[0])
    if schemas[0] != home or "pg_" in path:
        whole = [home, *(name for name in schemas if name != home)]
        quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in whole)
        connection.execute("SELECT set_config('search_path', %s, false)", [quoted])


_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(setting: str) -> float:
    """A duration as the server shows it, in seconds; 0 is none."""
    digits = setting.rstrip("abcdefghijklmnopqrstuvwxyz")
    return float(digits) * _UNITS.get(setting[len(digits) :], 1e-3)
