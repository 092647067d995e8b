"""Blocks of ids: keys to ids and back, and the same as conditions in SQL."""

import sqlite3

import numpy as np
import pytest

from persistence.blocks import NONE, IdBlock, IdBlocks, outside, within
from sim.facts import NULL

TWO = IdBlocks([IdBlock(10, 19, 60), IdBlock(0, 4, 1), IdBlock(5, 9, 6)])


def test_blocks_that_continue_each_other_are_one() -> None:
    assert TWO.blocks == (IdBlock(0, 9, 1), IdBlock(10, 19, 60))
    assert TWO.spans == [(1, 10), (60, 69)]
    assert (TWO.last_key, TWO.whole) == (19, True)
    assert not IdBlocks([IdBlock(0, 4, 1), IdBlock(6, 9, 7)]).whole
    assert (NONE.last_key, NONE.spans, NONE.whole) == (-1, [], True)


@pytest.mark.parametrize("blocks", [TWO, IdBlocks([IdBlock(0, 19, 51)])])
def test_there_and_back(blocks: IdBlocks) -> None:
    keys = np.arange(20)
    ids = blocks.ids(keys)
    assert blocks.keys(ids).tolist() == keys.tolist()
    assert blocks.own(ids).all()
    assert len(set(ids.tolist())) == 20


def test_ids_of_no_block() -> None:
    strange = np.array([0, 11, 59, 70, NULL])
    assert not TWO.own(strange).any()
    assert TWO.keys(strange).tolist() == [-2, -13, -61, -72, -2]
    assert NONE.keys(np.array([4])).tolist() == [-6]


@pytest.mark.parametrize("blocks", [TWO, NONE, IdBlocks([IdBlock(0, 3, 20)])])
def test_conditions_divide_all_ids(blocks: IdBlocks) -> None:
    ids = np.arange(100)
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (id INTEGER)")
        connection.executemany("INSERT INTO t VALUES (?)", [(int(id_),) for id_ in ids])
        for condition, wanted in (
            (within("id", blocks.spans), blocks.own(ids)),
            (outside("id", blocks.spans), ~blocks.own(ids)),
        ):
            found = connection.execute(f"SELECT id FROM t WHERE {condition}").fetchall()
            assert [row[0] for row in found] == ids[wanted].tolist()
    connection.close()
