"""The queries behind a run's measures, in the words of :mod:`persistence.checks.engine.dialect`.

They read the working tables of the checks, which hold nothing but the run's. ``OURS(id, table)`` is
true of the run's rows in any other table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the working tables that it reads."""

    sql: str
    needs: tuple[str, ...] = ()


QUERIES: Mapping[str, Query] = {
    "batches": Query(
        """
        SELECT b.id, b.batch_number, DAY(c.planned_start_date), DAY(b.start_date),
               c.total_eggs_received, COALESCE(c.external_cost_per_thousand, 0),
               DAY(b.expected_end_date), DAY(b.actual_end_date), COALESCE(a.n, 0),
               COALESCE(a.dag, 0) / 100.0, b.status, c.total_mortality_on_arrival, p.number,
               p.target_g
        FROM batch_batch b
        JOIN batch_creationworkflow c ON c.batch_id = b.id
        JOIN smoltflow_batch p ON p.batch_id = b.id
        LEFT JOIN (
            SELECT batch_id, sum(n) AS n, sum(dag) AS dag FROM our_assignment WHERE active = 1
            GROUP BY batch_id
        ) a ON a.batch_id = b.id
        WHERE OURS(b.id, batch_batch)
        """,
        ("our_assignment",),
    ),
    "due": Query(
        """
        SELECT batch_id, row_number() OVER (PARTITION BY batch_id ORDER BY id), DAY(due_date)
        FROM planning_plannedactivity
        WHERE activity_type = 'TRANSFER' AND OURS(id, planning_plannedactivity)
        """,  # a batch's moves are written down in the order of its stages
    ),
    "moves": Query(
        """
        SELECT w.batch_id, w.dest_lifecycle_stage_id, DAY(w.actual_start_date),
               DAY(w.actual_completion_date), w.total_transferred_count, w.total_mortality_count,
               w.total_biomass_kg, COALESCE(b.cents, 0)
        FROM batch_batchtransferworkflow w
        LEFT JOIN our_bill b ON b.id = w.finance_transaction_id
        WHERE OURS(w.id, batch_batchtransferworkflow)
        """,
        ("our_bill",),
    ),
    "died on the way": Query(
        """
        SELECT w.batch_id, MONTH(x.actual_execution_date), w.source_lifecycle_stage_id,
               sum(x.mortality_during_transfer),
               sum(x.mortality_during_transfer * x.measured_avg_weight_g) / 1000
        FROM batch_transferaction x
        JOIN batch_batchtransferworkflow w ON w.id = x.workflow_id
        WHERE OURS(x.id, batch_transferaction) AND x.mortality_during_transfer > 0
        GROUP BY 1, 2, 3
        """,
    ),
    "deaths": Query(
        """
        SELECT a.batch_id, MONTH(m.event_date), a.stage_id, m.cause, sum(m."count"),
               sum(m.biomass_kg)
        FROM batch_mortalityevent m
        JOIN our_assignment a ON a.id = m.assignment_id
        WHERE OURS(m.id, batch_mortalityevent)
        GROUP BY 1, 2, 3, 4
        """,
        ("our_assignment",),
    ),
    "feed": Query(
        """
        SELECT a.batch_id, MONTH(d.day), a.stage_id, sum(d.kg), sum(d.kg * p.cost_per_kg)
        FROM smoltflow_feed_draw d
        JOIN our_assignment a ON a.id = d.assignment_id
        JOIN inventory_feedpurchase p ON p.id = d.purchase_id
        GROUP BY 1, 2, 3
        """,
        ("our_assignment",),
    ),
    "harvests": Query(
        """
        SELECT e.id, e.batch_id, UTC_DAY(e.event_date), l.grade_id, l.n, l.g, COALESCE(b.cents, 0)
        FROM harvest_harvestevent e
        JOIN (
            SELECT event_id, product_grade_id AS grade_id, sum(unit_count) AS n,
                   sum(WHOLE(live_weight_kg, 3)) AS g
            FROM harvest_harvestlot GROUP BY event_id, product_grade_id
        ) l ON l.event_id = e.id
        LEFT JOIN (
            SELECT x.event_id, p.grade_id, sum(x.cents) AS cents
            FROM our_bill x JOIN our_policy p ON p.id = x.policy_id
            GROUP BY x.event_id, p.grade_id
        ) b ON b.event_id = e.id AND b.grade_id = l.grade_id
        WHERE OURS(e.id, harvest_harvestevent)
        """,
        ("our_bill", "our_policy"),
    ),
    "treatments": Query(
        """
        SELECT t.batch_id, UTC_DAY(t.treatment_date), t.treatment_type,
               COALESCE(v.name, t.description)
        FROM health_treatment t
        LEFT JOIN health_vaccinationtype v ON v.id = t.vaccination_type_id
        WHERE OURS(t.id, health_treatment)
        """,
    ),
    "waits": Query(
        """
        SELECT id, pool, kind, pool_kind, hall, batch_id, waiter, since, until, short_kg, cause
        FROM smoltflow_wait WHERE OURS(id, smoltflow_wait)
        """,
    ),
    "holders": Query(
        """
        SELECT id, wait_id, holder, units FROM smoltflow_wait_holder
        WHERE OURS(id, smoltflow_wait_holder)
        """,
    ),
    "usage": Query(
        """
        SELECT geography, pool, kind, hall, DAY(month), capacity_days, busy_days, resting_days,
               queue_days
        FROM smoltflow_usage WHERE OURS(id, smoltflow_usage)
        """,
    ),
    "stays": Query(
        """
        SELECT a.batch_id, a.stage_id, COALESCE(r.name, h.name), min(a.from_day),
               CASE WHEN sum(a.active) > 0 THEN -1 ELSE max(a.departed_day) END, count(*)
        FROM our_assignment a
        JOIN infrastructure_container c ON c.id = a.container_id
        LEFT JOIN infrastructure_area r ON r.id = c.area_id
        LEFT JOIN infrastructure_hall h ON h.id = c.hall_id
        GROUP BY a.batch_id, a.stage_id, COALESCE(r.name, h.name)
        """,
        ("our_assignment",),
    ),
    "simulated": Query("SELECT name, to_day FROM our_geography"),
    "keys": Query(
        "SELECT table_name, id, k FROM smoltflow_key WHERE run_id = RUN_ID AND geography = ''"
    ),
}
"""By what they tell."""
