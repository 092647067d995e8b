"""The journal: what a lane takes down, and what it refuses where it is told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from persistence.mapping import mapping_of, mappings
from sim.core.journal import Lane, Record, Value, rows_of
from sim.facts import KINDS, Block
from sim.facts.kinds.kind import STAMPS

EVENT: dict[str, Value] = {
    "event_date": 0, "document_ref": "H-1", "assignment": 3, "batch": 1,
}  # fmt: skip


def lane(*, recording: bool = True) -> Lane:
    return Lane("North", 0, recording)


def told(call: Callable[[], object]) -> str:
    with pytest.raises(TypeError) as refused:
        call()
    return str(refused.value)


@pytest.mark.parametrize("recording", [True, False])
def test_a_new_record_with_an_unknown_column_is_refused(recording: bool) -> None:
    journal = lane(recording=recording)
    for _ in range(2):  # a refusal is not remembered as if it had been in order
        message = told(lambda: journal.create("harvest_event", 0.0, **EVENT, document_reff="H-2"))
        assert message == (
            "harvest_event: has no column 'document_reff' (did you mean 'document_ref'?)"
        )
    assert not journal.records


@pytest.mark.parametrize("recording", [True, False])
def test_a_new_record_without_what_it_needs_is_refused(recording: bool) -> None:
    journal = lane(recording=recording)
    del (partly := dict(EVENT))["batch"]
    for _ in range(2):
        assert told(lambda: journal.create("harvest_event", 0.0, **partly)) == (
            "harvest_event: lacks batch"
        )
    assert told(lambda: journal.create("harvest_event", 0.0, btch=1)) == (
        "harvest_event: has no column 'btch' (did you mean 'batch'?);"
        " lacks event_date, document_ref, assignment, batch"
    )
    assert not journal.records


def test_what_is_in_order_for_one_kind_is_not_for_another() -> None:
    journal = lane()
    journal.create("journal_tag", 0.0, entry=1, tag="gill")
    assert told(lambda: journal.create("harvest_waste", 0.0, entry=1, tag="gill")) == (
        "harvest_waste: has no column 'entry' (did you mean 'event'?); has no column 'tag';"
        " lacks category, weight_kg, event"
    )


def test_a_kind_that_is_not_there_is_refused() -> None:
    assert told(lambda: lane().create("harvest_evnt", 0.0, **EVENT)) == (
        "there is no kind of fact 'harvest_evnt' (did you mean 'harvest_event'?)"
    )


def test_columns_that_may_be_null_may_be_left_out_and_filled_later() -> None:
    journal = lane()
    event = journal.create("harvest_event", 0.0, **EVENT)
    journal.change(event, 1.0, dest_subsidiary="FARMING")
    (block,) = journal.cut(0, 2).entities
    assert block.columns["dest_subsidiary"].values == ("FARMING",)
    assert set(block.columns) == {*KINDS["harvest_event"].fields, "key"}


@pytest.mark.parametrize("recording", [True, False])
def test_a_change_of_an_unknown_column_is_refused(recording: bool) -> None:
    journal = lane(recording=recording)
    event = journal.create("harvest_event", 0.0, **EVENT)
    before = dict(event.values)
    for _ in range(2):
        assert told(lambda: journal.change(event, 1.0, documnt_ref="H-2")) == (
            "harvest_event: has no column 'documnt_ref' (did you mean 'document_ref'?)"
        )
    assert event.values == before


def test_nobody_but_the_journal_says_when_a_record_was_born() -> None:
    journal = lane()
    refused = "harvest_event: has no column 'created_at'"
    assert told(lambda: journal.create("harvest_event", 0.0, **EVENT, created_at=5)) == refused
    unread = lane(recording=False).create("harvest_event", 0.0, **EVENT)
    assert told(lambda: journal.change(unread, 1.0, created_at=5)) == refused


def test_only_a_lane_that_nobody_reads_has_records_without_columns() -> None:
    unread = lane(recording=False)
    assert [unread.keyed("feed_purchase").key for _ in range(3)] == [0, 1, 2]
    with pytest.raises(RuntimeError, match="a feed_purchase without columns in a lane"):
        lane().keyed("feed_purchase")


def test_rows_of_a_site_are_looked_at_one_by_one() -> None:
    area: dict[str, Value] = {
        "name": "A", "latitude": 62.0, "longitude": -7.0, "max_biomass": 1.0, "active": True,
        "geography": 0, "created_at": 0, "updated_at": 0,
    }  # fmt: skip
    assert rows_of("area", [area, {**area, "area_group": 0}]).rows == 2
    assert told(lambda: rows_of("area", [area, {**area, "colour": "red"}])) == (
        "area: has no column 'colour'"
    )
    del (unborn := dict(area))["updated_at"]
    assert told(lambda: rows_of("area", [area, unborn])) == "area: lacks updated_at"


def test_a_single_fact_has_a_value_for_each_column() -> None:
    journal = lane()
    journal.single("feed_draw", 1, 2, 3)
    assert told(lambda: journal.cut(0, 1)) == (
        "feed_draw: 3 values for 4 columns, assignment, day, purchase, kg"
    )


def test_a_block_with_an_unknown_column_is_refused() -> None:
    columns = {name: np.zeros(1, dtype=np.int64) for name in ("key", *KINDS["feed_draw"].fields)}
    mapping = mapping_of("feed_draw")
    assert mapping.rows(Block("feed_draw", 1, columns), 0, 1).rows == 1
    columns["gram"] = columns["kg"]
    with pytest.raises(ValueError, match="a block of feed_draw has no column 'gram'"):
        mapping.rows(Block("feed_draw", 1, columns), 0, 1)


def test_what_may_be_left_out_is_what_may_be_null_in_the_table() -> None:
    for mapping in mappings():
        nullable = {target.field for target in mapping.targets if target.nullable}
        assert mapping.kind.optional == nullable - {None}, mapping.kind.name


def test_stamps_are_never_left_to_who_tells() -> None:
    born = lane().create("harvest_event", 2.0, **EVENT)
    assert isinstance(born, Record)
    assert all(born.values[stamp] == 2 * 86_400_000_000 for stamp in STAMPS)
