"""From eggs to plate: no fish comes from nowhere or goes missing, in any workflow or batch."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "eggs.balance",
        "conservation",
        "A batch's eggs are dead on arrival, dead since, dead in a move, harvested or alive",
        "our_batch",
        "batches",
        """
        SELECT b.name AS batch, COALESCE(c.eggs, 0) AS eggs, COALESCE(c.dead, 0) AS "on arrival",
               COALESCE(m.died, 0) AS died, COALESCE(t.died, 0) AS "in a move",
               COALESCE(h.n, 0) AS harvested, COALESCE(a.n, 0) AS alive
        FROM our_batch b
        LEFT JOIN (
            SELECT batch_id, sum(total_eggs_received) AS eggs,
                   sum(total_mortality_on_arrival) AS dead
            FROM batch_creationworkflow GROUP BY batch_id
        ) c ON c.batch_id = b.id
        LEFT JOIN (
            SELECT batch_id, sum(count) AS died FROM batch_mortalityevent GROUP BY batch_id
        ) m ON m.batch_id = b.id
        LEFT JOIN (
            SELECT w.batch_id, sum(x.mortality_during_transfer) AS died
            FROM batch_transferaction x
            JOIN batch_batchtransferworkflow w ON w.id = x.workflow_id
            GROUP BY w.batch_id
        ) t ON t.batch_id = b.id
        LEFT JOIN (
            SELECT e.batch_id, sum(l.unit_count) AS n
            FROM harvest_harvestevent e JOIN harvest_harvestlot l ON l.event_id = e.id
            GROUP BY e.batch_id
        ) h ON h.batch_id = b.id
        LEFT JOIN (
            SELECT batch_id, sum(n) AS n FROM our_assignment GROUP BY batch_id
        ) a ON a.batch_id = b.id
        WHERE c.eggs IS NULL OR c.eggs <> c.dead + COALESCE(m.died, 0) + COALESCE(t.died, 0)
              + COALESCE(h.n, 0) + COALESCE(a.n, 0)
        """,
        ("our_assignment",),
    ),
    Rule(
        "assignments.balance",
        "conservation",
        "What moved into a container died there, moved on, was harvested or is alive",
        "our_assignment",
        "assignments",
        """
        SELECT a.label AS assignment, COALESCE(i.n, 0) AS "moved in", COALESCE(m.died, 0) AS died,
               COALESCE(o.n, 0) AS "moved on", COALESCE(o.died, 0) AS "died in a move",
               COALESCE(h.n, 0) AS harvested, a.n AS alive
        FROM our_assignment a
        LEFT JOIN (
            SELECT assignment_id, sum(n) AS n FROM our_inflow GROUP BY assignment_id
        ) i ON i.assignment_id = a.id
        LEFT JOIN (
            SELECT assignment_id, sum(count) AS died FROM batch_mortalityevent
            GROUP BY assignment_id
        ) m ON m.assignment_id = a.id
        LEFT JOIN our_outflow o ON o.assignment_id = a.id
        LEFT JOIN our_harvest h ON h.assignment_id = a.id
        WHERE COALESCE(i.n, 0) <> COALESCE(m.died, 0) + COALESCE(o.n, 0) + COALESCE(o.died, 0)
              + COALESCE(h.n, 0) + a.n
        """,
        ("our_inflow", "our_outflow", "our_harvest"),
    ),
    Rule(
        "creations.totals",
        "conservation",
        "A creation workflow's totals are its actions', and its batch starts with it",
        "batch_creationworkflow",
        "creation workflows",
        """
        SELECT w.workflow_number AS workflow, w.total_eggs_received AS eggs,
               COALESCE(x.eggs, 0) AS "of actions", w.total_mortality_on_arrival AS dead,
               COALESCE(x.dead, 0) AS "dead of actions", w.total_actions AS actions,
               COALESCE(x.done, 0) AS done
        FROM batch_creationworkflow w
        JOIN our_batch b ON b.id = w.batch_id
        LEFT JOIN (
            SELECT y.workflow_id, sum(y.egg_count_actual) AS eggs,
                   sum(y.mortality_on_arrival) AS dead, count(*) AS actions,
                   sum(CASE WHEN y.status = 'COMPLETED' THEN 1 ELSE 0 END) AS done,
                   min(a.batch_id) AS least_batch, max(a.batch_id) AS most_batch,
                   min(a.sort) AS least_stage, max(a.sort) AS most_stage
            FROM batch_creationaction y
            LEFT JOIN our_assignment a ON a.id = y.dest_assignment_id
            GROUP BY y.workflow_id
        ) x ON x.workflow_id = w.id
        WHERE NOT COALESCE(
            w.total_eggs_received = x.eggs AND w.total_mortality_on_arrival = x.dead
            AND w.total_actions = x.actions AND w.actions_completed = x.done
            AND x.least_batch = w.batch_id AND x.most_batch = w.batch_id
            AND x.least_stage = 0 AND x.most_stage = 0
            AND DAY(w.actual_start_date) = b.from_day AND w.status = 'COMPLETED',
            FALSE)
        """,
        ("our_assignment",),
    ),
    Rule(
        "transfers.totals",
        "conservation",
        "A transfer workflow's totals are its actions'",
        "batch_batchtransferworkflow",
        "transfer workflows",
        """
        SELECT w.workflow_number AS workflow, w.status AS status,
               w.total_transferred_count AS moved, COALESCE(x.n, 0) AS "of actions",
               w.total_mortality_count AS died,
               COALESCE(x.died, 0) AS "died of actions", w.total_biomass_kg AS kg,
               COALESCE(x.dag, 0) / 100.0 AS "kg of actions", w.actions_completed AS actions,
               COALESCE(x.done, 0) AS done
        FROM batch_batchtransferworkflow w
        JOIN our_batch b ON b.id = w.batch_id
        LEFT JOIN (
            SELECT workflow_id, sum(transferred_count) AS n, count(*) AS done,
                   sum(mortality_during_transfer) AS died,
                   sum(WHOLE(transferred_biomass_kg, 2)) AS dag
            FROM batch_transferaction WHERE status = 'COMPLETED' GROUP BY workflow_id
        ) x ON x.workflow_id = w.id
        WHERE w.total_transferred_count <> COALESCE(x.n, 0)
           OR w.total_mortality_count <> COALESCE(x.died, 0)
           OR w.actions_completed <> COALESCE(x.done, 0)
           OR abs(WHOLE(w.total_biomass_kg, 2) - COALESCE(x.dag, 0)) > 1 + 0.5 * COALESCE(x.done, 0)
           OR abs(w.completion_percentage
                  - 100.0 * w.actions_completed / MOST(w.total_actions_planned, 1)) > 0.0051
           OR (w.status = 'COMPLETED') <> (w.actions_completed = w.total_actions_planned)
           OR (w.status = 'COMPLETED'
               AND w.total_source_count <> w.total_transferred_count + w.total_mortality_count)
        """,
        ("our_batch",),
    ),
    Rule(
        "transfers.actions",
        "conservation",
        "An action takes what the one before left in its source, some fish, to a container of the"
        " next stage",
        "batch_transferaction",
        "transfer actions",
        """
        SELECT y.label AS source, y.action_number AS action, y.before AS before,
               y.expected AS expected, y.n AS moved, y.died AS died, y.after_it AS "left behind"
        FROM (
            SELECT a.label, x.action_number, x.source_population_before AS before,
                   x.transferred_count AS n, x.mortality_during_transfer AS died,
                   COALESCE(lag(x.source_population_before - x.transferred_count
                                - x.mortality_during_transfer) OVER source, s.n) AS expected,
                   x.source_population_before - x.transferred_count
                   - x.mortality_during_transfer AS after_it,
                   lead(x.id) OVER source AS next_id, a.batch_id, a.departed_day,
                   DAY(x.actual_execution_date) AS day, d.batch_id AS dest_batch,
                   d.container_id AS dest_container, x.dest_container_id AS named_container,
                   w.batch_id AS workflow_batch, a.stage_id, w.source_lifecycle_stage_id,
                   d.stage_id AS dest_stage, w.dest_lifecycle_stage_id,
                   abs(2000 * WHOLE(x.transferred_biomass_kg, 2)
                       - 2 * x.transferred_count * WHOLE(x.measured_avg_weight_g, 2))
                   - x.transferred_count - 1001 AS overweight
            FROM batch_transferaction x
            JOIN our_assignment a ON a.id = x.source_assignment_id
            JOIN batch_batchtransferworkflow w ON w.id = x.workflow_id
            LEFT JOIN our_assignment d ON d.id = x.dest_assignment_id
            LEFT JOIN our_last_state s ON s.assignment_id = a.id
            WHERE x.status = 'COMPLETED'
            WINDOW source AS (PARTITION BY x.source_assignment_id
                              ORDER BY x.workflow_id, x.action_number)
        ) y
        WHERE NOT COALESCE(
            y.before = y.expected AND y.n + y.died > 0
            AND (y.next_id IS NOT NULL OR y.after_it = 0)
            AND y.day = y.departed_day AND y.batch_id = y.workflow_batch
            AND y.dest_batch = y.batch_id AND y.dest_container = y.named_container
            AND y.stage_id = y.source_lifecycle_stage_id
            AND y.dest_stage = y.dest_lifecycle_stage_id AND y.overweight <= 0,
            FALSE)
        """,
        ("our_last_state",),
    ),
)
