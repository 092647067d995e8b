"""What can go wrong with where eggs come from."""

from __future__ import annotations

FISH, PLAN = "broodstock_broodstockfish", "broodstock_breedingplan"
PAIR, PRODUCTION = "broodstock_breedingpair", "broodstock_eggproduction"
PARENTAGE, EXTERNAL = "broodstock_batchparentage", "broodstock_externaleggbatch"
CREATION, DELIVERY = "batch_creationworkflow", "batch_creationaction"


def _first(table: str, where: str = "id > 0") -> str:
    return f"(SELECT min(id) FROM {table} WHERE {where})"


def _change(table: str, change: str, row: str = "") -> str:
    return f"UPDATE {table} SET {change} WHERE id = {row or _first(table)}"


INTERNAL = _first(PRODUCTION, "pair_id IS NOT NULL")
BOUGHT = _first(PRODUCTION, "pair_id IS NULL")
OWN, FOREIGN = "egg_source_type = 'INTERNAL'", "egg_source_type = 'EXTERNAL'"
DAM = f"(SELECT min(female_fish_id) FROM {PAIR})"
SIRE = f"(SELECT male_fish_id FROM {PAIR} WHERE female_fish_id = {DAM})"
LEAD = f"(SELECT min(pair_id) FROM {PRODUCTION})"
ELSEWHERE = _first(PAIR, f"plan_id <> (SELECT min(plan_id) FROM {PAIR})")
STOCKED = "(SELECT min(container_id) FROM batch_batchcontainerassignment)"

DAMAGE: list[tuple[str, str]] = [
    ("broodstock.parentage", f"DELETE FROM {PARENTAGE} WHERE id = {_first(PARENTAGE)}"),
    ("broodstock.parentage", _change(PARENTAGE, f"egg_production_id = {INTERNAL}")),
    ("broodstock.parentage", _change(PARENTAGE, "assignment_date = '2001-01-01 00:00:00'")),
    ("broodstock.parentage", _change(PRODUCTION, "egg_count = egg_count + 1", BOUGHT)),
    ("broodstock.parentage", _change(PRODUCTION, "source_type = 'external'", INTERNAL)),
    ("broodstock.parentage", _change(PRODUCTION, f"pair_id = {LEAD}", BOUGHT)),
    ("broodstock.parentage",
     _change(PRODUCTION, "destination_station_id = destination_station_id + 1")),
    ("broodstock.parentage", _change(EXTERNAL, "supplier_id = 1 + supplier_id % 3")),
    ("broodstock.parentage", f"DELETE FROM {EXTERNAL} WHERE id = {_first(EXTERNAL)}"),
    ("broodstock.parentage",
     _change(CREATION, f"egg_production_id = {BOUGHT}", _first(CREATION, OWN))),
    ("eggs.source", _change(CREATION, f"egg_production_id = {BOUGHT}", _first(CREATION, FOREIGN))),
    ("eggs.source", _change(CREATION, "external_supplier_id = NULL", _first(CREATION, FOREIGN))),
    ("eggs.source", _change(CREATION, "egg_production_id = NULL", _first(CREATION, OWN))),
    ("eggs.source", _change(CREATION, "external_supplier_id = 1", _first(CREATION, OWN))),
    ("eggs.quality", _change(DELIVERY, "egg_quality_score = 80")),
    ("eggs.quality", _change(DELIVERY, "egg_quality_score = 0")),
    ("eggs.quality", _change(DELIVERY, "egg_quality_score = NULL")),
    ("broodstock.dates", _change(PRODUCTION, "production_date = '2031-01-01 00:00:00'")),
    ("broodstock.dates", _change(PAIR, "pairing_date = '2031-01-01 00:00:00'", LEAD)),
    ("broodstock.dates", f"UPDATE {PLAN} SET start_date = end_date"),
    ("broodstock.dates", f"UPDATE {FISH} SET created_at = '2031-01-01 00:00:00'"),
    ("broodstock.progeny", _change(PAIR, "progeny_count = progeny_count - 1")),
    ("broodstock.progeny",
     f"DELETE FROM {PAIR} WHERE id = {_first(PAIR, f'id <> {LEAD}')}"),
    ("broodstock.pairs", _change(PAIR, "progeny_count = 1000000")),
    ("broodstock.pairs", _change(PAIR, "progeny_count = 0")),
    ("broodstock.pairs", _change(PAIR, f"female_fish_id = {DAM}", ELSEWHERE)),
    ("broodstock.pairs", f"UPDATE {PAIR} SET male_fish_id = {DAM}"),
    ("broodstock.pairs",
     _change(FISH, f"traits = (SELECT traits FROM {FISH} WHERE id = {DAM})", SIRE)),
    ("broodstock.pairs",
     f"""UPDATE {FISH} SET traits = json_set(traits, '$.family', (
             SELECT json_extract(traits, '$.family') FROM {FISH} WHERE id = {SIRE}))
         WHERE id = {DAM}"""),
    ("broodstock.tanks", _change(FISH, "health_status = 'healthy'", DAM)),
    ("broodstock.tanks", _change(FISH, "health_status = 'healthy'", SIRE)),
    ("broodstock.tanks", f"UPDATE {FISH} SET container_id = {STOCKED}"),
    ("broodstock.tanks",
     _change("infrastructure_container", "hierarchy_role = 'STRUCTURAL'",
             f"(SELECT container_id FROM {FISH} WHERE id = {DAM})")),
]  # fmt: skip
