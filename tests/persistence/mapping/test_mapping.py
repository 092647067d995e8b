"""The mapping: every kind has a table that it fills, and only sensible plans are accepted."""

from dataclasses import replace

import numpy as np
import pytest

from persistence.mapping import Mapping, check_mappings, declared, global_keys, mapping_of, rule
from persistence.schema import TABLES
from sim.facts import KINDS, NULL, Block, Kind, Text


def plan(kind: Kind) -> Mapping:
    return rule._plan(kind)


def test_every_kind_fits_its_table() -> None:
    check_mappings()


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_has_every_column_in_order(kind: str) -> None:
    mapping = mapping_of(kind)
    assert [target.name for target in mapping.targets] == list(TABLES[mapping.table].columns.keys())
    for target in mapping.targets:
        assert target.field or target.nullable or target.constant is not None, target
    if KINDS[kind].role in ("master", "site"):
        assert mapping.natural
    names = {mapping.targets[position].name for position in mapping.digested}
    assert names
    assert not names & {"password", "smoltflow_id"}


def test_fields_find_their_columns() -> None:
    by_name = {target.name: target for target in mapping_of("transfer_workflow").targets}
    assert by_name["batch_id"].refers == "batch"
    assert by_name["dest_lifecycle_stage_id"].refers == "stage"
    assert by_name["initiated_by_id"].refers == "user"
    assert by_name["initiated_by_id"].constant == 0
    assert by_name["finance_transaction_id"].constant is None


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, feeding = KINDS["reading"], KINDS["feeding"]
    without = {name: kind for name, kind in reading.fields.items() if name != "sensor"}
    with pytest.raises(ValueError, match=r"nothing fills .*sensor_id, which must not be NULL"):
        plan(replace(reading, fields=without))
    with pytest.raises(ValueError, match="has no column for depth"):
        plan(replace(reading, fields={**reading.fields, "depth": "int"}))
    with pytest.raises(ValueError, match=r"reading.value is decimal:2, .*value is NUMERIC"):
        plan(replace(reading, fields={**reading.fields, "value": "decimal:2"}))
    with pytest.raises(ValueError, match=r"feeding\.feed is key:batch"):
        plan(replace(feeding, fields={**feeding.fields, "feed": "key:batch"}))
    home = declared.HOMES["reading"]
    odd = {**declared.HOMES, "reading": replace(home, constants={**home.constants, "colour": 1})}
    monkeypatch.setattr(rule, "HOMES", odd)
    with pytest.raises(ValueError, match="has no column for colour"):
        plan(reading)


def test_two_kinds_of_one_table_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    grade = mapping_of("grade")
    monkeypatch.setattr(rule, "mappings", lambda: [grade, replace(grade, kind=KINDS["feed"])])
    with pytest.raises(ValueError, match="feed and grade share the table"):
        check_mappings()


def test_global_keys() -> None:
    keys = np.array([0, 1, NULL, 2])
    assert global_keys(keys, 1, 3).tolist() == [1, 4, NULL, 7]
    assert global_keys(keys, 0, 1) is keys
    assert keys.tolist() == [0, 1, NULL, 2]


def test_keys_become_global_only_where_they_are_the_geographys_own() -> None:
    stamp = np.array([5, 6])
    block = Block(
        "reading",
        2,
        {
            "key": np.array([10, 11]),
            "value": 7,
            "reading_time": stamp,
            "created_at": stamp,
            "batch": 3,
            "container": np.array([4, 5]),
            "parameter": np.array([1, 2]),
            "sensor": None,
            "batch_container_assignment": np.array([NULL, 2]),
        },
    )
    rows = mapping_of("reading").rows(block, 1, 2)
    found = dict(zip((t.name for t in rows.mapping.targets), rows.columns, strict=True))
    assert rows.keys.tolist() == found["id"].tolist() == [21, 23]
    assert found["batch_id"] == 7
    assert found["container_id"].tolist() == [9, 11]
    assert found["parameter_id"].tolist() == [1, 2]
    assert found["sensor_id"] is None
    assert found["batch_container_assignment_id"].tolist() == [NULL, 5]
    assert found["reading_time"] is found["created_at"] is stamp
    half = rows.part(slice(1, 2))
    assert half.rows == 1
    assert half.columns[2] is half.columns[5]


def test_a_block_must_be_whole() -> None:
    fish = {"key": np.arange(3), "fish_identifier": Text.of("ab")}
    with pytest.raises(ValueError, match="column 'fish_identifier' of a block of fish has 2 rows"):
        mapping_of("fish").rows(Block("fish", 3, fish), 0, 1)
    with pytest.raises(ValueError, match="a block of fish lacks its column 'weight_g'"):
        mapping_of("fish").rows(Block("fish", 2, {**fish, "key": np.arange(2)}), 0, 1)
    with pytest.raises(ValueError, match="no table is declared for the kind 'whale'"):
        mapping_of("whale")
