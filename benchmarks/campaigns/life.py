"""One batch's life, worked out from its rows as a bookkeeper would: slowly, in plain Python.

Nothing of the program's own checks is used, and no SQL but to fetch rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from decimal import Decimal
from typing import Any

from benchmarks.campaigns.rows import rows_of
from persistence.schema.base import METADATA
from persistence.stores import open_source

Row = dict[str, Any]
Book = dict[str, list[Row]]

_COLUMNS = METADATA.tables["batch_batchcontainerassignment"].columns
_HALF_G, _HALF_KG = (
    Decimal(1).scaleb(-_COLUMNS[name].type.scale) * Decimal("0.51")  # type: ignore[attr-defined]
    for name in ("avg_weight_g", "biomass_kg")
)
"""Half of the last digit that a column holds."""

TABLES = (
    "batch_batch", "batch_batchcontainerassignment", "batch_creationaction",
    "batch_creationworkflow", "batch_mortalityevent", "batch_transferaction",
    "batch_actualdailyassignmentstate", "inventory_feedingevent", "inventory_feedpurchase",
    "harvest_harvestevent", "harvest_harvestlot", "smoltflow_feed_draw",
)  # fmt: skip


def book(urls: Iterable[str]) -> list[Book]:
    """The tables that a batch's life is in, of each database."""
    found = []
    for url in urls:
        with closing(open_source(url)) as source:
            tables = {name: METADATA.tables[name] for name in TABLES}
            found.append({
                name: [dict(zip(table.columns.keys(), row, strict=True))
                       for row in rows_of(source.connection, table)]
                for name, table in tables.items()
            })  # fmt: skip
    return found


def faults(tables: Book) -> list[str]:
    """What does not add up in any batch's life."""
    return [
        f"{batch['batch_number']}: {fault}"
        for batch in tables["batch_batch"]
        for fault in (*fish(tables, batch["id"]), *feed(tables, batch["id"]))
    ]


def fish(tables: Book, batch: int) -> list[str]:
    """Eggs in are fish that live, died, were lost on the way or harvested: per container too."""
    places = {
        row["id"]: row
        for row in tables["batch_batchcontainerassignment"]
        if row["batch_id"] == batch
    }
    balance: dict[int, int] = defaultdict(int)
    received = lost = dead = harvested = 0
    for row in tables["batch_creationaction"]:
        if row["dest_assignment_id"] in places and row["egg_count_actual"] is not None:
            arrived = row["egg_count_actual"] - row["mortality_on_arrival"]
            balance[row["dest_assignment_id"]] += arrived
            received += row["egg_count_actual"]
            lost += row["mortality_on_arrival"]
    for row in tables["batch_mortalityevent"]:
        if row["assignment_id"] in places:
            balance[row["assignment_id"]] -= row["count"]
            dead += row["count"]
    for row in tables["batch_transferaction"]:
        if row["source_assignment_id"] in places and row["status"] == "COMPLETED":
            gone = row["mortality_during_transfer"]
            balance[row["source_assignment_id"]] -= row["transferred_count"] + gone
            balance[row["dest_assignment_id"]] += row["transferred_count"]
            lost += gone
    landed = {row["id"]: row["assignment_id"] for row in tables["harvest_harvestevent"]}
    for row in tables["harvest_harvestlot"]:
        place = landed[row["event_id"]]
        if place in places:
            balance[place] -= row["unit_count"]
            harvested += row["unit_count"]
    alive = sum(row["population_count"] for row in places.values())
    found = [
        f"assignment {key} has {row['population_count']} fish, by its rows {balance[key]}"
        for key, row in places.items()
        if row["population_count"] != balance[key]
    ]
    if received != alive + dead + lost + harvested:
        found.append(
            f"{received} eggs, {alive} alive, {dead} dead, {lost} lost, {harvested} harvested"
        )
    for row in places.values():
        weight, count = Decimal(row["avg_weight_g"] or 0), row["population_count"]
        off = abs(Decimal(row["biomass_kg"]) - weight * count / 1000)
        if off > _HALF_G * count / 1000 + _HALF_KG:
            found.append(
                f"assignment {row['id']}: {row['biomass_kg']} kg, {count} fish of {weight} g"
            )
    return found


def feed(tables: Book, batch: int) -> list[str]:
    """Feed eaten came out of lots, and cost what they cost."""
    price = {row["id"]: Decimal(row["cost_per_kg"]) for row in tables["inventory_feedpurchase"]}
    eaten: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    paid: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    meals: dict[tuple[int, str], int] = defaultdict(int)
    for row in tables["inventory_feedingevent"]:
        if row["batch_id"] == batch:
            key = (row["batch_assignment_id"], row["feeding_date"])
            eaten[key] += Decimal(row["amount_kg"])
            paid[key] += Decimal(row["feed_cost"])
            meals[key] += 1
    drawn: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    owed: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in tables["smoltflow_feed_draw"]:
        key = (row["assignment_id"], row["day"])
        drawn[key] += Decimal(row["kg"])
        owed[key] += Decimal(row["kg"]) * price[row["purchase_id"]]
    found = []
    for key, kg in eaten.items():
        if kg != drawn[key]:
            found.append(f"assignment {key[0]} ate {kg} kg on {key[1]}, drew {drawn[key]}")
        if abs(paid[key] - owed[key]) > Decimal("0.01") * meals[key]:
            found.append(f"assignment {key[0]}, {key[1]}: {paid[key]} paid, {owed[key]} owed")
    days = {
        (row["assignment_id"], row["date"]): Decimal(row["feed_kg"])
        for row in tables["batch_actualdailyassignmentstate"]
        if row["batch_id"] == batch
    }
    found += [
        f"assignment {key[0]} ate {eaten.get(key, 0)} kg on {key[1]}, its day says {kg}"
        for key, kg in days.items()
        if kg != eaten.get(key, Decimal(0))
    ]
    return found


def purchases(tables: Book) -> list[str]:
    """No lot was drawn from beyond what was bought."""
    drawn: dict[int, Decimal] = defaultdict(Decimal)
    for row in tables["smoltflow_feed_draw"]:
        drawn[row["purchase_id"]] += Decimal(row["kg"])
    return [
        f"lot {row['batch_number']}: {drawn[row['id']]} kg drawn of {row['quantity_kg']}"
        for row in tables["inventory_feedpurchase"]
        if drawn[row["id"]] > Decimal(row["quantity_kg"])
    ]
