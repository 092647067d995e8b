"""The working tables of the checks: the run's rows in whole numbers, ready to be compared.

They hold what belongs to the run and nothing else, since a live AquaMind has rows of its own. Days
are counted from 1970-01-01; ``_dag`` is in units of 10 g, ``_cg`` of 0.01 g and ``_cents`` of 0.01,
the last decimal places of their columns. Days from ``from_day`` to ``to_day`` exclude the latter.

Where the database's own keys do not see to it, they have indexes but no unique keys: a damaged
database must be described, not trip the checks. ``ROW_KEY`` is a numbered primary key, ``RUN_ID``
and ``EGG_G`` are the run's.
"""

from __future__ import annotations

from collections.abc import Mapping

from persistence.checks.engine.defect_tables import LABELS
from persistence.checks.engine.finance_tables import MONEY
from persistence.checks.engine.observed_tables import SEA
from persistence.checks.engine.plan_tables import PLANS
from persistence.checks.engine.treatment_tables import DELOUSINGS
from persistence.checks.engine.working import WorkingTable

_PLACES: Mapping[str, WorkingTable] = {
    "our_geography": WorkingTable(
        "id BIGINT, name TEXT, to_day INTEGER, fallow_days INTEGER, rest_days INTEGER,"
        " plant_g BIGINT"
    ),
    "our_stage": WorkingTable(
        "geography_id BIGINT, stage_id BIGINT, sort INTEGER, fed INTEGER, sea INTEGER,"
        " vaccinates INTEGER, containers INTEGER, tgc FLOAT, mortality FLOAT"
    ),
    "our_grade": WorkingTable(
        "id BIGINT, share FLOAT, weight_share FLOAT, gutted FLOAT, fillet FLOAT,"
        " by_product INTEGER, first INTEGER, last INTEGER"
    ),
    "our_sensor": WorkingTable(
        "id ROW_KEY, container_id BIGINT, parameter_id BIGINT,"
        " low NUMERIC(10, 2), high NUMERIC(10, 2)",
        # A sensor does not say what it measures, but its name carries the parameter.
        """
        SELECT s.id, min(s.container_id), min(p.id), min(p.min_value), max(p.max_value)
        FROM smoltflow_key k
        JOIN infrastructure_sensor s ON s.id = k.id
        JOIN infrastructure_container c ON c.id = s.container_id
        LEFT JOIN environmental_environmentalparameter p ON s.name = c.name || '-' || p.name
        WHERE k.run_id = RUN_ID AND k.table_name = 'infrastructure_sensor'
        GROUP BY s.id
        """,
    ),
    "our_container": WorkingTable(
        "id ROW_KEY, name TEXT, holds INTEGER, limit_dag BIGINT, geography_id BIGINT,"
        " area_id BIGINT, hall_id BIGINT, site BIGINT, sensors INTEGER",
        """
        SELECT c.id, c.name, CASE WHEN c.hierarchy_role = 'HOLDING' THEN 1 ELSE 0 END,
               WHOLE(c.max_biomass_kg, 2), COALESCE(a.geography_id, f.geography_id),
               c.area_id, c.hall_id, COALESCE(c.area_id, -c.hall_id), COALESCE(s.sensors, 0)
        FROM infrastructure_container c
        LEFT JOIN infrastructure_area a ON a.id = c.area_id
        LEFT JOIN infrastructure_hall h ON h.id = c.hall_id
        LEFT JOIN infrastructure_freshwaterstation f ON f.id = h.freshwater_station_id
        LEFT JOIN (SELECT container_id, count(*) AS sensors FROM our_sensor GROUP BY container_id) s
               ON s.container_id = c.id
        """,
        ("our_sensor",),
    ),
}

_BATCHES: Mapping[str, WorkingTable] = {
    "our_batch": WorkingTable(
        "id ROW_KEY, name TEXT, status TEXT, from_day INTEGER, ended_day INTEGER, to_day INTEGER,"
        " stage_id BIGINT",
        # A batch is harvested by day, but one that died out was there until its last evening.
        """
        SELECT id, batch_number, status, DAY(start_date), DAY(actual_end_date),
               DAY(actual_end_date) + CASE WHEN status = 'TERMINATED' THEN 1 ELSE 0 END,
               lifecycle_stage_id
        FROM batch_batch WHERE OURS(id, batch_batch)
        """,
    ),
    "our_assignment": WorkingTable(
        "id ROW_KEY, label TEXT, batch_id BIGINT, container_id BIGINT,"
        " geography_id BIGINT, site BIGINT, stage_id BIGINT, sort INTEGER, fed INTEGER,"
        " from_day INTEGER, departed_day INTEGER, to_day INTEGER, from_date DATE, to_date DATE,"
        " n BIGINT, dag BIGINT, weight_cg BIGINT, active INTEGER, weighed_day INTEGER",
        """
        SELECT x.id, b.name || ' in ' || c.name, x.batch_id, x.container_id, c.geography_id, c.site,
               x.lifecycle_stage_id, s.sort, s.fed, DAY(x.assignment_date), DAY(x.departure_date),
               COALESCE(DAY(x.departure_date), g.to_day), x.assignment_date,
               COALESCE(x.departure_date, DATE_OF(g.to_day)), x.population_count,
               WHOLE(x.biomass_kg, 2), WHOLE(x.avg_weight_g, 2),
               CASE WHEN x.is_active THEN 1 ELSE 0 END, DAY(x.last_weighing_date)
        FROM our_batch b
        JOIN batch_batchcontainerassignment x ON x.batch_id = b.id
        LEFT JOIN our_container c ON c.id = x.container_id
        LEFT JOIN our_geography g ON g.id = c.geography_id
        LEFT JOIN our_stage s ON s.geography_id = c.geography_id
                             AND s.stage_id = x.lifecycle_stage_id
        """,
        ("our_batch", "our_container"),
        index="batch_id",
    ),
    "our_inflow": WorkingTable(
        "assignment_id BIGINT, day INTEGER, n BIGINT, dag BIGINT, parts INTEGER",
        """
        SELECT a.id, x.day, sum(x.n), sum(x.dag), count(*)
        FROM (
            SELECT dest_assignment_id AS assignment_id, DAY(actual_delivery_date) AS day,
                   egg_count_actual - mortality_on_arrival AS n,
                   WHOLE((egg_count_actual - mortality_on_arrival) * EGG_G / 1000, 2) AS dag
            FROM batch_creationaction WHERE status = 'COMPLETED'
            UNION ALL
            SELECT dest_assignment_id, DAY(actual_execution_date), transferred_count,
                   WHOLE(transferred_biomass_kg, 2)
            FROM batch_transferaction WHERE status = 'COMPLETED'
        ) x
        JOIN our_assignment a ON a.id = x.assignment_id
        GROUP BY a.id, x.day
        """,
        ("our_assignment",),
        index="assignment_id, day",
    ),
    "our_outflow": WorkingTable(
        "assignment_id BIGINT, n BIGINT, died BIGINT, first_day INTEGER, last_day INTEGER",
        """
        SELECT a.id, sum(x.transferred_count), sum(x.mortality_during_transfer),
               min(DAY(x.actual_execution_date)), max(DAY(x.actual_execution_date))
        FROM batch_transferaction x
        JOIN our_assignment a ON a.id = x.source_assignment_id
        WHERE x.status = 'COMPLETED'
        GROUP BY a.id
        """,
        ("our_assignment",),
        index="assignment_id",
    ),
    "our_harvest": WorkingTable(
        "assignment_id BIGINT, batch_id BIGINT, events INTEGER, day INTEGER, n BIGINT, g BIGINT,"
        " lots INTEGER",
        """
        SELECT a.id, min(e.batch_id), count(DISTINCT e.id), max(UTC_DAY(e.event_date)),
               COALESCE(sum(l.unit_count), 0), COALESCE(sum(WHOLE(l.live_weight_kg, 3)), 0),
               count(l.id)
        FROM our_assignment a
        JOIN harvest_harvestevent e ON e.assignment_id = a.id
        LEFT JOIN harvest_harvestlot l ON l.event_id = e.id
        GROUP BY a.id
        """,
        ("our_assignment",),
        index="assignment_id",
    ),
}

_DAYS: Mapping[str, WorkingTable] = {
    # A day's record beside the evening before and what came in by day.
    "our_state": WorkingTable(
        "assignment_id BIGINT, batch_id BIGINT, day INTEGER, month INTEGER, n BIGINT,"
        " weight_cg BIGINT, dag BIGINT, died BIGINT, feed_dag BIGINT, before_n BIGINT,"
        " before_dag BIGINT, came_n BIGINT, came_dag BIGINT, came_parts INTEGER",
        """
        SELECT x.assignment_id, x.batch_id, x.day, x.month, x.n, x.weight_cg, x.dag, x.died,
               x.feed_dag, COALESCE(lag(x.n) OVER assignment, 0),
               COALESCE(lag(x.dag) OVER assignment, 0), COALESCE(i.n, 0), COALESCE(i.dag, 0),
               COALESCE(i.parts, 0)
        FROM (
            SELECT s.assignment_id, a.batch_id, DAY(s.date) AS day, MONTH(s.date) AS month,
                   s.population AS n, WHOLE(s.avg_weight_g, 2) AS weight_cg,
                   WHOLE(s.biomass_kg, 2) AS dag, s.mortality_count AS died,
                   WHOLE(s.feed_kg, 2) AS feed_dag
            FROM batch_actualdailyassignmentstate s
            JOIN our_assignment a ON a.id = s.assignment_id
        ) x
        LEFT JOIN our_inflow i ON i.assignment_id = x.assignment_id AND i.day = x.day
        WINDOW assignment AS (PARTITION BY x.assignment_id ORDER BY x.day)
        """,
        ("our_inflow",),
        index="assignment_id, day",
    ),
    "our_last_state": WorkingTable(
        "assignment_id ROW_KEY, n BIGINT, weight_cg BIGINT, dag BIGINT, day INTEGER",
        """
        SELECT s.assignment_id, max(s.n), max(s.weight_cg), max(s.dag), max(s.day)
        FROM our_state s
        JOIN (SELECT assignment_id, max(day) AS day FROM our_state GROUP BY assignment_id) x
          ON x.assignment_id = s.assignment_id AND x.day = s.day
        GROUP BY s.assignment_id
        """,
        ("our_state",),
    ),
    "our_month": WorkingTable(
        "assignment_id BIGINT, batch_id BIGINT, month INTEGER, from_day INTEGER, last_day INTEGER,"
        " feed_dag BIGINT, feedings BIGINT, start_dag BIGINT, start_parts INTEGER, end_dag BIGINT,"
        " grown_dag FLOAT, doubt_dag FLOAT",
        # What grew is what is there at the end, less what was there at the start or came later,
        # and what died grew before it did. The doubt is what the rounding of all these may hide.
        """
        SELECT x.assignment_id, x.batch_id, x.month, x.from_day, x.last_day, x.feed_dag, x.feedings,
               f.before_dag + f.came_dag, f.came_parts, l.dag,
               l.dag - f.before_dag - x.came_dag + x.dead_dag,
               2 + 0.5 * x.came_parts + 0.001 * x.died
        FROM (
            SELECT s.assignment_id, min(s.batch_id) AS batch_id, s.month, min(s.day) AS from_day,
                   max(s.day) AS last_day, sum(s.feed_dag) AS feed_dag,
                   sum(COALESCE(m.feedings, 0)) AS feedings, sum(s.came_dag) AS came_dag,
                   sum(s.came_parts) AS came_parts, sum(s.died) AS died,
                   sum(s.died * s.weight_cg) / 1000.0 AS dead_dag
            FROM our_state s
            LEFT JOIN our_meal m ON m.assignment_id = s.assignment_id AND m.day = s.day
            GROUP BY s.assignment_id, s.month
        ) x
        JOIN our_state f ON f.assignment_id = x.assignment_id AND f.day = x.from_day
        JOIN our_state l ON l.assignment_id = x.assignment_id AND l.day = x.last_day
        """,
        ("our_state", "our_meal"),
        index="assignment_id, month",
    ),
}

_FEED: Mapping[str, WorkingTable] = {
    # What was fed to a container in a day: as its feedings say, and as the drawn lots say.
    "our_meal": WorkingTable(
        "assignment_id BIGINT, day INTEGER, fed_dag BIGINT, cents BIGINT, feedings INTEGER,"
        " least_feed BIGINT, most_feed BIGINT, drawn_dag BIGINT, worth BIGINT,"
        " least_drawn BIGINT, most_drawn BIGINT",
        """
        SELECT assignment_id, day, sum(fed_dag), sum(cents), sum(feedings), min(feed), max(feed),
               sum(drawn_dag), sum(worth), min(drawn), max(drawn)
        FROM (
            SELECT f.batch_assignment_id AS assignment_id, DAY(f.feeding_date) AS day,
                   WHOLE(f.amount_kg, 2) AS fed_dag, WHOLE(f.feed_cost, 2) AS cents, 1 AS feedings,
                   f.feed_id AS feed, 0 AS drawn_dag, 0 AS worth, CAST(NULL AS BIGINT) AS drawn
            FROM inventory_feedingevent f
            JOIN our_assignment a ON a.id = f.batch_assignment_id
            UNION ALL
            SELECT d.assignment_id, DAY(d.day), 0, 0, 0, CAST(NULL AS BIGINT), WHOLE(d.kg, 2),
                   WHOLE(d.kg, 2) * WHOLE(p.cost_per_kg, 2), p.feed_id
            FROM smoltflow_feed_draw d
            JOIN our_assignment a ON a.id = d.assignment_id
            JOIN inventory_feedpurchase p ON p.id = d.purchase_id
        ) x
        GROUP BY assignment_id, day
        """,
        ("our_assignment",),
        index="assignment_id, day",
    ),
    "our_lot_day": WorkingTable(
        "purchase_id BIGINT, day INTEGER, dag BIGINT",
        """
        SELECT d.purchase_id, DAY(d.day), sum(WHOLE(d.kg, 2))
        FROM smoltflow_feed_draw d
        JOIN our_assignment a ON a.id = d.assignment_id
        GROUP BY 1, 2
        """,
        ("our_assignment",),
    ),
    "our_lot": WorkingTable(
        "id ROW_KEY, label TEXT, feed_id BIGINT, bought_dag BIGINT, price_cents BIGINT,"
        " day INTEGER, stocks INTEGER, store_id BIGINT, stock_id BIGINT, left_dag BIGINT,"
        " used_dag BIGINT, first_day INTEGER, last_day INTEGER",
        """
        SELECT p.id, p.batch_number, p.feed_id, WHOLE(p.quantity_kg, 2), WHOLE(p.cost_per_kg, 2),
               DAY(p.purchase_date), COALESCE(s.stocks, 0), s.store_id, s.stock_id, s.dag,
               COALESCE(d.dag, 0), d.first_day, d.last_day
        FROM inventory_feedpurchase p
        LEFT JOIN (
            SELECT feed_purchase_id, count(*) AS stocks, min(feed_container_id) AS store_id,
                   min(id) AS stock_id, sum(WHOLE(quantity_kg, 2)) AS dag
            FROM inventory_feedcontainerstock GROUP BY feed_purchase_id
        ) s ON s.feed_purchase_id = p.id
        LEFT JOIN (
            SELECT purchase_id, sum(dag) AS dag, min(day) AS first_day, max(day) AS last_day
            FROM our_lot_day GROUP BY purchase_id
        ) d ON d.purchase_id = p.id
        WHERE OURS(p.id, inventory_feedpurchase) OR d.purchase_id IS NOT NULL
        """,
        ("our_lot_day",),
    ),
}

_FORESIGHT: Mapping[str, WorkingTable] = {
    "our_run": WorkingTable(
        "id ROW_KEY, label TEXT, batch_id BIGINT, from_day INTEGER, days INTEGER, total INTEGER,"
        " n BIGINT, weight_g FLOAT, final_g FLOAT, final_kg FLOAT, profile_id BIGINT,"
        " tgc_model_id BIGINT, fcr_model_id BIGINT, mortality_model_id BIGINT,"
        " constraint_set_id BIGINT",
        """
        SELECT r.run_id, s.name, s.batch_id, DAY(s.start_date), s.duration_days,
               r.total_projections, s.initial_count, s.initial_weight, r.final_weight_g,
               r.final_biomass_kg, g.profile_id, s.tgc_model_id, s.fcr_model_id,
               s.mortality_model_id, s.biological_constraints_id
        FROM scenario_projection_run r
        LEFT JOIN scenario s ON s.scenario_id = r.scenario_id
        LEFT JOIN scenario_tgcmodel g ON g.model_id = s.tgc_model_id
        WHERE OURS(r.run_id, scenario_projection_run)
        """,
    ),
    # A live forecast of a container; its bias is in units of 0.01 degrees.
    "our_forward": WorkingTable(
        "assignment_id BIGINT, computed INTEGER, n INTEGER, days INTEGER, low INTEGER,"
        " high INTEGER, least_start INTEGER, most_start INTEGER, most_cg BIGINT,"
        " least_batch BIGINT, most_batch BIGINT, least_container BIGINT, most_container BIGINT,"
        " biases INTEGER, bias_cc BIGINT, clamp_low FLOAT, clamp_high FLOAT",
        """
        SELECT assignment_id, DAY(computed_date), count(*), count(DISTINCT projection_date),
               min(DAY(projection_date)), max(DAY(projection_date)),
               min(DAY(projection_date) - day_number), max(DAY(projection_date) - day_number),
               max(WHOLE(projected_weight_g, 2)), min(batch_id), max(batch_id),
               min(container_id), max(container_id), count(DISTINCT temp_bias_c),
               max(WHOLE(temp_bias_c, 2)), max(temp_bias_clamp_min_c), min(temp_bias_clamp_max_c)
        FROM batch_liveforwardprojection WHERE OURS(id, batch_liveforwardprojection)
        GROUP BY assignment_id, computed_date
        """,
        ("our_assignment",),
        index="assignment_id, computed",
    ),
}

TABLES: Mapping[str, WorkingTable] = {
    **_PLACES,
    **_BATCHES,
    **_DAYS,
    **_FEED,
    **_FORESIGHT,
    **MONEY,
    **LABELS,
    **PLANS,
    **SEA,
    **DELOUSINGS,
}
"""The working tables by name."""
