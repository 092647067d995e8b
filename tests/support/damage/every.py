"""What can go wrong with a run's rows, and which check must notice it."""

from __future__ import annotations

from tests.support.damage import ailments as damage_ailments
from tests.support.damage import broodstock as damage_broodstock
from tests.support.damage import finance as damage_finance
from tests.support.damage import health as damage_health
from tests.support.damage import planning as damage_planning
from tests.support.damage import projections as damage_projections
from tests.support.damage import weather as damage_weather

BATCH, CONTAINER = "batch_batch", "infrastructure_container"
ASSIGNMENT, STATE = "batch_batchcontainerassignment", "batch_actualdailyassignmentstate"
READING, FEEDING = "environmental_environmentalreading", "inventory_feedingevent"
DEATHS, ACTION, TRANSFER = (
    "batch_mortalityevent", "batch_transferaction", "batch_batchtransferworkflow",
)  # fmt: skip
EGGS, EGG_ACTION = "batch_creationworkflow", "batch_creationaction"
STOCK, STORE = "inventory_feedcontainerstock", "infrastructure_feedcontainer"
SENSOR, PURCHASE = "infrastructure_sensor", "inventory_feedpurchase"
HARVEST, LOT = "harvest_harvestevent", "harvest_harvestlot"
SAMPLE, FISH = "batch_growthsample", "batch_individualgrowthobservation"
SUMMARY = {
    "container": "inventory_containerfeedingsummary",
    "batch": "inventory_batchfeedingsummary",
}


def least(table: str, where: str = "id > 0", column: str = "id") -> str:
    return f"(SELECT min({column}) FROM {table} WHERE {where})"


def most(table: str, where: str = "id > 0", column: str = "id") -> str:
    return f"(SELECT max({column}) FROM {table} WHERE {where})"


def change(table: str, change: str, row: str = "") -> str:
    return f"UPDATE {table} SET {change} WHERE id = {row or least(table)}"


def remove(table: str, row: str = "") -> str:
    return f"DELETE FROM {table} WHERE id = {row or least(table)}"


def recreated(table: str, before: str, after: str) -> str:
    """Change how a table was created; a database that is opened again believes it."""
    return f"""
        PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET sql = replace(sql, '{before}', '{after}') WHERE name = '{table}';
    """


# Somebody who lived in a container after somebody else, and who that was.
SHARED = f"SELECT container_id FROM {ASSIGNMENT} GROUP BY container_id HAVING count(*) > 1"
SECOND = most(ASSIGNMENT, f"container_id IN ({SHARED})")
SAME = f"container_id = (SELECT container_id FROM {ASSIGNMENT} WHERE id = {SECOND})"
FIRST = least(ASSIGNMENT, SAME)


def of_first(column: str) -> str:
    return f"(SELECT {column} FROM {ASSIGNMENT} WHERE id = {FIRST})"


# The later of two lots of a feed in a store, both drawn from.
LATER_LOT = f"""
    (SELECT s.id FROM {STOCK} s JOIN inventory_feedpurchase p ON p.id = s.feed_purchase_id
     JOIN smoltflow_feed_draw d ON d.purchase_id = p.id
     WHERE EXISTS (SELECT 1 FROM {STOCK} t JOIN inventory_feedpurchase q
                   ON q.id = t.feed_purchase_id WHERE t.entry_date < s.entry_date
                   AND t.feed_container_id = s.feed_container_id AND q.feed_id = p.feed_id)
     ORDER BY s.id LIMIT 1)
"""
LATER_PURCHASE = f"(SELECT feed_purchase_id FROM {STOCK} WHERE id = {LATER_LOT})"
ACTIVE, CLOSED = least(ASSIGNMENT, "is_active"), least(ASSIGNMENT, "NOT is_active")
HARVESTED = f"(SELECT min(assignment_id) FROM {HARVEST})"
DONE, ALIVE = least(BATCH, "status = 'COMPLETED'"), most(BATCH, "status = 'ACTIVE'")
DAY = least(STATE, "mortality_count > 0 AND feed_kg > 0")
UNFED = least(STATE, "feed_kg = 0")
FED, READ = most(FEEDING), most(READING)
HOME = f"(SELECT container_id FROM {ASSIGNMENT} WHERE id = {ACTIVE})"
LONG_AFTER = "'2031-01-01'"

INTEGRITY: list[tuple[str, str]] = [
    ("assignments.overlap",
     change(ASSIGNMENT, f"assignment_date = {of_first('assignment_date')}", SECOND)),
    ("assignments.dates", change(ASSIGNMENT, "departure_date = assignment_date", CLOSED)),
    ("assignments.dates", change(ASSIGNMENT, "assignment_date = '2001-01-01'", CLOSED)),
    ("assignments.dates", change(ASSIGNMENT, f"departure_date = {LONG_AFTER}", CLOSED)),
    ("assignments.state", change(ASSIGNMENT, "population_count = 1", CLOSED)),
    ("assignments.state", change(ASSIGNMENT, "is_active = 0", ACTIVE)),
    ("assignments.container", change(CONTAINER, "hierarchy_role = 'STRUCTURAL'", HOME)),
    ("assignments.container",
     change(ASSIGNMENT, f"container_id = {HOME}", CLOSED)),
    ("columns.choices", change(FEEDING, "method = 'SPOON'")),
    ("columns.choices", change(STATE, "anchor_type = 'guess'")),
    ("columns.widths", change("inventory_feed", "brand = printf('%.101c', 'b')")),
    ("columns.widths", change(ASSIGNMENT, "population_count = 3000000000")),
    ("columns.widths", change(FEEDING, "feed_cost = 100000000")),
    ("columns.required", recreated(DEATHS, " NOT NULL", "")),
    ("keys.unique", f"DROP INDEX {READING}_pkey"),
    ("keys.unique", f"DROP INDEX {ASSIGNMENT}_batch_id_container_id_key"),
    ("keys.references", recreated(LOT, "(product_grade_id) REFERENCES harvest_productgrade",
                                  "(event_id) REFERENCES harvest_harvestevent")),
    ("keys.lookup", change(LOT, "product_grade_id = 4711")),
    ("keys.lookup", change(READING, "sensor_id = 471100")),
    ("days.complete", remove(STATE, DAY)),
    ("days.belong", change(STATE, "day_number = day_number + 1")),
    ("days.belong", change(STATE, f"batch_id = {ALIVE}")),
    ("days.belong", change(STATE, "container_id = container_id + 1")),
    ("days.belong", change(STATE, "lifecycle_stage_id = lifecycle_stage_id + 1")),
    ("days.belong", change(STATE, "date = date(date, '-300 days')")),
    ("days.fcr", change(STATE, "observed_fcr = 11", DAY)),
    ("days.fcr", change(STATE, "observed_fcr = 1", UNFED)),
    ("deaths.belong", change(DEATHS, f"batch_id = {ALIVE}")),
    ("deaths.belong", change(DEATHS, f"event_date = {LONG_AFTER}")),
    ("deaths.belong", change(DEATHS, "assignment_id = NULL")),
    ("deaths.belong", change(DEATHS, "biomass_kg = biomass_kg + 1")),
    ("feedings.belong", change(FEEDING, "feeding_time = '03:00:00'")),
    ("feedings.belong", change(FEEDING, f"feeding_date = {LONG_AFTER}")),
    ("feedings.belong", change(FEEDING, "container_id = container_id + 1")),
    ("feedings.belong", change(FEEDING, f"batch_id = {ALIVE}")),
    ("feedings.share", change(FEEDING, "feeding_percentage = 2 * feeding_percentage")),
    ("sensors.calibrated", change(SENSOR, "last_calibration_date = '2020-01-01'")),
    ("sensors.calibrated", change(SENSOR, "last_calibration_date = NULL")),
    ("sensors.calibrated", change(SENSOR, "updated_at = '2020-01-01 00:00:00'")),
    ("readings.belong", change(READING, f"batch_id = {ALIVE}")),
    ("readings.belong", change(READING, "container_id = container_id + 1")),
    ("readings.belong", change(READING, f"batch_container_assignment_id = {ACTIVE}")),
    ("readings.belong", change(READING, "batch_container_assignment_id = NULL")),
    ("readings.days", change(READING, "reading_time = '2031-01-01 08:00:00'")),
    ("readings.hours", change(READING, "reading_time = replace(reading_time, '08:', '09:')")),
    ("readings.values", change(READING, "value = 1000")),
    ("readings.values", change(READING, "parameter_id = parameter_id + 1")),
    ("readings.complete", remove(READING)),
    ("readings.complete",
     f"""INSERT INTO {READING} SELECT id + 1, value, '2025-09-01 11:00:00', is_manual, notes,
         created_at, batch_id, container_id, parameter_id, recorded_by_id, sensor_id,
         batch_container_assignment_id FROM {READING} WHERE id = {READ}"""),
    ("samples.belong", change(SAMPLE, "sample_date = date(sample_date, '+1 day')")),
    ("samples.belong", change(SAMPLE, "sample_date = date(sample_date, '+700 days')")),
    ("samples.due", remove(SAMPLE)),
    ("samples.due", change(ASSIGNMENT, "last_weighing_date = NULL",
                           f"(SELECT max(assignment_id) FROM {SAMPLE})")),
]  # fmt: skip

CONSERVATION: list[tuple[str, str]] = [
    ("assignments.balance", change(DEATHS, "count = count + 1")),
    ("assignments.biomass", change(ASSIGNMENT, "biomass_kg = biomass_kg + 1", ACTIVE)),
    ("batches.stage", change(BATCH, "lifecycle_stage_id = 1", ALIVE)),
    ("batches.status", change(BATCH, "status = 'ACTIVE'", DONE)),
    ("batches.status", change(BATCH, "status = 'COMPLETED'", ALIVE)),
    ("batches.status", change(BATCH, "actual_end_date = '2025-12-31'", DONE)),
    ("creations.totals", change(EGGS, "total_actions = 9")),
    ("creations.totals", change(EGGS, "total_eggs_received = 9")),
    ("creations.totals", change(EGG_ACTION, "mortality_on_arrival = 9999")),
    ("days.population", change(STATE, "population = population + 1", DAY)),
    ("days.inflow", change(ACTION, "actual_execution_date = '2001-01-01'")),
    ("days.last", change(ASSIGNMENT, "avg_weight_g = avg_weight_g + 1", CLOSED)),
    ("days.last", change(ASSIGNMENT, "population_count = population_count + 1", ACTIVE)),
    ("days.biomass", change(STATE, "biomass_kg = biomass_kg + 10")),
    ("days.limit", change(CONTAINER, "max_biomass_kg = 0.01", HOME)),
    ("deaths.match", remove(DEATHS)),
    ("deaths.match", change(DEATHS, "count = count + 1")),
    ("draws.place", change(STOCK, f"feed_container_id = {most(STORE)}")),
    ("eggs.balance", change(EGGS, "total_eggs_received = 9")),
    ("eggs.balance", change(LOT, "unit_count = unit_count - 1")),
    ("feed.cost", change(FEEDING, "feed_cost = feed_cost + 0.03")),
    ("feed.cost", f"UPDATE {FEEDING} SET feed_cost = NULL"),
    ("feed.days", change(FEEDING, "amount_kg = amount_kg + 0.01")),
    ("feed.days", remove(FEEDING)),
    ("feed.days", change(STATE, "feed_kg = feed_kg + 0.01", DAY)),
    ("feed.days", f"UPDATE smoltflow_feed_draw SET day = {LONG_AFTER} WHERE rowid = 1"),
    ("feed.kind", change(FEEDING, "feed_id = 1 + feed_id % 6")),
    ("harvest.events", change(HARVEST, "event_date = '2025-10-01 06:00:00'")),
    ("harvest.events", change(HARVEST, f"assignment_id = {CLOSED}")),
    ("harvest.events", change(ASSIGNMENT, "departure_date = '2025-10-01'", HARVESTED)),
    ("harvest.lots", change(LOT, "unit_count = unit_count + 1")),
    ("harvest.lots", change(LOT, "live_weight_kg = live_weight_kg + 0.02")),
    ("harvest.grades", change(LOT, "gutted_weight_kg = gutted_weight_kg + 0.01")),
    ("harvest.grades", change(LOT, f"product_grade_id = {most('harvest_productgrade')}")),
    ("harvest.plant", f"UPDATE {LOT} SET live_weight_kg = live_weight_kg * 5"),
    ("lots.balance", change(STOCK, "quantity_kg = quantity_kg + 0.01")),
    ("lots.balance", remove(STOCK)),
    ("lots.balance",
     change("inventory_feedpurchase", f"purchase_date = {LONG_AFTER}", LATER_PURCHASE)),
    ("lots.order", change(STOCK, "entry_date = '2001-01-01 00:00:00'", LATER_LOT)),
    ("samples.statistics", change(FISH, "weight_g = weight_g + 1")),
    ("samples.statistics", change(FISH, "length_cm = length_cm + 1")),
    ("samples.statistics", remove(FISH)),
    *(
        ("samples.statistics", change(SAMPLE, f"{column} = {column} + 0.02"))
        for column in ("avg_weight_g", "avg_length_cm", "std_deviation_weight",
                       "std_deviation_length", "min_weight_g", "max_weight_g", "condition_factor")
    ),
    ("sites.rest", change(ASSIGNMENT, f"assignment_date = {of_first('departure_date')}", SECOND)),
    ("stores.capacity", change(STORE, "capacity_kg = 1", most(STOCK, column="feed_container_id"))),
    *(
        (f"summaries.{kind}",
         change(SUMMARY[kind], f"{column} = {column} + 1", most(SUMMARY[kind])))
        for kind, columns in (
            ("container", ("total_feed_kg", "data_points", "starting_biomass_kg",
                           "ending_biomass_kg", "growth_kg")),
            ("batch", ("total_feed_kg", "total_feed_consumed_kg", "total_starting_biomass_kg",
                       "total_ending_biomass_kg", "total_growth_kg", "total_biomass_gain_kg",
                       "average_biomass_kg", "average_feeding_percentage", "container_count")),
        )
        for column in columns
    ),
    *(
        (f"summaries.{kind}", damage)
        for kind, table in SUMMARY.items()
        for damage in (remove(table), change(table, "period_end = period_start"))
    ),
    ("summaries.fcr", change(SUMMARY["container"], "fcr = fcr + 0.01",
                             most(SUMMARY["container"]))),
    ("summaries.fcr", change(SUMMARY["batch"], "fcr = fcr + 0.01", most(SUMMARY["batch"]))),
    ("summaries.fcr", change(SUMMARY["batch"], "weighted_avg_fcr = NULL",
                             most(SUMMARY["batch"]))),
    ("transfers.actions",
     change(ACTION, "source_population_before = source_population_before + 1")),
    ("transfers.actions", change(ACTION, "transferred_biomass_kg = transferred_biomass_kg + 5")),
    ("transfers.actions", change(ACTION, "dest_container_id = 1")),
    ("transfers.totals", change(TRANSFER, "total_transferred_count = 9")),
    ("transfers.totals", change(TRANSFER, "total_biomass_kg = total_biomass_kg + 1")),
    ("transfers.totals", change(TRANSFER, "completion_percentage = 50")),
    ("transfers.totals", change(TRANSFER, "status = 'IN_PROGRESS'")),
]  # fmt: skip

ACCEPTANCE: list[tuple[str, str]] = [
    ("batches.created", remove(BATCH, ALIVE)),
    ("containers.fill", f"UPDATE {CONTAINER} SET max_biomass_kg = 1"),
    ("waits.longest", "UPDATE smoltflow_wait SET since = '2001-01-01 00:00:00'"),
    ("feed.opening", remove(STOCK)),
    ("feed.opening", change(PURCHASE, "quantity_kg = quantity_kg + 1")),
    ("feed.expired", change(PURCHASE, "expiry_date = purchase_date")),
]

OF_THE_LEDGER = [
    (
        "rows.owned",
        (
            "INSERT INTO auth_user SELECT 4711, password, last_login, is_superuser, 'somebody',"
            " first_name, last_name, email, is_staff, is_active, date_joined FROM auth_user LIMIT 1"
        ),
    ),
    ("rows.owned", f"UPDATE {DEATHS} SET id = 4711000 WHERE id = {least(DEATHS)}"),
    ("rows.ids", f"UPDATE {READING} SET id = id + 2 WHERE rowid = 7"),
    ("database.readable", "DROP TABLE harvest_harvestwaste"),
    (
        "database.pages",
        f"""PRAGMA writable_schema = ON;
            UPDATE sqlite_master SET sql = sql || ' WHERE sensor_id < 5'
            WHERE name = '{READING}_pkey'""",
    ),
    ("rows.counted", remove("smoltflow_usage")),
    ("rows.counted", "UPDATE smoltflow_chunk SET rows = rows - 1"),
    ("rows.counted", f"UPDATE smoltflow_block SET first_key = 1 WHERE table_name = '{DEATHS}'"),
]
DAMAGE = [
    *OF_THE_LEDGER,
    *INTEGRITY,
    *CONSERVATION,
    *ACCEPTANCE,
    *damage_ailments.DAMAGE,
    *damage_broodstock.DAMAGE,
    *damage_finance.DAMAGE,
    *damage_health.DAMAGE,
    *damage_planning.DAMAGE,
    *damage_projections.DAMAGE,
    *damage_weather.DAMAGE,
]

ON_POSTGRESQL: list[tuple[str, str]] = [
    *damage_finance.ON_POSTGRESQL,
    ("keys.unique", f"ALTER TABLE {READING} DROP CONSTRAINT {READING}_pkey"),
    ("keys.unique", f"DROP INDEX {ASSIGNMENT}_batch_id_container_id_key"),
    ("keys.references", f"ALTER TABLE {LOT} DROP CONSTRAINT {LOT}_product_grade_id_fkey"),
    ("keys.references",
     f"""ALTER TABLE {LOT} DROP CONSTRAINT {LOT}_product_grade_id_fkey;
         UPDATE {LOT} SET product_grade_id = 4711;
         ALTER TABLE {LOT} ADD CONSTRAINT {LOT}_product_grade_id_fkey
         FOREIGN KEY (product_grade_id) REFERENCES harvest_productgrade (id) NOT VALID"""),
    ("columns.required", f"ALTER TABLE {DEATHS} ALTER COLUMN count DROP NOT NULL"),
    ("columns.choices", change(FEEDING, "method = 'SPOON'")),
    ("assignments.overlap",
     change(ASSIGNMENT, f"assignment_date = {of_first('assignment_date')}", SECOND)),
    ("days.belong", change(STATE, "date = date - 300")),
    ("days.population", change(STATE, "population = population + 1", DAY)),
    ("feed.cost", change(FEEDING, "feed_cost = feed_cost + 0.03")),
    ("harvest.events", change(HARVEST, "event_date = '2025-10-01 06:00:00+00'")),
    ("lots.order", change(STOCK, "entry_date = '2001-01-01 00:00:00+00'", LATER_LOT)),
    ("readings.complete", remove(READING)),
    ("readings.hours", change(READING, "reading_time = reading_time + interval '1 hour'")),
    ("samples.statistics", change(FISH, "weight_g = weight_g + 1")),
    ("summaries.batch", change(SUMMARY["batch"], "total_growth_kg = total_growth_kg + 1")),
    ("waits.longest", "UPDATE smoltflow_wait SET since = '2001-01-01 00:00:00+00'"),
    ("feed.opening", change(PURCHASE, "quantity_kg = quantity_kg + 1")),
    ("feed.expired", change(PURCHASE, "expiry_date = purchase_date")),
]  # fmt: skip
