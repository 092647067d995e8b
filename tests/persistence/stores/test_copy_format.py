"""Binary COPY against a real PostgreSQL: what is encoded is what the server reads."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persistence.mapping import Mapping, TableTarget
from persistence.stores import StoreError
from persistence.stores.copy_format import SIGNATURE, TRAILER, Encoder
from sim.facts import KINDS, NULL, Column, Text

TYPES = {
    "small": ("int", "smallint"),
    "number": ("int", "integer"),
    "big": ("int", "bigint"),
    "flag": ("bool", "boolean"),
    "day": ("date", "date"),
    "at": ("time", "timestamp with time zone"),
    "clock": ("clock", "time without time zone"),
    "real": ("real", "double precision"),
    "short": ("text", "character varying(20)"),
    "long": ("text", "text"),
    "document": ("json", "jsonb"),
    "n2": ("decimal:2", "numeric(10,2)"),
    "n3": ("decimal:3", "numeric(12,3)"),
    "n4": ("decimal:4", "numeric(10,4)"),
    "n6": ("decimal:6", "numeric(8,6)"),
    "n0": ("decimal:0", "numeric(6,0)"),
    "tiny": ("decimal:2", "numeric(3,2)"),
}


@pytest.fixture(scope="module")
def connection(pg_server_uri: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(pg_server_uri) as connection:
        connection.execute("SET timezone = 'UTC'")
        listed = ", ".join(f"{name} {live}" for name, (_, live) in TYPES.items())
        connection.execute(f"CREATE TEMP TABLE copied ({listed})")
        connection.commit()
        yield connection


def mapping(*names: str) -> Mapping:
    targets = tuple(TableTarget(name, TYPES[name][0], nullable=True, field=name) for name in names)
    return Mapping(KINDS["reading"], "copied", targets, None, None, (), ())


def round_trip(
    connection: psycopg.Connection, columns: dict[str, Column], rows: int
) -> list[tuple[object, ...]]:
    live = {name: live for name, (_, live) in TYPES.items()}
    encoder = Encoder(mapping(*columns), live)
    listed = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE copied")
        with cursor.copy(f"COPY copied ({listed}) FROM STDIN (FORMAT binary)") as copy:
            copy.write(SIGNATURE)
            for matrix in encoder.encode(list(columns.values()), rows):
                copy.write(matrix.tobytes())
            copy.write(TRAILER)
        found = cursor.execute(f"SELECT {listed} FROM copied").fetchall()
    connection.rollback()
    return found


def ints(*values: int | None) -> np.ndarray:
    return np.array([NULL if value is None else value for value in values], dtype=np.int64)


def test_every_type(connection: psycopg.Connection) -> None:
    first, second = 19_000, -1
    columns: dict[str, Column] = {
        "small": ints(32767, -5, None),
        "number": ints(2**31 - 1, None, 0),
        "big": ints(-(2**62), 7, None),
        "flag": ints(1, 0, None),
        "day": ints(first, second, None),
        "at": ints(first * 86_400_000_000 + 1, -1_000_000, None),
        "clock": ints(0, 86_399_999_999, None),
        "real": ints(1_234_567, -1, None),
        "short": Text.of(["Fróðskapur", "", None]),
        "long": Text.of([None, "a\tb\\n\"'", "x" * 100_000]),
        "document": Text.of(['{"ö": [1, 2.5]}', None, "[]"]),
        "n2": ints(99_999_999_99, -1, None),
    }
    found = round_trip(connection, columns, 3)
    midnight = datetime(1970, 1, 1, tzinfo=UTC)
    assert len(found) == 3
    by_number = {row[1]: row for row in found}
    assert by_number[2**31 - 1][:6] == (
        32767,
        2**31 - 1,
        -(2**62),
        True,
        date(1970, 1, 1) + timedelta(first),
        midnight + timedelta(days=first, microseconds=1),
    )
    assert by_number[2**31 - 1][6:10] == (time(0), 1.234567, "Fróðskapur", None)
    assert by_number[2**31 - 1][10:] == ({"ö": [1, 2.5]}, Decimal("99999999.99"))
    assert by_number[None][2:6] == (7, False, date(1969, 12, 31), midnight - timedelta(seconds=1))
    assert by_number[None][6:9] == (time(23, 59, 59, 999999), -0.000001, "")
    assert by_number[None][9:] == ("a\tb\\n\"'", None, Decimal("-0.01"))
    assert by_number[0] == (None, 0, *[None] * 7, "x" * 100_000, [], None)


def test_single_values_hold_for_every_row(connection: psycopg.Connection) -> None:
    columns: dict[str, Column] = {
        "number": np.arange(3),
        "short": "AUTO",
        "document": "{}",
        "n4": -12_345,
        "flag": 1,
        "at": 0,
        "long": None,
        "big": NULL,
        "real": 500_000,
    }
    expected = ("AUTO", {}, Decimal("-1.2345"), True, datetime(1970, 1, 1, tzinfo=UTC))
    found = sorted(round_trip(connection, columns, 3))
    assert found == [(n, *expected, None, None, 0.5) for n in range(3)]


DECIMALS = [name for name, (kind, _) in TYPES.items() if kind.startswith("decimal")]


@pytest.mark.parametrize("name", DECIMALS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_numeric(connection: psycopg.Connection, name: str, data: st.DataObject) -> None:
    precision, scale = map(int, TYPES[name][1][8:-1].split(","))
    largest = 10**precision - 1
    number = st.none() | st.integers(-largest, largest) | st.sampled_from([0, largest, -largest])
    values = data.draw(st.lists(number, min_size=1, max_size=30))
    column = ints(*values)
    found = round_trip(connection, {"big": np.arange(len(values)), name: column}, len(values))
    stored = [value for _, value in sorted(found, key=lambda row: row[0])]
    expected = [None if v is None else Decimal(v).scaleb(-scale) for v in values]
    assert stored == expected
    # The display scale, too: 1.50 must not come back as 1.5.
    assert [str(v) for v in stored] == ["None" if v is None else f"{v:.{scale}f}" for v in expected]


def test_many_layouts_in_many_rows(connection: psycopg.Connection) -> None:
    rng = np.random.default_rng(3)
    rows = 30_000
    texts = ["", "a", "bb", "cc", "Fróðskapur", "ö"]
    codes = rng.integers(-1, len(texts), rows).astype(np.int32)
    number = np.where(rng.random(rows) < 0.3, NULL, rng.integers(-9, 9, rows))
    price = np.where(rng.random(rows) < 0.3, NULL, rng.integers(-(10**9), 10**9, rows))
    columns: dict[str, Column] = {
        "big": np.arange(rows),
        "short": Text(codes, texts),
        "small": number,
        "n2": price,
        "long": Text(codes, texts),
    }
    found = sorted(round_trip(connection, columns, rows), key=lambda row: row[0])
    words = [*texts, None]
    assert found == [
        (
            n,
            words[code],
            None if small == NULL else small,
            None if cents == NULL else Decimal(cents).scaleb(-2),
            words[code],
        )
        for n, (code, small, cents) in enumerate(
            zip(codes.tolist(), number.tolist(), price.tolist(), strict=True)
        )
    ]


@pytest.mark.parametrize(
    ("name", "live"),
    [
        ("number", "numeric(10,2)"),
        ("number", "text"),
        ("n2", "bigint"),
        ("n2", "numeric(10,4)"),
        ("n2", "numeric"),
        ("n2", "double precision"),
        ("at", "timestamp without time zone"),
        ("clock", "time with time zone"),
        ("document", "json"),
        ("document", "text"),
        ("short", "jsonb"),
        ("real", "real"),
        ("flag", "integer"),
    ],
)
def test_a_live_type_that_does_not_fit_is_refused(name: str, live: str) -> None:
    with pytest.raises(StoreError, match=f"copied.{name} is .* in this database"):
        Encoder(mapping(name), {name: live})


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(StoreError, match=r"no column copied\.number"):
        Encoder(mapping("number"), {"other": "integer"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("small", 40_000), ("number", 2**31), ("number", -(2**31) - 5), ("n2", 10**10),
     ("tiny", -1000)],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused(name: str, value: int) -> None:
    encoder = Encoder(mapping(name), {name: TYPES[name][1]})
    with pytest.raises(StoreError, match=f"copied.{name} .* does not fit"):
        list(encoder.encode([ints(1, value)], 2))
    with pytest.raises(StoreError, match=f"copied.{name} .* does not fit"):
        list(encoder.encode([value], 2))
