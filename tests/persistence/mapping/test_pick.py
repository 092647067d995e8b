"""Columns that hold the key of one kind or of another: into the database and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from persistence.blocks import IdBlock, IdBlocks
from persistence.digest import text_hash
from persistence.keys import Keys
from persistence.mapping import Mapping, Pick, declared, mapping_of, rule
from persistence.readback import RowBatch, canonical
from persistence.recompute import recompute
from sim.facts import KINDS, NULL, Block, Kind, Text
from tests.support.store_databases import SPEC, Databases, load, query
from tests.support.synthetic_farm import block, count

SITE, TRANSACTION = KINDS["finance_site"], KINDS["transaction"]
SITES, BILLS = "finance_dimsite", "finance_intercompanytransaction"
STATION, AREA = "infrastructure_freshwaterstation", "infrastructure_area"
LANES = 2


def sites(models: Text | str | None, keys: np.ndarray | int, rows: int) -> Block:
    columns = {"source_model": models, "source_pk": keys, "site_name": "x", "company": 0}
    return Block("finance_site", rows, {"key": np.arange(rows), **columns})


def bills(content_type: np.ndarray | int, objects: np.ndarray) -> Block:
    whole = block("transaction", 1, 0, len(objects))
    return replace(
        whole, columns={**whole.columns, "content_type": content_type, "object_id": objects}
    )


@pytest.fixture
def keys() -> Keys:
    """Stations stand at 70 and 71 (somebody else's before us), areas from 500."""
    first = {
        SITES: 1, BILLS: 1, "finance_dimcompany": 1, "finance_intercompanypolicy": 1,
        "harvest_harvestevent": 100, "batch_batchtransferworkflow": 9000,
    }  # fmt: skip
    made = Keys({table: IdBlocks([IdBlock(0, 99, number)]) for table, number in first.items()})
    made.place(STATION, np.array([0, 1, 2, 3]), np.array([70, 71, 80, 81]))
    made.place(AREA, np.array([0, 1, 2, 3]), np.array([500, 501, 502, 503]))
    made.place(SITES, np.arange(8), np.arange(8) + 1)
    made.place("finance_dimcompany", np.array([0, 1]), np.array([1, 2]))
    made.place("finance_intercompanypolicy", np.arange(12), np.arange(12) + 1)
    made.place("django_content_type", np.array([0, 1]), np.array([33, 7]))
    made.place("auth_user", np.array([0]), np.array([1]))
    return made


def resolved(keys: Keys, block: Block, lane: int, column: str) -> list[int]:
    mapping = mapping_of(block.kind)
    found = keys.resolve(mapping.rows(block, lane, LANES))[mapping.position(column)]
    assert isinstance(found, np.ndarray)
    return found.tolist()


def test_each_row_is_looked_up_in_the_table_that_its_other_column_names(keys: Keys) -> None:
    mixed = sites(Text.of(["station", "area", "area", "station"]), np.array([0, 0, 1, 1]), 4)
    assert resolved(keys, mixed, 1, "source_pk") == [71, 501, 503, 81]
    # Keys of master data decide: 0 is a harvest event, 1 a transfer workflow.
    mixed = bills(np.array([1, 0, 1]), np.array([0, 0, 4]))
    assert resolved(keys, mixed, 1, "object_id") == [9001, 101, 9009]


def test_what_is_the_same_in_all_rows_may_be_one_value(keys: Keys) -> None:
    assert resolved(keys, sites("area", np.array([1, 0]), 2), 0, "source_pk") == [502, 500]
    assert resolved(keys, sites(Text.of(["station", "area"]), 1, 2), 0, "source_pk") == [80, 502]
    assert resolved(keys, sites("station", 1, 2), 1, "source_pk") == [81, 81]


def test_absent_keys_stay_absent(keys: Keys) -> None:
    some = sites(Text.of(["station", "area", None]), np.array([NULL, 0, NULL]), 3)
    assert resolved(keys, some, 0, "source_pk") == [NULL, 500, NULL]


@pytest.mark.parametrize("model", [Text.of(["area", "hall"]), Text.of(["area", None]), None])
def test_a_key_of_no_kind_is_refused(keys: Keys, model: Text | None) -> None:
    with pytest.raises(ValueError, match="has a source_model that picks no kind"):
        resolved(keys, sites(model, np.array([0, 0]), 2), 0, "source_pk")


def test_a_row_that_was_never_placed_is_refused(keys: Keys) -> None:
    with pytest.raises(ValueError, match=r"infrastructure_area is referred to .* never placed"):
        resolved(keys, sites("area", np.array([2]), 1), 0, "source_pk")


def test_global_keys_do_not_depend_on_the_kind() -> None:
    mixed = sites(Text.of(["station", "area"]), np.array([3, NULL]), 2)
    rows = mapping_of("finance_site").rows(mixed, 1, LANES)
    assert rows.columns[rows.mapping.position("source_pk")].tolist() == [7, NULL]


def test_the_way_back(keys: Keys) -> None:
    mapping = mapping_of("finance_site")
    by, at = mapping.position("source_model"), mapping.position("source_pk")
    models = ["station", "area", "area", "hall", "station", "station"]
    ids = np.array([71, 501, 71, 70, 4711, NULL])
    batch = RowBatch(6, None, {by: np.array([text_hash(m) for m in models]), at: ids})
    # Not ours, or of no kind that we know: a negative number that only the id decides.
    assert canonical(mapping, batch, keys, at).tolist() == [1, 1, -73, -72, -4713, NULL]
    mapping = mapping_of("transaction")
    by, at = mapping.position("content_type_id"), mapping.position("object_id")
    batch = RowBatch(4, None, {by: np.array([33, 7, 7, 4]), at: np.array([101, 9009, 8999, 101])})
    assert canonical(mapping, batch, keys, at).tolist() == [1, 9, -9001, -103]


def test_there_and_back(keys: Keys) -> None:
    mapping = mapping_of("transaction")
    block = bills(np.array([0, 1, 1, 0]), np.array([5, 5, 0, 2]))
    rows = mapping.rows(block, 1, LANES)
    ids = dict(enumerate(keys.resolve(rows)))
    again = canonical(mapping, RowBatch(4, None, ids), keys, mapping.position("object_id"))
    assert again.tolist() == rows.columns[mapping.position("object_id")].tolist()


def test_every_store_gets_the_ids_and_gives_back_the_digests(databases: Databases) -> None:
    url = databases()
    digests = load(url)
    assert recompute([url]) == digests
    assert digests[SITES].rows == LANES * count("finance_site")
    assert digests[BILLS].rows == LANES * count("transaction")
    named = query(
        url,
        f"""
        SELECT s.site_name, COALESCE(f.name, a.name) FROM {SITES} s
        LEFT JOIN {STATION} f ON s.source_model = 'station' AND f.id = s.source_pk
        LEFT JOIN {AREA} a ON s.source_model = 'area' AND a.id = s.source_pk
        """,
    )
    assert len(named) == LANES * count("finance_site")
    assert all(ours == theirs for ours, theirs in named)
    # Even objects are harvest events, which are their own event; odd ones are workflows.
    about = query(
        url,
        f"""
        SELECT t.object_id, t.event_id, c.model, e.id, w.id FROM {BILLS} t
        JOIN django_content_type c ON c.id = t.content_type_id
        LEFT JOIN harvest_harvestevent e ON e.id = t.object_id AND c.model = 'model 0'
        LEFT JOIN batch_batchtransferworkflow w ON w.id = t.object_id AND c.model = 'model 1'
        """,
    )
    for object_id, event, model, harvest, workflow in about:
        found = (harvest, None) if model == "model 0" else (None, workflow)
        assert found == ((object_id, None) if event is not None else (None, object_id))
        assert event in (None, object_id)


def test_recomputing_notices_the_key_and_what_decides_it(databases: Databases) -> None:
    url = databases()
    before = load(url, lanes=(0,), months=(0,))
    for table, change, where in (
        (SITES, "source_pk = source_pk + 40", "site_id = 1"),
        (SITES, "source_model = 'area', source_pk = source_pk + 80", "site_id = 3"),
        (BILLS, "object_id = object_id + 40", "tx_id = 1"),
        (BILLS, "content_type_id = 3 - content_type_id", "tx_id = 3"),
    ):
        query(url, f"UPDATE {table} SET {change} WHERE {where}")
        after = recompute([url])
        assert after[table] != before[table], (table, change)
        assert after[table].rows == before[table].rows
        before = after


def test_sites_that_stand_are_found_again_by_what_they_are(databases: Databases) -> None:
    """An area and a station of the same number are two sites."""
    url = databases()
    load(url, lanes=(0,), months=())
    rows = query(url, f"SELECT source_model, source_pk FROM {SITES} ORDER BY site_id")
    assert {model for model, _ in rows} == {"station", "area"}
    assert len({pk for _, pk in rows}) < len(rows), "the same numbers occur in both"
    other = replace(SPEC, identity="b" * 64)
    digests = load(url, lanes=(0,), months=(), spec=other)
    assert query(url, f"SELECT source_model, source_pk FROM {SITES} ORDER BY site_id") == rows
    assert recompute([url], identity=other.identity) == digests


def plan(kind: Kind) -> Mapping:
    return rule._plan(kind)


def declare(monkeypatch: pytest.MonkeyPatch, kind: str, pick: Pick | None) -> None:
    (column,) = declared.HOMES[kind].picks
    home = replace(declared.HOMES[kind], picks={column: pick} if pick else {})
    monkeypatch.setattr(rule, "HOMES", {**declared.HOMES, kind: home})


@pytest.mark.parametrize(
    ("kind", "pick", "message"),
    [
        ("finance_site", None, "nothing tells which of key:station|area it is"),
        ("finance_site", Pick("source_model", {"station": "station"}), "declared as station"),
        ("finance_site", Pick("source_model", {"station": "station", "area": "hall"}),
         "declared as station, hall"),
        ("finance_site", Pick("colour", {"station": "station", "area": "area"}),
         "colour, which decides, is missing"),
        ("finance_site", Pick("company_id", {0: "station", 1: "area"}),
         "company_id, which decides, is key:company"),
        ("finance_site", Pick("source_model", {0: "station", 1: "area"}), "and never"),
        ("transaction",
         Pick("content_type_id", {"a": "harvest_event", "b": "transfer_workflow"}), "and never"),
    ],
)  # fmt: skip
def test_declarations_that_do_not_fit_are_refused(
    monkeypatch: pytest.MonkeyPatch, kind: str, pick: Pick | None, message: str
) -> None:
    declare(monkeypatch, kind, pick)
    with pytest.raises(ValueError, match=message.replace("|", r"\|")):
        plan(KINDS[kind])


def test_only_a_plain_number_may_hold_keys_of_several_kinds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fields = {**SITE.fields, "company": "key:station|area"}
    with pytest.raises(ValueError, match=r"company is key:station\|area, .* no plain number"):
        plan(replace(SITE, fields=fields))
    fields = {**SITE.fields, "source_pk": "key:station|grade"}
    declare(monkeypatch, "finance_site", Pick("source_model", {"a": "station", "b": "grade"}))
    with pytest.raises(ValueError, match="keys of master data cannot be picked from"):
        plan(replace(SITE, fields=fields))


def test_kinds_are_found_by_text_or_by_key() -> None:
    texts = np.array([text_hash("a"), text_hash("b"), NULL, text_hash("a")])
    divided = {kind: rows.tolist() for kind, rows in Pick("x", {"a": "A", "b": "B"}).divide(texts)}
    assert divided == {"A": [True, False, False, True], "B": [False, True, False, False]}
    numbers = dict(Pick("x", {0: "A", 1: "B"}).divide(np.array([1, 0, 2])))
    assert [numbers["A"].tolist(), numbers["B"].tolist()] == [
        [False, True, False],
        [True, False, False],
    ]
