"""A connection that does not wait in silence: whose locks are in the way is told, and for how long.

Every answer of a server is waited for in one place, :meth:`PatientConnection.wait`: of a query, a
COPY, a commit. When nothing has come for a while, a second connection asks the server what the
first one waits for. A statement that works is left alone, however long it takes. One that waits for
a lock is told of, with who holds it, and given up after a limit. A session that waits for us, while
we wait for it, has a connection that is half open, and is given up at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from sqlalchemy.engine import URL

from persistence.stores.errors import masked, reason_of

T = TypeVar("T")
Say = Callable[[str], None]

SILENCE_S = 15.0
"""After so long without a word from the server it is looked what is the matter, and again."""
LIMIT_S = 600.0
"""So long another session's lock is waited for, unless the URL sets ``lock_timeout``."""
UNREACHABLE_S = 120.0
"""So long a server is waited for that does not let a second connection in either."""
GRACE_S = 30.0
"""So much later the server itself ends a wait, where nobody could look."""

_LOOK_S = 5
_listeners: list[Say] = []


@contextmanager
def telling(say: Say) -> Iterator[None]:
    """Have someone told of waits in this process instead of stderr."""
    _listeners.append(say)
    try:
        yield
    finally:
        _listeners.remove(say)


def tell(text: str) -> None:
    """Tell of a wait."""
    if _listeners:
        _listeners[-1](text)
    else:
        with suppress(OSError, ValueError):  # nobody reads it
            print(f"smoltflow: {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class _SessionState:
    """What the server says of our session.

    Attributes:
        for_us: it waits for something that we should have sent, or taken.
        what: the lock that it waits for; ``who`` holds it, in words; None where it works.
    """

    for_us: bool = False
    what: str | None = None
    who: str | None = None


class PatientConnection(psycopg.Connection[Any]):
    """A connection that tells what it waits for.

    Attributes:
        limit_s: seconds after which waiting for a lock ends; 0: never.
        backend: the number of the server's process for this session.
    """

    limit_s: float = 0.0
    backend: int | None = None
    url: URL | None = None
    _how: Mapping[str, Any] | None = None

    def know(self, url: URL, how: Mapping[str, Any]) -> None:
        """Know the database's URL, and how to make a second connection to it."""
        self.url, self._how = url, how
        self.backend = self.info.backend_pid

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **named: Any) -> T:
        """Wait for the server; see the module."""
        return super().wait(self._watched(gen), *args, **named)

    def _watched(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """Pass on what is waited for and what comes, and look when nothing does."""
        watch: _Watch | None = None
        heard = 0.0
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    heard = 0.0
                    if watch is not None:
                        watch.over()
                    watch = None
                elif not heard:
                    heard = time.monotonic()
                elif time.monotonic() - heard >= SILENCE_S and self._how is not None:
                    watch = watch or _Watch(self, heard)
                    watch.look()
                wanted = gen.send(ready)
        except StopIteration as end:
            if watch is not None:
                watch.over()
            value: T = end.value
            return value

    def give_up(self, error: psycopg.OperationalError) -> None:
        """Leave the server, which does not answer, and end the wait.

        Raises:
            psycopg.OperationalError: the one that is given.
        """
        self.close()
        raise error

    def second(self) -> _BriefConnection:
        """Make another connection to the same database, for a look."""
        named = {**(self._how or {}), "connect_timeout": _LOOK_S}
        return _BriefConnection.connect(autocommit=True, **named)


class _BriefConnection(psycopg.Connection[Any]):
    """A connection on which nothing is waited for long."""

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **named: Any) -> T:
        return super().wait(_hurried(gen), *args, **named)


def _hurried(gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
    end = time.monotonic() + _LOOK_S
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > end:
                raise psycopg.OperationalError("timeout expired")
            wanted = gen.send(ready)
    except StopIteration as over:
        value: T = over.value
        return value


class _Watch:
    """One wait for an answer, from when it got long to its end."""

    def __init__(self, connection: PatientConnection, since: float) -> None:
        self._connection, self._since = connection, since
        self._next = 0.0
        self._told: str | None = None
        self._unreached: float | None = None
        self._for_us = False

    def look(self) -> None:
        """Look what the matter is, if it is time to; tell it, if it is new."""
        now = time.monotonic()
        if now < self._next:
            return
        waited, connection = now - self._since, self._connection
        try:
            with connection.second() as second:
                seen = look_at(second, connection.backend)
                if seen is not None and seen.who is not None and self._is_late(waited):
                    second.execute("SELECT pg_cancel_backend(%s)", [connection.backend])
        except psycopg.Error as error:
            self._unseen(error, waited)
        else:
            self._unreached = None
            self._judge(seen, waited)
        self._next = time.monotonic() + SILENCE_S

    def over(self) -> None:
        """The answer came."""
        if self._told is not None:
            waited = time.monotonic() - self._since
            tell(f"{self._where}: goes on after {_span(waited)}")

    def _judge(self, seen: _SessionState | None, waited: float) -> None:
        connection = self._connection
        lost = psycopg.OperationalError
        if seen is None:
            connection.give_up(lost("the server has ended this session, and its word was lost"))
        elif seen.who is None:
            if seen.for_us and self._for_us:
                text = f"the connection is half open: for {_span(waited)} nothing came through"
                connection.give_up(lost(text))
            self._for_us = seen.for_us
            return
        elif self._is_late(waited):
            text = f"gave up after {_span(waited)} of waiting for {seen.what}, which {seen.who}"
            connection.give_up(psycopg.errors.LockNotAvailable(text))
        else:
            limit = connection.limit_s
            until = f"; gives up after {_span(limit)}" if limit else ""
            self._tell(seen.who, f"waiting for {seen.what}, which {seen.who}", waited, until)

    def _unseen(self, error: psycopg.Error, waited: float) -> None:
        """The look failed: the server is out of reach, or too full to let another one in."""
        if error.sqlstate is not None or "FATAL:" in str(error):  # it answers, if only to refuse
            self._unreached = None
        elif self._unreached is None:
            self._unreached = time.monotonic()
        url = self._connection.url
        reason = reason_of(error, url) if url is not None else type(error).__name__
        self._tell("", "no answer, and a second connection fails too", waited, f" ({reason})")
        since = self._unreached
        if since is not None and time.monotonic() - since >= UNREACHABLE_S:
            text = f"the server has not answered for {_span(waited)}"
            self._connection.give_up(psycopg.OperationalError(text))

    def _tell(self, who: str, what: str, waited: float, more: str) -> None:
        if who != self._told:
            self._told = who
            tell(f"{self._where}: {what}, for {_span(waited)} now{more}")

    def _is_late(self, waited: float) -> bool:
        return 0 < self._connection.limit_s <= waited

    @property
    def _where(self) -> str:
        url = self._connection.url
        return masked(url) if url is not None else "the server"


_STATE = (
    "SELECT wait_event_type = 'Client', pg_blocking_pids(pid) FROM pg_stat_activity WHERE pid = %s"
)
_WANTED = (
    "SELECT locktype, relation::regclass::text FROM pg_locks WHERE pid = %s"
    " AND (NOT granted OR locktype = 'tuple') ORDER BY relation IS NULL, granted LIMIT 1"
)
_HOLDERS = (
    "SELECT pid, coalesce(nullif(application_name, ''), backend_type), usename,"
    " host(client_addr), state, xact_start, query_start"
    " FROM pg_stat_activity WHERE pid = ANY(%s) ORDER BY xact_start NULLS LAST, pid"
)
_PREPARED = "SELECT gid, prepared FROM pg_prepared_xacts WHERE database = current_database()"
_ADVISORY = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = %s::bigint::oid AND objid = %s::bigint::oid"
)


def look_at(second: psycopg.Connection[Any], backend: int | None) -> _SessionState | None:
    """Ask the server what a session waits for; None if it has no such session."""
    row = second.execute(_STATE, [backend]).fetchone()
    if row is None:
        return None
    for_us, pids = row
    if not pids:
        return _SessionState(for_us=bool(for_us))
    wanted = second.execute(_WANTED, [backend]).fetchone()
    return _SessionState(what=_lock(*wanted) if wanted else "a lock", who=_holders(second, pids))


def advisory_holder(connection: Any, first: int, second: int) -> str:
    """Who holds an advisory lock with two numbers, in brackets; '' if that cannot be seen."""
    numbers = [first & 0xFFFFFFFF, second & 0xFFFFFFFF]
    pids = [pid for (pid,) in connection.execute(_ADVISORY, numbers)]
    told = [_process(*row) for row in connection.execute(_HOLDERS, [pids])]
    return f" ({'; '.join(told)})" if told else ""


def _lock(kind: str, table: str | None) -> str:
    if kind == "advisory":
        return "the right to write here"
    if table is None:
        return "another transaction's end"
    return f"a row of {table}" if kind in ("tuple", "transactionid") else f"table {table}"


def _holders(second: psycopg.Connection[Any], pids: Sequence[int]) -> str:
    """Who is in the way, and what ends them, in words."""
    known = list(second.execute(_HOLDERS, [list(pids)]))
    told = [_process(*row) for row in known]
    if 0 in pids:
        for gid, prepared in second.execute(_PREPARED):
            told.append(f"the prepared transaction '{gid}' of {_clock(prepared)}")
    if not told:
        return "a session holds that is gone by now"
    ends = f" (SELECT pg_terminate_backend({known[0][0]}) ends it)" if known else ""
    return f"{'; '.join(told)} {'holds' if len(told) == 1 else 'hold'}{ends}"


def _process(
    pid: int, name: str | None, user: str | None, host: str | None, state: str | None,
    begun: datetime | None, asked: datetime | None,
) -> str:  # fmt: skip
    parts = [name or "unknown", f"user {user or 'unknown'}"]
    if host:
        parts.append(f"from {host}")
    if begun is not None:
        parts.append(f"transaction since {_clock(begun)}")
    if asked is not None:
        parts.append(f"last statement at {_clock(asked)}")
    if state is not None:
        parts.append(state)
    return f"process {pid} [{', '.join(parts)}]"


def _clock(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
