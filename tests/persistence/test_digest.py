"""The digest: exact, free of order, and sensitive to everything that may go wrong with a row."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from persistence.digest import (
    Digest,
    merge,
    row_digests,
    run_digest,
    text_hash,
    text_hashes,
    total,
)
from sim.facts import NULL, Text

INT64 = st.integers(-(2**63), 2**63 - 1)


def columns(rows: int = 1000, count: int = 10) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.integers(0, 10**9, rows) for _ in range(count)]


def slow_total(high: np.ndarray, low: np.ndarray) -> int:
    pairs = zip(high.tolist(), low.tolist(), strict=True)
    return sum((h << 64) + lo for h, lo in pairs) % 2**128


def test_golden_value() -> None:
    # Pinned: another value means that no earlier ledger can be compared with any more.
    text = Text.of(["a", None, "", "Fróðskapur"])
    digest = Digest.of([np.arange(4), text, "AUTO", None, 7, np.array([1, NULL, -3, 2**62])], 4)
    assert digest.hex() == GOLDEN
    assert run_digest({"b": digest, "a": Digest(1, 2)}) == GOLDEN_RUN


GOLDEN = "215a22fb168b55200bd570e597837f2e"
GOLDEN_RUN = "9e13f8c66f16cd7a19b9fe7c79ca986b"


@given(npst.arrays(np.uint64, 50), npst.arrays(np.uint64, 50))
def test_the_sum_is_exact(high: np.ndarray, low: np.ndarray) -> None:
    assert total(high, low) == slow_total(high, low)


def test_the_sum_carries_over_many_large_numbers() -> None:
    largest = np.full(100_000, 2**64 - 1, dtype=np.uint64)
    assert total(largest, largest) == slow_total(largest, largest)


def test_order_chunks_and_slices_do_not_matter() -> None:
    data = columns(40_000)
    whole = Digest.of(data, 40_000)
    order = np.random.default_rng(2).permutation(40_000)
    assert Digest.of([column[order] for column in data], 40_000) == whole
    parts = [slice(0, 1), slice(1, 20_001), slice(20_001, 40_000)]
    pieces = [Digest.of([column[p] for column in data], len(data[0][p])) for p in parts]
    assert sum(pieces, Digest()) == whole
    assert total(*row_digests(data, 40_000)) == whole.value


def test_a_constant_counts_like_a_column_that_repeats_it() -> None:
    data = columns(10, 2)
    repeated = Text(np.zeros(10, dtype=np.int32), ("AUTO",))
    nothing = Text(np.full(10, -1, dtype=np.int32), ())
    full = [data[0], repeated, np.full(10, 3), nothing, np.full(10, NULL), data[1]]
    assert Digest.of(full, 10) == Digest.of([data[0], "AUTO", 3, None, NULL, data[1]], 10)


def test_text_counts_as_its_hash() -> None:
    text = Text.of(["a", None, "b", "a"])
    assert Digest.of([text], 4) == Digest.of([text_hashes(text)], 4)


def test_text_hash_is_what_postgresql_computes() -> None:
    first = hashlib.md5(b"AUTO").hexdigest()[:16]
    assert text_hash("AUTO") % 2**64 == int(first, 16)


def test_one_array_in_two_columns_counts_as_two() -> None:
    a = columns(100, 1)[0]
    assert Digest.of([a, a, 5], 100) == Digest.of([a, a.copy(), 5], 100)


@given(st.lists(INT64, min_size=3, max_size=3), st.integers(0, 2), INT64)
def test_any_changed_value_changes_the_digest(row: list[int], place: int, value: int) -> None:
    changed = list(row)
    changed[place] = value
    same = changed == row
    before, after = (Digest.of([np.array([v]) for v in r], 1) for r in (row, changed))
    assert (before == after) == same


def test_swaps_between_rows_are_noticed() -> None:
    data = columns(2, 4)
    for place in range(4):
        swapped = [c[::-1] if i == place else c for i, c in enumerate(data)]
        assert Digest.of(swapped, 2) != Digest.of(data, 2)


def test_swaps_between_columns_are_noticed() -> None:
    a, b = columns(1, 2)
    assert Digest.of([a, b], 1) != Digest.of([b, a], 1)


@pytest.mark.parametrize("other", [0, 1, 2**62])
def test_null_that_changes_places_with_a_value_is_noticed(other: int) -> None:
    null, value = np.array([NULL]), np.array([other])
    assert Digest.of([null, value], 1) != Digest.of([value, null], 1)
    assert Digest.of([null, null, value], 1) != Digest.of([value, value, value], 1)


def test_empty_and_json() -> None:
    empty = Digest.of([np.zeros(0, dtype=np.int64), 3], 0)
    assert empty == Digest()
    digest = Digest.of(columns(5, 2), 5)
    assert Digest.from_json(digest.to_json()) == digest


def test_merge_adds_table_by_table() -> None:
    one, two = {"a": Digest(1, 5)}, {"a": Digest(2, 2**128 - 1), "b": Digest(1, 1)}
    assert merge([one, two]) == {"a": Digest(3, 4), "b": Digest(1, 1)}


def test_run_digest_ignores_order_and_empty_tables_but_nothing_else() -> None:
    tables = {"a": Digest(1, 5), "b": Digest(2, 6)}
    assert run_digest(tables) == run_digest({"b": Digest(2, 6), "c": Digest(), "a": Digest(1, 5)})
    assert run_digest(tables) != run_digest({"a": Digest(2, 5), "b": Digest(2, 6)})
    assert run_digest(tables) != run_digest({"b": Digest(1, 5), "a": Digest(2, 6)})
