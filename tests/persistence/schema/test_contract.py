"""The metadata against AquaMind's schema: the same tables, columns, keys, checks and choices."""

import pytest
from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from persistence.schema import FACT_TABLES, METADATA, SECONDARY_INDEXES, TABLES
from tests import aquamind
from tests.support.command_line import ROOT

# Every difference from AquaMind's schema, with its reason. What differs on SQLite alone stands with
# the tests that create the tables there.
EXTRA_TABLES = {
    "smoltflow_run": "the ledger: Smoltflow's own tables are few, and prefixed",
    "smoltflow_chunk": "the ledger's committed chunks",
    "smoltflow_block": "which ids are a run's",
    "smoltflow_key": "where the rows of master data are found",
    "smoltflow_wait": "waits for capacity and feed have no place in AquaMind",
    "smoltflow_feed_draw": "NOTES, Feed: the proof of FIFO and of cost",
    "smoltflow_wait_holder": "who held what a wait was for",
    "smoltflow_batch": "a batch's target weight stands in AquaMind's notes alone",
    "smoltflow_usage": "time-weighted usage has no place in AquaMind",
    "smoltflow_defect": "the truth about data that are dirty on request",
    "smoltflow_treatment": "what a treatment is against stands only in AquaMind's description",
    "smoltflow_journal_tag": "AquaMind's journal has no column for tags",
    "smoltflow_planned_activity": "AquaMind's activities do not refer to their templates",
}

LOADED_BARE = {
    "environmental_environmentalreading",
    "environmental_weatherdata",
    "batch_actualdailyassignmentstate",
    "batch_growthsample",
    "batch_individualgrowthobservation",
    "batch_mortalityevent",
    "inventory_feedingevent",
    "health_licecount",
    "health_individualfishobservation",
    "health_fishparameterscore",
    "scenario_scenarioprojection",
    "batch_liveforwardprojection",
    "smoltflow_feed_draw",
    "smoltflow_defect",
}

SOURCE = ROOT.parent / "shared" / "aquamind"


def aquaminds() -> dict[str, Table]:
    return {name: table for name, table in TABLES.items() if name not in EXTRA_TABLES}


def type_of(column: Column) -> str:
    compiled = column.type.compile(dialect=postgresql.dialect()).lower().replace(", ", ",")
    return {"timestamp with time zone": "timestamptz"}.get(compiled, compiled)


def reference_of(column: Column) -> str:
    return ", ".join(key.target_fullname for key in column.foreign_keys)


def filled(per_table: dict[str, list]) -> dict[str, list]:
    return {name: sorted(lines) for name, lines in per_table.items() if lines}


@pytest.mark.skipif(not SOURCE.is_dir(), reason="the originals are not beside this checkout")
@pytest.mark.parametrize("file", aquamind.FILES)
def test_copies_equal_the_originals(file: str) -> None:
    assert (aquamind.HERE / file).read_bytes() == (SOURCE / file).read_bytes()


def test_tables() -> None:
    assert set(TABLES) == set(METADATA.tables)
    assert set(TABLES) == set(aquamind.columns()) | set(EXTRA_TABLES)
    assert not set(aquamind.columns()) & set(EXTRA_TABLES)


def test_fact_tables() -> None:
    assert FACT_TABLES == LOADED_BARE


@pytest.mark.parametrize("name", sorted(aquamind.columns()))
def test_columns(name: str) -> None:
    ours = [
        aquamind.ColumnLine(
            column.name,
            type_of(column),
            bool(column.nullable),
            column.identity is not None,
            reference_of(column),
        )
        for column in TABLES[name].columns
    ]
    assert ours == aquamind.columns()[name]


def test_columns_have_no_defaults() -> None:
    for table in TABLES.values():
        for column in table.columns:
            # An identity column's server default is its Identity.
            assert column.default is None
            assert column.server_default is column.identity


def test_identities_take_given_ids() -> None:
    identities = [c.identity for t in TABLES.values() for c in t.columns if c.identity is not None]
    assert not any(identity.always for identity in identities)


def test_references_are_deferred() -> None:
    for table in TABLES.values():
        for constraint in table.foreign_key_constraints:
            assert constraint.deferrable
            assert constraint.initially == "DEFERRED"
            assert constraint.ondelete is None


def test_primary_keys() -> None:
    ours = {name: tuple(table.primary_key.columns.keys()) for name, table in aquaminds().items()}
    assert ours == {
        name: aquamind.inside(definition)
        for name, [definition] in aquamind.constraints("primary key").items()
    }


def test_uniques() -> None:
    ours = {
        name: [
            tuple(constraint.columns.keys())
            for constraint in table.constraints
            if isinstance(constraint, UniqueConstraint)
        ]
        for name, table in aquaminds().items()
    }
    theirs = aquamind.constraints("unique")
    assert filled(ours) == filled(
        {name: [aquamind.inside(line) for line in lines] for name, lines in theirs.items()}
    )


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_partial_uniques(dialect: str) -> None:
    ours: dict[str, list] = {}
    for name, table in aquaminds().items():
        for index in table.indexes:
            assert index.unique
            condition = str(index.dialect_options[dialect]["where"])
            ours.setdefault(name, []).append(
                (tuple(index.columns.keys()), aquamind.plain(condition))
            )
    theirs: dict[str, list] = {}
    for name, lines in aquamind.indexes().items():
        for line in lines:
            keys, _, condition = line.partition(" WHERE ")
            if condition:
                theirs.setdefault(name, []).append(
                    (aquamind.inside(keys), aquamind.plain(condition))
                )
    assert theirs
    assert filled(ours) == filled(theirs)


def test_checks() -> None:
    ours: dict[str, list] = {}
    for name, table in aquaminds().items():
        everywhere = {*table.constraints, *(k for c in table.columns for k in c.constraints)}
        ours[name] = [
            aquamind.plain(str(constraint.sqltext))
            for constraint in everywhere
            if isinstance(constraint, CheckConstraint)
        ]
    theirs = aquamind.constraints("check")
    assert filled(ours) == filled(
        {
            name: [aquamind.plain(line.removeprefix("CHECK ")) for line in lines]
            for name, lines in theirs.items()
        }
    )


def test_choices() -> None:
    ours = {
        f"{name}.{column.name}": list(column.info["choices"])
        for name, table in aquaminds().items()
        for column in table.columns
        if "choices" in column.info
    }
    assert ours == aquamind.choices()


def test_choices_fit_their_columns() -> None:
    for table in TABLES.values():
        for column in table.columns:
            for choice in column.info.get("choices", ()):
                assert len(choice) <= column.type.length


def test_secondary_indexes() -> None:
    theirs = {
        name: [
            line.removeprefix("USING btree (").removesuffix(")").replace('"', "")
            for line in lines
            if not line.startswith("UNIQUE")
        ]
        for name, lines in aquamind.indexes().items()
    }
    assert filled({name: list(lines) for name, lines in SECONDARY_INDEXES.items()}) == filled(
        theirs
    )


def test_names_fit_and_are_unique() -> None:
    # PostgreSQL keeps keys and indexes in one room with the tables, SQLite all indexes in one.
    rooms = list(TABLES)
    for table in TABLES.values():
        own = [str(c.name) for c in table.constraints]
        own += [str(k.name) for c in table.columns for k in c.constraints]
        assert len(own) == len(set(own))
        assert max(map(len, own)) <= 63  # PostgreSQL would cut the rest off
        rooms.append(str(table.primary_key.name))
        rooms += [str(c.name) for c in table.constraints if isinstance(c, UniqueConstraint)]
        rooms += [str(index.name) for index in table.indexes]
    assert len(rooms) == len(set(rooms))
    assert max(map(len, rooms)) <= 63


def test_a_table_stands_after_those_it_refers_to() -> None:
    place = {name: number for number, name in enumerate(TABLES)}
    back = {
        f"{table.name}.{column.name}"
        for table in TABLES.values()
        for column in table.columns
        for key in column.foreign_keys
        if place[key.column.table.name] > place[table.name]
    }
    # One reference of each of the two circles that NOTES names has to point ahead.
    assert back == {
        "batch_batch.pinned_projection_run_id",
        "planning_plannedactivity.transfer_workflow_id",
    }
