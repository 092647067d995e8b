"""The contract of the stores: the same tests over every registered one."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from persistence.digest import Digest, run_digest
from persistence.mapping import mappings
from persistence.recompute import merge_shards, recompute
from persistence.schema import TABLES
from persistence.stores import (
    STORES,
    AlreadyCommittedError,
    ReplayDiffersError,
    StoreError,
    open_store,
)
from persistence.stores import postgresql as postgresql_store
from persistence.stores import sqlite as sqlite_store
from persistence.stores.wiping import KEPT
from sim.facts import Block, Chunk
from tests.support.store_databases import (
    KINDS_OF_STORES,
    SPEC,
    Databases,
    load,
    prepare,
    query,
    scalar,
    shard,
)
from tests.support.synthetic_farm import (
    ENTITY_ROWS,
    FACT_ROWS,
    FROM_DAY,
    GEOGRAPHIES,
    block,
    calibrated,
    chunk,
    count,
    entities,
    facts,
    master_blocks,
    site_blocks,
)

READINGS = "environmental_environmentalreading"
GROWTH_MODELS, PROFILES = "scenario_tgcmodel", "scenario_temperatureprofile"


def test_every_store_is_tested() -> None:
    assert set(STORES.values()) == {f"persistence.stores.{kind}" for kind in KINDS_OF_STORES}


def test_a_run_recomputes(databases: Databases) -> None:
    url = databases()
    digests = load(url)
    assert recompute([url]) == digests
    assert digests[READINGS].rows == 4 * FACT_ROWS
    assert digests["batch_batch"].rows == 2 * count("batch")
    assert digests["batch_species"].rows == 1
    aquamind_s = {table: digests[table] for table in digests if not table.startswith("smoltflow_")}
    assert len(aquamind_s) < len(digests)
    assert run_digest(aquamind_s) == run_digest(digests), "what is told beside it changes no digest"
    assert scalar(url, "SELECT count(*) FROM smoltflow_feed_draw") == 4 * FACT_ROWS
    assert scalar(url, "SELECT count(*) FROM smoltflow_wait") == 2 * ENTITY_ROWS


def test_recomputing_notices_any_changed_value(databases: Databases) -> None:
    url = databases()
    digests = load(url, lanes=(0,), months=(0,))
    for table, change in (
        (READINGS, "value = value + 0.0001"),
        (READINGS, "notes = 'x'"),
        ("inventory_feedingevent", "method = 'MANUAL'"),
        ("infrastructure_hall", "area_sqm = NULL"),
        ("batch_batch", "notes = '!'"),
    ):
        query(url, f"UPDATE {table} SET {change} WHERE id = (SELECT min(id) FROM {table})")
        again = recompute([url])
        assert again[table] != digests[table], (table, change)
        assert again[table].rows == digests[table].rows
        digests = again
    query(url, f"DELETE FROM {READINGS} WHERE id = 1")
    assert recompute([url])[READINGS].rows == FACT_ROWS - 1


def test_the_same_everywhere_and_in_any_pieces(databases: Databases, tmp_path: Path) -> None:
    reference = load(f"sqlite:///{tmp_path}/reference.db")
    one = databases()
    assert load(one, lanes=(1, 0), pieces=7) == reference
    shards = [databases(), databases()]
    for lane, url in enumerate(shards):
        load(url, lanes=(lane,), pieces=2, spec=shard(lane))
    assert recompute(shards) == recompute([one]) == reference
    for table in (READINGS, "batch_batch", "inventory_feedingevent", "infrastructure_sensor"):
        select = f"SELECT * FROM {table} ORDER BY id"
        union = sorted([*query(shards[0], select), *query(shards[1], select)])
        assert union == query(one, select), "the union of the shards is the one database"
    for table in ("batch_species", "infrastructure_geography", "auth_user"):
        select = f"SELECT * FROM {table} ORDER BY id"
        assert query(shards[0], select) == query(shards[1], select) == query(one, select)


def test_two_processes_may_share_the_recomputing(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases()
    digests = load(url, lanes=(0,), months=(0,))
    monkeypatch.setattr("persistence.recompute._INLINE_ROWS", 0)
    monkeypatch.setattr("persistence.recompute._PART_ROWS", 100)
    told: list[tuple[str, int, int]] = []
    assert recompute([url], 2, lambda *step: told.append(step)) == digests
    assert told[-1][1] == told[-1][2] == len(told) > 30


def test_values_arrive_as_people_expect_them(databases: Databases) -> None:
    url = databases()
    reading = Block(
        "reading",
        1,
        {
            "key": block("reading", 0, 0, 1).columns["key"],
            "value": 81_500,
            "reading_time": 1_700_000_000_000_000,
            "created_at": 1_700_000_000_000_000,
            "batch": 1,
            "container": 2,
            "parameter": 3,
            "sensor": 4,
            "batch_container_assignment": 5,
        },
    )
    with open_store(url) as store:
        prepare(store)
        store.commit(Chunk(GEOGRAPHIES[1], 1, FROM_DAY, FROM_DAY + 1, [reading], entities(1, 0)))
    stamp = "reading_time" if databases.kind == "sqlite" else "reading_time AT TIME ZONE 'UTC'"
    columns = f"id, value, CAST({stamp} AS text), notes, recorded_by_id, batch_id, container_id"
    rest = "parameter_id, sensor_id, batch_container_assignment_id"
    (row,) = query(url, f"SELECT {columns}, {rest} FROM {READINGS}")
    # Two geographies, this one the second: id = 1 + 2 k + 1; master data: 1 + k.
    assert row == (2, row[1], "2023-11-14 22:13:20", "", None, 4, 6, 4, 10, 12)
    assert float(row[1]) == 8.15
    assert scalar(url, f"SELECT is_manual FROM {READINGS}") in (0, False)
    assert scalar(url, "SELECT password FROM auth_user").startswith("!")


def test_bootstrap_is_idempotent(databases: Databases) -> None:
    url = databases()
    with open_store(url) as store:
        prepare(store)
        first = store.digests()
        blocks = [*master_blocks(), *site_blocks(0)]
        assert store.bootstrap(0, blocks) == store.bootstrap(0, list(reversed(blocks)))
        assert store.digests() == first
    with open_store(url) as store:
        prepare(store)
        assert store.digests() == first
    assert scalar(url, "SELECT count(*) FROM infrastructure_sensor") == 2 * count("sensor")
    assert scalar(url, "SELECT count(*) FROM batch_species") == 1


def test_bootstrap_uses_what_it_finds(databases: Databases) -> None:
    url = databases()
    with open_store(url) as store:
        store.create_tables()
    stamps = "'2020-01-01 00:00:00', '2020-01-01 00:00:00'"
    query(
        url,
        "INSERT INTO batch_species (id, name, scientific_name, description, created_at, updated_at)"
        f" VALUES (41, 'species 0', 'Salmo salar', 'theirs', {stamps})",
    )
    query(
        url,
        "INSERT INTO infrastructure_geography (id, name, description, created_at, updated_at)"
        f" VALUES (70, 'geography 1', 'theirs', {stamps}), (71, 'elsewhere', '', {stamps})",
    )
    query(
        url,
        "INSERT INTO infrastructure_freshwaterstation (id, name, station_type, latitude, longitude,"
        " description, active, created_at, updated_at, geography_id) VALUES"
        f" (9, 'S-station 0', 'FRESHWATER', 1, 2, 'theirs', true, {stamps}, 70),"
        f" (8, 'F-station 0', 'FRESHWATER', 1, 2, 'elsewhere', true, {stamps}, 71)",
    )
    digests = load(url, months=(0,))
    assert recompute([url]) == digests
    # Found by name, used as they are; new rows come after the highest id.
    species = query(url, "SELECT id, description FROM batch_species")
    assert species == [(41, "theirs")]
    stations = dict(query(url, "SELECT id, name FROM infrastructure_freshwaterstation"))
    assert stations == {
        8: "F-station 0",  # of another geography: not ours
        9: "S-station 0",
        10: "F-station 0",
        12: "F-station 1",
        13: "S-station 1",
    }
    assert scalar(url, "SELECT count(*) FROM batch_batch WHERE species_id <> 41") == 0
    used = "SELECT DISTINCT freshwater_station_id FROM infrastructure_hall ORDER BY 1"
    assert query(url, used) == [(9,), (10,), (12,), (13,)]


def test_states_are_updated(databases: Databases) -> None:
    url = databases()
    ends = "SELECT id, actual_end_date FROM batch_batch ORDER BY id"
    load(url, lanes=(0,), months=(0,))
    assert [row[1] for row in query(url, ends)] == [None] * count("batch")
    with open_store(url) as store:
        prepare(store, lanes=(0,))
        store.replay(chunk(0, 0))
        store.commit(chunk(0, 1))
        digests = store.digests()
    ended = query(url, ends)
    assert len(ended) == count("batch")
    assert all(row[1] is not None for row in ended)
    assert recompute([url]) == digests


def test_a_chunk_is_committed_once(databases: Databases) -> None:
    url = databases()
    digests = load(url)
    with open_store(url) as store:
        prepare(store)
        for days in ((0, 28), (27, 57), (57, 60)):
            first, last = (FROM_DAY + day for day in days)
            again = Chunk(GEOGRAPHIES[0], 0, first, last, facts(0, 5), entities(0, 5))
            with pytest.raises(AlreadyCommittedError, match=f"until day {FROM_DAY + 56}"):
                store.commit(again)
        spans = store.chunks(GEOGRAPHIES[0])
    assert [(span.from_day - FROM_DAY, span.to_day - FROM_DAY) for span in spans] == [
        (0, 28),
        (28, 56),
    ]
    assert recompute([url]) == digests


def test_nothing_is_left_of_a_chunk_that_fails(databases: Databases) -> None:
    url = databases()

    def broken() -> Iterator[Block]:
        yield from facts(0, 1)
        raise RuntimeError("the model failed")

    with open_store(url) as store:
        prepare(store)
        store.commit(chunk(0, 0))
        before = store.digests()
        whole = chunk(0, 1)
        with pytest.raises(RuntimeError, match="the model failed"):
            store.commit(replace(whole, facts=broken()))
        assert store.digests() == before
        assert len(store.chunks(GEOGRAPHIES[0])) == 1
        store.commit(chunk(0, 1))
        after = store.digests()
    assert recompute([url]) == after


def test_replay(databases: Databases) -> None:
    url = databases()
    digests = load(url)
    with open_store(url) as store:
        prepare(store)
        for month in (0, 1):
            for lane in (0, 1):
                span = store.replay(chunk(lane, month, pieces=3))
                assert span == store.chunks(GEOGRAPHIES[lane])[month]
        assert store.digests() == digests
        with pytest.raises(ReplayDiffersError, match="not in the ledger"):
            store.replay(chunk(0, 2))
    with open_store(url) as store:
        prepare(store)

        def unread() -> Iterator[Block]:
            raise AssertionError("the facts need not be expanded")
            yield

        for month in (0, 1):
            for lane in (0, 1):
                store.replay(replace(chunk(lane, month), facts=unread()), facts=False)
        assert store.digests() == digests
    assert recompute([url]) == digests, "a replay writes nothing"


def test_a_replay_that_differs_is_refused(databases: Databases) -> None:
    url = databases()
    load(url, lanes=(0,))
    right = chunk(0, 0)
    with open_store(url) as store:
        prepare(store, lanes=(0,))
        fewer = replace(right, facts=[part for part in facts(0, 0) if part.kind != "feeding"])
        with pytest.raises(ReplayDiffersError, match="inventory_feedingevent"):
            store.replay(fewer)
        with pytest.raises(ReplayDiffersError, match="batch_batch"):
            store.replay(replace(chunk(0, 0), entities=entities(0, 1)), facts=False)
        with pytest.raises(ReplayDiffersError, match="its length"):
            store.replay(replace(chunk(0, 0), to_day=FROM_DAY + 29))


def test_a_wipe_keeps_master_data_infrastructure_and_models(databases: Databases) -> None:
    url = databases()
    digests = load(url)
    before = model_ids(url)
    with open_store(url) as store:
        prepare(store)
        store.finish()
        counted = store.count_wipe()
        store.wipe(SPEC.identity)
        assert store.runs() == []
    for mapping in mappings():
        rows = scalar(url, f"SELECT count(*) FROM {mapping.table}")
        kept = mapping.kind.role in ("master", "site") or mapping.kind.name in KEPT
        if mapping.digested:
            assert rows == (digests[mapping.table].rows if kept else 0), mapping.table
            assert counted.get(mapping.table, 0) == digests[mapping.table].rows - rows
    assert counted["smoltflow_feed_draw"] == 4 * FACT_ROWS
    assert scalar(url, "SELECT count(*) FROM smoltflow_chunk") == 0
    again = load(url)
    assert again == digests == recompute([url])
    assert model_ids(url) == before, "they are taken up by their names"
    with open_store(url) as store:
        prepare(store)
        store.finish()


def model_ids(url: str) -> list[list[tuple[int, str]]]:
    return [
        query(url, f"SELECT {key}, name FROM {table} ORDER BY 1")
        for key, table in (("model_id", GROWTH_MODELS), ("profile_id", PROFILES))
    ]


def test_models_that_are_taken_up_are_those_of_the_run(databases: Databases) -> None:
    url = databases()
    load(url, lanes=(0,), months=(0,))
    query(url, f"UPDATE {GROWTH_MODELS} SET location = 'elsewhere'")
    query(url, f"UPDATE {PROFILES} SET name = 'Of mine' WHERE profile_id = 1")
    with open_store(url) as store:
        store.wipe(SPEC.identity)
    digests = load(url, lanes=(1, 0), months=(0,))
    assert recompute([url]) == digests
    assert digests == load(databases(), lanes=(0, 1), months=(0,))
    assert ("Of mine",) in query(url, f"SELECT name FROM {PROFILES}")
    with open_store(url) as store:  # continued by another process
        prepare(store)
        for lane in (0, 1):
            store.replay(chunk(lane, 0))
            store.commit(chunk(lane, 1))
        digests = store.digests()
        store.finish()
    assert recompute([url]) == digests
    assert digests == load(databases())
    referred = f"SELECT count(*) FROM {GROWTH_MODELS} JOIN {PROFILES} USING (profile_id)"
    assert scalar(url, referred) == 2 * ENTITY_ROWS


def test_what_is_put_among_models_that_were_taken_up_is_somebody_else_s(
    databases: Databases,
) -> None:
    url = databases()
    load(url)
    with open_store(url) as store:
        store.wipe(SPEC.identity)
    digests = load(url)
    stamps = "'2030-01-01 00:00:00', '2030-01-01 00:00:00'"
    last = scalar(url, f"SELECT max(profile_id) FROM {PROFILES}")
    query(url, f"INSERT INTO {PROFILES} VALUES ({last + 1}, 'Of mine', {stamps})")
    assert recompute([url]) == digests
    with open_store(url) as store:
        store.wipe(SPEC.identity)
        store.wipe_models()
    assert query(url, f"SELECT name FROM {PROFILES}") == [("Of mine",)]


def test_models_go_on_request_but_for_those_that_others_use(databases: Databases) -> None:
    url = databases()
    load(url)
    columns = [column.name for column in TABLES["scenario"].columns]
    own = {"scenario_id": "1000000", "name": "'Of mine'", "batch_id": "NULL"}
    values = ", ".join(own.get(name, name) for name in columns)
    one = "(SELECT min(scenario_id) FROM scenario)"
    query(url, f"INSERT INTO scenario SELECT {values} FROM scenario WHERE scenario_id = {one}")
    with open_store(url) as store:
        counted = store.count_wipe(models=True)
        store.wipe(SPEC.identity)
        store.wipe_models()
        assert store.count_wipe(models=True) == {}
    for table in (GROWTH_MODELS, PROFILES, "scenario_fcrmodel"):
        assert scalar(url, f"SELECT count(*) FROM {table}") == 1
        assert counted[table] == 2 * ENTITY_ROWS - 1
    for table in ("scenario_tgc_model_stage", "scenario_fcrmodelstage"):
        assert scalar(url, f"SELECT count(*) FROM {table}") == 1
    digests = load(url)
    assert recompute([url]) == digests


def test_what_a_wiped_run_made_is_brought_up_to_date(databases: Databases) -> None:
    url = databases()
    load(url, lanes=(0,), months=(0,))
    for _ in range(2):
        with open_store(url) as store:
            prepare(store, lanes=(0,))
            store.wipe(SPEC.identity)
            store.start(SPEC)
            changed = [
                replace(part, columns={**part.columns, "description": "another scenario"})
                if part.kind == "hall"
                else part
                for part in site_blocks(0)
            ]
            store.bootstrap(0, [*master_blocks(), *changed])
            store.commit(chunk(0, 0))
            digests = store.digests()
        assert recompute([url]) == digests
        halls = query(url, "SELECT DISTINCT description FROM infrastructure_hall")
        assert halls == [("another scenario",)]


def test_a_chunk_changes_the_sensors_that_its_run_made_and_no_others(databases: Databases) -> None:
    url = databases()
    first = load(url, lanes=(0,), months=(0,))
    dates = "SELECT id, last_calibration_date FROM infrastructure_sensor ORDER BY id"
    before = query(url, dates)
    other = replace(SPEC, identity="b" * 64)
    with open_store(url) as store:
        prepare(store, lanes=(0,), spec=other)
        states = replace(chunk(0, 3), from_day=FROM_DAY, facts=[], entities=[calibrated(0, 3)])
        store.commit(states)
        second = store.digests()
    assert query(url, dates) == before, "they are the first run's"
    assert recompute([url], identity=SPEC.identity) == first
    assert recompute([url], identity=other.identity) == second
    with open_store(url) as store:
        prepare(store, lanes=(0,), spec=other)
        store.replay(states)
        assert store.digests() == second
    with open_store(url) as store:
        prepare(store, lanes=(0,))
        store.replay(chunk(0, 0))
        store.commit(chunk(0, 1))
        digests = store.digests()
    assert query(url, dates) != before
    assert recompute([url], identity=SPEC.identity) == digests


def test_two_runs_share_a_database(databases: Databases) -> None:
    url = databases()
    first = load(url, lanes=(0,))
    other = replace(SPEC, identity="b" * 64)
    second = load(url, lanes=(1,), spec=other)
    assert recompute([url], identity=SPEC.identity) == first
    assert recompute([url], identity=other.identity) == second == recompute([url])
    with open_store(url) as store:
        store.lock([])
        store.wipe(SPEC.identity)
        assert [run.spec.identity for run in store.runs()] == [other.identity]
    assert recompute([url]) == second
    with pytest.raises(StoreError, match="no such run"):
        recompute([url], identity=SPEC.identity)


def test_rows_that_the_application_adds_do_not_count(databases: Databases) -> None:
    url = databases()
    digests = load(url, lanes=(0,))
    with open_store(url) as store:
        prepare(store, lanes=(0,))
        store.finish()
    stamps = "'2030-01-01 00:00:00', '2030-01-01 00:00:00'"
    query(
        url,
        "INSERT INTO inventory_feedpurchase (purchase_date, quantity_kg, cost_per_kg, supplier,"
        f" batch_number, notes, created_at, updated_at, feed_id)"
        f" VALUES ('2030-01-01', 1, 1, '', '', '', {stamps}, 1)",
    )
    rows = scalar(url, "SELECT count(*) FROM inventory_feedpurchase")
    assert rows == 1 + count("feed_purchase")
    assert recompute([url]) == digests


def test_finish_can_be_repeated_and_undone(databases: Databases) -> None:
    url = databases()
    load(url)
    told: list[tuple[str, int, int]] = []
    with open_store(url) as store:
        prepare(store)
        store.finish(progress=lambda *step: told.append(step))
        store.finish()
        store.reopen()
        store.commit(chunk(0, 2))
        store.finish()
    assert told[-1][1] == told[-1][2]
    assert told[-1][0] == "done"
    with pytest.raises(Exception, match=r"(?i)unique"):
        query(url, f"INSERT INTO {READINGS} SELECT * FROM {READINGS} WHERE id = 1")


def test_ledger(databases: Databases) -> None:
    url = databases()
    with open_store(url) as store:
        assert store.runs() == []
        prepare(store)
        (run,) = store.runs()
        assert run.spec == SPEC
        assert (run.status, run.manifest) == ("running", None)
        assert store.start(SPEC) == run
        span = store.commit(chunk(1, 0))
        assert store.chunks(GEOGRAPHIES[1]) == [span]
        assert store.chunks(GEOGRAPHIES[0]) == []
        assert span.rows > 7 * FACT_ROWS
        assert span.facts[READINGS].rows == FACT_ROWS
        assert span.last[READINGS] == 2 * (FACT_ROWS - 1) + 1
        store.set_status("interrupted")
        assert store.runs()[0].status == "interrupted"
        manifest = json.dumps({"run digest": run_digest(store.digests())})
        store.set_status("finished", FROM_DAY + 99, manifest)
        (run,) = store.runs()
        assert (run.status, run.manifest) == ("finished", manifest)
        assert run.spec.simulated_until == FROM_DAY + 99
        assert run.spec.simulated_from == FROM_DAY


def test_one_writer_per_geography(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    url = databases()
    monkeypatch.setattr(sqlite_store, "WAIT_SECONDS", 0.3)
    monkeypatch.setattr(postgresql_store, "WAIT_SECONDS", 0.3)
    with open_store(url) as first:
        prepare(first, lanes=(0,))
        with pytest.raises(StoreError, match="another process is writing"), open_store(url) as two:
            two.lock([GEOGRAPHIES[0]])
        with pytest.raises(RuntimeError, match="comes first"):
            first.commit(chunk(1, 0))
        if databases.kind == "postgresql":
            with open_store(url) as other:
                prepare(other, lanes=(1,))
                other.commit(chunk(1, 0))
                first.commit(chunk(0, 0))
                digests = merge_shards([first.digests(), other.digests()])
            assert recompute([url]) == digests
    with open_store(url) as later:
        later.lock([GEOGRAPHIES[0]])


def test_master_data_counts_once() -> None:
    digests = {"batch_species": Digest(1, 11), "batch_batch": Digest(1, 12)}
    both = merge_shards([digests, digests])
    assert both == {"batch_species": Digest(1, 11), "batch_batch": Digest(2, 24)}
    with pytest.raises(StoreError, match="batch_species is not the same"):
        merge_shards([digests, {**digests, "batch_species": Digest(1, 13)}])
