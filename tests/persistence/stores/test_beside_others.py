"""Others insert beside a run while it loads, between and after: each keeps what is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import psycopg
import pytest

from persistence.blocks import IdBlocks
from persistence.checks.engine.session import Session
from persistence.checks.rules import ownership
from persistence.ledger import id_blocks
from persistence.recompute import recompute
from persistence.schema import TABLES
from persistence.stores import (
    Conflict,
    Intended,
    OtherWriterError,
    StoreError,
    TakenError,
    open_store,
    postgresql_reserving,
)
from persistence.stores.errors import ForeignRowsError
from sim.facts import Block
from tests.support.store_databases import SPEC, Databases, load, prepare, query, scalar
from tests.support.synthetic_farm import FROM_DAY, GEOGRAPHIES, chunk, facts

FEEDING, DEATH = "inventory_feedingevent", "batch_mortalityevent"
PURCHASE, BATCH = "inventory_feedpurchase", "batch_batch"
READING = "environmental_environmentalreading"


def insert(url: str, table: str, **values: str) -> int:
    """Insert as an application does, without an id: the first row again, but for some values."""
    own = next(column.name for column in TABLES[table].columns if column.identity is not None)
    columns = [column.name for column in TABLES[table].columns]
    names = [name for name in columns if name != own or name in values]
    listed = ", ".join(f'"{name}"' for name in names)
    taken = ", ".join(values.get(name, f'"{name}"') for name in names)
    one = f"(SELECT min({own}) FROM {table})"
    query(url, f"INSERT INTO {table} ({listed}) SELECT {taken} FROM {table} WHERE {own} = {one}")
    return int(scalar(url, f"SELECT max({own}) FROM {table}"))


def blocks(url: str, run_id: int = 1) -> dict[str, IdBlocks]:
    with open_store(url) as store, store._transaction() as connection:  # type: ignore[attr-defined]
        return id_blocks(connection, run_id)


def behind(url: str) -> dict[str, int]:
    """The tables whose sequence will give an id that is there."""
    found = {}
    for table, column, sequence in query(
        url,
        "SELECT c.relname, a.attname, CAST(d.objid AS regclass)::text FROM pg_depend d"
        " JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
        " JOIN pg_class c ON c.oid = d.refobjid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid",
    ):
        highest = scalar(url, f'SELECT coalesce(max("{column}"), 0) FROM "{table}"')
        stands = scalar(url, f"SELECT last_value - (NOT is_called)::int FROM {sequence}")
        if stands < highest:
            found[table] = highest
    return found


def test_an_append_goes_on_behind_what_others_inserted(databases: Databases) -> None:
    url = databases()
    load(url, months=(0,))
    theirs = {table: insert(url, table) for table in (FEEDING, DEATH, PURCHASE)}
    insert(url, "auth_user", username="'somebody'")
    digests = []
    for month in (1, 2):
        with open_store(url) as store:
            prepare(store)
            for lane in (0, 1):
                for earlier in range(month):
                    store.replay(chunk(lane, earlier))
                store.commit(chunk(lane, month))
            digests.append(store.digests())
        assert recompute([url]) == digests[-1]
    for table, mine in blocks(url).items():
        assert mine.whole
        assert table not in theirs or not mine.own(np.array([theirs[table]]))[0]
    assert len(blocks(url)[FEEDING].blocks) == 2
    assert len(blocks(url)["batch_growthsample"].blocks) == 1, "nobody came in between"

    before = scalar(url, f"SELECT count(*) FROM {FEEDING}")
    with open_store(url) as store:
        found = {rows.table: rows for rows in store.foreign()}
        assert (found[FEEDING].rows, found[FEEDING].first) == (1, (str(theirs[FEEDING]),))
        with pytest.raises(ForeignRowsError, match=rf"{FEEDING}: 1 \(id {theirs[FEEDING]}\)"):
            store.wipe(SPEC.identity)
    assert scalar(url, f"SELECT count(*) FROM {FEEDING}") == before
    with open_store(url) as store:
        store.wipe(SPEC.identity, with_foreign=True)
        assert store.foreign() == []
    assert scalar(url, f"SELECT count(*) FROM {FEEDING}") == 0
    assert query(url, f"SELECT id FROM {PURCHASE}") == [(theirs[PURCHASE],)], "it refers to no row"
    assert scalar(url, "SELECT count(*) FROM auth_user WHERE username = 'somebody'") == 1


def test_what_refers_to_rows_of_others_goes_with_them(databases: Databases) -> None:
    url = databases()
    load(url, lanes=(0,), months=(0,))
    event = insert(url, "health_healthsamplingevent")
    fish = insert(url, "health_individualfishobservation", sampling_event_id=str(event))
    with open_store(url) as store:
        assert [(rows.table, rows.first) for rows in store.foreign()] == [
            ("health_healthsamplingevent", (str(event),)),
            ("health_individualfishobservation", (str(fish),)),
        ]
        store.wipe(SPEC.identity, with_foreign=True)
    assert scalar(url, "SELECT count(*) FROM health_individualfishobservation") == 0


def test_what_a_failed_chunk_reserved_is_used_by_the_next(databases: Databases) -> None:
    url = databases()
    load(url, lanes=(0,), months=(0,))

    def broken() -> Iterator[Block]:
        yield from facts(0, 1)
        raise RuntimeError("the model failed")

    with open_store(url) as store:
        prepare(store, lanes=(0,))
        store.replay(chunk(0, 0))
        with pytest.raises(RuntimeError, match="the model failed"):
            store.commit(replace(chunk(0, 1), facts=broken()))
        store.commit(chunk(0, 1))
        digests = store.digests()
    assert recompute([url]) == digests
    assert all(len(mine.blocks) == 1 for mine in blocks(url).values())


def test_a_row_in_the_place_of_one_of_the_run_s_is_told(databases: Databases) -> None:
    url = databases()
    load(url, lanes=(0,), months=(0,))
    insert(url, BATCH, batch_number="'S-batch 1'")
    with open_store(url) as store:
        prepare(store)
        with pytest.raises(TakenError, match=r"somebody else has a row .* --resume continues"):
            store.commit(chunk(1, 0))


def test_conflicts_are_found_before_anything_is_written(databases: Databases) -> None:
    url = databases()
    intended = Intended(
        identity=SPEC.identity,
        geographies=GEOGRAPHIES,
        numbers={"batch_batch.batch_number": ["F-batch 0", "S-batch 7"]},
        from_day=FROM_DAY,
        until=FROM_DAY + 84,
        places=[],
        clocks=["08:00:00"],
    )
    with open_store(url) as store:
        assert store.conflicts(intended) == [], "there is no table yet"
    load(url)
    sensor, place, name, area, site, geography = query(
        url,
        "SELECT s.id, c.id, c.name, a.id, a.name, g.name FROM infrastructure_sensor s"
        " JOIN infrastructure_container c ON c.id = s.container_id"
        " JOIN infrastructure_area a ON a.id = c.area_id"
        " JOIN infrastructure_geography g ON g.id = a.geography_id ORDER BY s.id",
    )[0]
    intended = replace(intended, places=[(geography, site, name)])
    with open_store(url) as store:
        assert store.conflicts(intended) == [], "all is the run's"
    insert(url, BATCH, batch_number="'S-batch 7'")
    insert(
        url,
        "batch_batchcontainerassignment",
        container_id=str(place),
        is_active="true",
        departure_date="NULL",
        batch_id="(SELECT max(id) FROM batch_batch)",
    )
    zone = "+00" if databases.kind == "postgresql" else ""
    for hour in ("08:00:00", "09:17:00"):
        insert(
            url,
            READING,
            reading_time=f"'2022-04-01 {hour}{zone}'",
            sensor_id=str(sensor),
            id=f"9{hour[:2]}0000",
        )
        insert(
            url,
            "environmental_weatherdata",
            timestamp=f"'2022-04-01 {hour}{zone}'",
            area_id=str(area),
            id=f"9{hour[:2]}0000",
        )
    insert(url, "batch_actualdailyassignmentstate", date="'2022-04-01'", id="900000")
    with open_store(url) as store:
        found = store.conflicts(intended)
    kinds = ["number", "state", "container", "reading", "weather"]
    assert [conflict.kind for conflict in found] == kinds
    assert [conflict.shown for conflict in found if conflict.kind in ("state", "weather")] == [
        "1 from 2022-04-01 on",
        f"{site}, 1 rows of environmental_weatherdata",
    ]
    assert found[0] == Conflict("number", "S-batch 7")
    assert found[2].shown.startswith(f"{name} (batch S-batch 7, since 20")
    assert "at 2022-04-01 08:00:00" in found[3].shown
    assert "more" not in found[3].shown, "readings at other times are in nobody's way"


def test_rows_that_no_run_wrote_are_named_and_in_a_live_database_counted(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "_make_run_tables", lambda _: None)
    monkeypatch.setattr("persistence.checks.engine.session.read_knobs", lambda _: None)
    monkeypatch.setattr("persistence.checks.engine.session._constants", lambda *_: {})
    url = databases()
    load(url)

    def looked() -> list[tuple[str, int, tuple[str, ...], str]]:
        session = Session(url)
        try:
            return [(one.name, one.bad, one.rows, one.noun) for one in ownership.look(session)]
        finally:
            session.close()

    assert [(bad, rows) for _, bad, rows, _ in looked()] == [(0, ()), (0, ())]
    theirs = insert(url, DEATH)
    insert(url, "auth_user", username="'somebody'")
    query(url, "DELETE FROM smoltflow_wait WHERE id = 3")
    query(url, "UPDATE smoltflow_chunk SET rows = rows + 1 WHERE geography = 'Scotland'")
    owned, counted = looked()
    assert owned[1] == 2
    assert f"{DEATH}: 1 row that no run wrote, id {theirs}" in owned[2]
    assert counted[1] == 3
    assert any(row.startswith("smoltflow_wait: 11 rows") for row in counted[2])
    if databases.kind == "postgresql":
        query(url, "CREATE TABLE django_migrations (id int)")
        owned, _ = looked()
        assert owned[1:] == (0, (), "rows, beside 2 of others")
        session = Session(url)
        assert session.row(f"SELECT max(id) FROM {DEATH}")[0] < theirs, "no promise is about it"
        session.close()


# PostgreSQL alone: an SQLite file has one writer, and nobody comes in while it is open


def test_others_insert_while_a_chunk_is_written(pg_database: str) -> None:
    load(pg_database, lanes=(0,), months=(0,))
    ids = []

    def disturbed() -> Iterator[Block]:
        for block in facts(0, 1):
            ids.append(insert(pg_database, FEEDING))
            yield block
        assert behind(pg_database) == {}

    with open_store(pg_database) as store:
        prepare(store, lanes=(0,))
        store.replay(chunk(0, 0))
        with pytest.raises(RuntimeError):
            store.commit(replace(chunk(0, 1), facts=_then_fail(disturbed())))
        assert behind(pg_database) == {}, "after a load that failed"
        store.commit(replace(chunk(0, 1), facts=disturbed()))
        digests = store.digests()
        store.finish()
    assert recompute([pg_database]) == digests
    assert not blocks(pg_database)[FEEDING].own(np.array([max(ids)]))[0]
    assert len(set(ids)) == len(ids)
    assert behind(pg_database) == {}
    with open_store(pg_database) as store:
        store.wipe(SPEC.identity, with_foreign=True)
    assert behind(pg_database) == {}, "after a wipe"


def _then_fail(blocks: Iterator[Block]) -> Iterator[Block]:
    yield from blocks
    raise RuntimeError


def test_a_sequence_that_somebody_keeps_is_told(
    pg_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_reserving, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(postgresql_reserving, "_LOCK_MS", 20)
    with open_store(pg_database) as store:
        prepare(store, lanes=(0,))
        with psycopg.connect(pg_database) as other:
            other.execute(f"SELECT nextval(pg_get_serial_sequence('{FEEDING}', 'id'))")
            pid = other.info.backend_pid
            told = rf"no ids of {FEEDING} can be had: the transaction of .*process {pid}"
            with pytest.raises(OtherWriterError, match=told):
                store.commit(chunk(0, 0))
        store.commit(chunk(0, 0))
        assert recompute([pg_database]) == store.digests()


def test_a_run_whose_blocks_are_gone_is_not_wiped(databases: Databases) -> None:
    url = databases()
    load(url, lanes=(0,), months=(0,))
    query(url, f"DELETE FROM smoltflow_block WHERE table_name = '{FEEDING}'")
    with open_store(url) as store:
        (lost,) = store.missing(SPEC.identity)
        assert (lost.what, lost.wipeable) == ("smoltflow_block", False)
        with pytest.raises(StoreError, match=f"does not say which rows of {FEEDING}"):
            store.wipe(SPEC.identity)
