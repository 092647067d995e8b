"""Short words for columns and constraints, so that a table reads like a table.

A column is NOT NULL unless it says ``null=True``. Choices are not enforced by the database (nor are
they in AquaMind): they are data for the code that fills the column, in ``info["choices"]``. What
AquaMind's engines look up beside what its forms offer is in ``info["names_of"]``: a table whose
names are good, too.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
    Time,
    UniqueConstraint,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

# Django's own tables have four-byte keys; all others have eight.
_SMALL_KEYS = frozenset({"auth_user", "django_content_type"})

# Only the exact type INTEGER makes a primary key the rowid on SQLite.
_BIG_KEY = BigInteger().with_variant(Integer(), "sqlite")
_SQLITE_TIMESTAMP = sqlite.DATETIME(truncate_microseconds=True)  # type: ignore[no-untyped-call]
_SQLITE_TIME = sqlite.TIME(truncate_microseconds=True)  # type: ignore[no-untyped-call]
_TIMESTAMP = DateTime(timezone=True).with_variant(_SQLITE_TIMESTAMP, "sqlite")
_TIME = Time().with_variant(_SQLITE_TIME, "sqlite")
_JSON = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _column(
    name: str, kind: TypeEngine[Any], *, null: bool, choices: tuple[str, ...] = ()
) -> Column[Any]:
    return Column(name, kind, nullable=null, info={"choices": choices} if choices else {})


def key(name: str = "id", *, small: bool = False) -> Column[Any]:
    """Make the numbered primary key."""
    return Column(name, Integer() if small else _BIG_KEY, Identity(), primary_key=True)


def number(name: str = "id") -> Column[Any]:
    """Make a numbered column that is not the primary key by itself."""
    return Column(name, _BIG_KEY, Identity(), nullable=False)


def ref(
    name: str, target: str, *, null: bool = False, key: bool = False, cycle: bool = False
) -> Column[Any]:
    """Make a reference to a table's ``id``, or to the column named after a dot.

    Args:
        name: The column.
        target: The table referred to, or ``table.column``.
        null: Whether the reference may be absent.
        key: Whether the reference is the primary key, too.
        cycle: Whether this reference closes a circle of tables, so that sorting the tables and
            ``MetaData.create_all`` must leave it for last.
    """
    table, _, column = target.partition(".")
    kind: TypeEngine[Any] = _BIG_KEY if key else BigInteger()
    return Column(
        name,
        Integer() if table in _SMALL_KEYS else kind,
        ForeignKey(
            f"{table}.{column or 'id'}", deferrable=True, initially="DEFERRED", use_alter=cycle
        ),
        primary_key=key,
        autoincrement=False,
        nullable=null,
    )


def bigint(name: str, *, null: bool = False) -> Column[Any]:
    """Make an eight-byte integer."""
    return _column(name, BigInteger(), null=null)


def integer(name: str, *, null: bool = False) -> Column[Any]:
    """Make a four-byte integer, which no database numbers by itself."""
    return Column(name, Integer(), nullable=null, autoincrement=False)


def smallint(name: str, *, null: bool = False) -> Column[Any]:
    """Make a two-byte integer."""
    return _column(name, SmallInteger(), null=null)


def natural(name: str, *, null: bool = False, small: bool = False) -> Column[Any]:
    """Make an integer that a CHECK keeps from being negative."""
    return Column(
        name,
        SmallInteger() if small else Integer(),
        CheckConstraint(f'"{name}" >= 0', name=name),
        nullable=null,
    )


def numeric(name: str, precision: int, scale: int, *, null: bool = False) -> Column[Any]:
    """Make an exact decimal."""
    return _column(name, Numeric(precision, scale), null=null)


def double(name: str, *, null: bool = False) -> Column[Any]:
    """Make a double-precision float."""
    return _column(name, Double(), null=null)


def boolean(name: str, *, null: bool = False) -> Column[Any]:
    """Make a truth value."""
    return _column(name, Boolean(), null=null)


def varchar(
    name: str,
    length: int,
    *,
    null: bool = False,
    choices: tuple[str, ...] = (),
    names_of: str = "",
) -> Column[Any]:
    """Make a text of limited length, perhaps one of a list of choices or of a table's names."""
    column = _column(name, String(length), null=null, choices=choices)
    if names_of:
        column.info["names_of"] = names_of
    return column


def text(name: str, *, null: bool = False) -> Column[Any]:
    """Make a text of any length."""
    return _column(name, Text(), null=null)


def date(name: str, *, null: bool = False) -> Column[Any]:
    """Make a calendar day."""
    return _column(name, Date(), null=null)


def time(name: str, *, null: bool = False) -> Column[Any]:
    """Make a time of day without a zone."""
    return _column(name, _TIME, null=null)


def timestamptz(name: str, *, null: bool = False) -> Column[Any]:
    """Make an instant; on SQLite it is UTC text, to the second."""
    return _column(name, _TIMESTAMP, null=null)


def jsonb(name: str, *, null: bool = False) -> Column[Any]:
    """Make a JSON document; None is the database's NULL, not JSON's."""
    return _column(name, _JSON, null=null)


def primary_key(*columns: str) -> PrimaryKeyConstraint:
    """Make a primary key of several columns, in this order."""
    return PrimaryKeyConstraint(*columns)


def unique(*columns: str) -> UniqueConstraint:
    """Keep the combination of columns unique."""
    return UniqueConstraint(*columns)


def unique_where(condition: str, *columns: str) -> Index:
    """Keep the combination of columns unique among the rows that meet an SQL condition."""
    where = sql_text(condition)
    return Index(None, *columns, unique=True, postgresql_where=where, sqlite_where=where)


def check(name: str, condition: str) -> CheckConstraint:
    """Demand a condition of each row, under a name that is short and unique in its table."""
    return CheckConstraint(condition, name=name)
