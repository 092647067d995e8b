"""Keys: global keys to ids and back, wherever the ids lie."""

from collections.abc import Mapping

import numpy as np
import pytest

from persistence import keys as keys_module
from persistence.blocks import IdBlock, IdBlocks
from persistence.keys import Keys
from persistence.mapping import mapping_of
from sim.facts import NULL, Block

BATCH, HALL, FEED = "batch_batch", "infrastructure_hall", "inventory_feed"


@pytest.fixture(params=["close together", "far apart"])
def keys(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Keys:
    if request.param == "far apart":
        monkeypatch.setattr(keys_module, "_DENSE", 0)
    keys = Keys({BATCH: IdBlocks([IdBlock(0, 9, 100)])})
    keys.place(HALL, np.array([0, 2]), np.array([10, 7]))
    keys.place(HALL, np.array([1, 3]), np.array([11, 3]))
    return keys


def test_there_and_back(keys: Keys) -> None:
    for table, global_keys, ids in (
        (BATCH, [0, NULL, 5], [100, NULL, 105]),
        (HALL, [3, 2, 1, 0, NULL], [3, 7, 11, 10, NULL]),
        (HALL, [NULL], [NULL]),
        (HALL, [], []),
    ):
        assert keys.ids(table, np.array(global_keys, dtype=np.int64)).tolist() == ids
        assert keys.global_keys(table, np.array(ids, dtype=np.int64)).tolist() == global_keys


def test_rows_that_are_not_the_runs_stay_distinct(keys: Keys) -> None:
    foreign = keys.global_keys(HALL, np.array([1, 4, 10, 9, 99, NULL]))
    assert foreign.tolist() == [-3, -6, 0, -11, -101, NULL]
    nothing_placed = keys.global_keys(FEED, np.array([1, NULL, 2]))
    assert nothing_placed.tolist() == [-3, NULL, -4]


def test_placing_more_is_noticed(keys: Keys) -> None:
    assert keys.global_keys(HALL, np.array([5])).tolist() == [-7]
    keys.place(HALL, np.array([9]), np.array([5]))
    assert keys.global_keys(HALL, np.array([5])).tolist() == [9]


@pytest.mark.parametrize("key", [4, 8, -1])
def test_a_row_that_was_never_placed_is_refused(keys: Keys, key: int) -> None:
    keys.place(HALL, np.array([9]), np.array([5]))
    with pytest.raises(ValueError, match=r"infrastructure_hall is referred to .* never placed"):
        keys.ids(HALL, np.array([0, key]))


def test_resolving_leaves_values_alone_and_shared_columns_shared(keys: Keys) -> None:
    mapping = mapping_of("batch")
    stamp = np.array([1, 2])
    columns = dict.fromkeys(mapping.kind.fields) | {
        "key": np.array([0, 1]),
        "created_at": stamp,
        "updated_at": stamp,
    }
    resolved = keys.resolve(mapping.rows(Block("batch", 2, columns), 1, 2))
    found = dict(zip((target.name for target in mapping.targets), resolved, strict=True))
    assert found["id"].tolist() == [101, 103]
    assert found["created_at"] is found["updated_at"] is stamp
    assert found["species_id"] is None


def test_ids_of_no_block_are_somebody_else_s(keys: Keys) -> None:
    assert keys.global_keys(BATCH, np.array([99, 100, 109, 110])).tolist() == [-101, 0, 9, -112]
    assert keys.global_keys("batch_growthsample", np.array([1, NULL])).tolist() == [-3, NULL]
    with pytest.raises(ValueError, match="batch_batch is referred to whose id was never reserved"):
        keys.ids(BATCH, np.array([10]))


def test_ids_are_reserved_when_they_are_needed() -> None:
    asked: list[dict[str, int]] = []

    def reserve(last: Mapping[str, int]) -> Mapping[str, IdBlocks]:
        asked.append(dict(last))
        return {BATCH: IdBlocks([IdBlock(0, 3, 5), IdBlock(4, 7, 90)])}

    keys = Keys({}, reserve)
    assert keys.ids(BATCH, np.array([NULL])).tolist() == [NULL]
    assert keys.ids(BATCH, np.array([0, 6, NULL])).tolist() == [5, 92, NULL]
    assert keys.ids(BATCH, np.array([7])).tolist() == [93]
    assert asked == [{BATCH: 6}]
