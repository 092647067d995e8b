"""Working tables of the plans: the run's templates, and its batches' activities."""

from __future__ import annotations

from collections.abc import Mapping

from persistence.checks.engine.working import WorkingTable

PLANS: Mapping[str, WorkingTable] = {
    # Whoever else uses the database has templates of their own.
    "our_template": WorkingTable(
        "id BIGINT, name TEXT, kind TEXT, stage_id BIGINT",
        """
        SELECT t.id, t.name, t.activity_type, t.target_lifecycle_stage_id
        FROM smoltflow_key k
        JOIN planning_activitytemplate t ON t.id = k.id
        WHERE k.run_id = RUN_ID AND k.table_name = 'planning_activitytemplate'
        """,
    ),
    "our_activity": WorkingTable(
        "id BIGINT, batch_id BIGINT, batch TEXT, template_id BIGINT, name TEXT, kind TEXT,"
        " status TEXT, scenario_id BIGINT, workflow_id BIGINT, due_day INTEGER, done_day INTEGER,"
        " batch_status TEXT, from_day INTEGER, ended_day INTEGER, to_day INTEGER",
        """
        SELECT p.id, p.batch_id, b.name, o.template_id, p.notes, p.activity_type, p.status,
               p.scenario_id, p.transfer_workflow_id, DAY(p.due_date), UTC_DAY(p.completed_at),
               b.status, b.from_day, b.ended_day, a.to_day
        FROM our_batch b
        JOIN planning_plannedactivity p ON p.batch_id = b.id
        LEFT JOIN smoltflow_planned_activity o ON o.activity_id = p.id
        LEFT JOIN (
            SELECT batch_id, max(to_day) AS to_day FROM our_assignment GROUP BY batch_id
        ) a ON a.batch_id = b.id
        """,
        ("our_assignment",),
        index="batch_id, template_id",
    ),
    # A planned round of vaccination: the earliest day for it, which keeps its distance from the
    # rounds that were given before, and the day before which it was given or the batch's time ends.
    "our_round": WorkingTable(
        "activity_id BIGINT, batch_id BIGINT, earliest INTEGER, until_day INTEGER",
        """
        SELECT p.id, min(p.batch_id),
               MOST(min(p.due_day), COALESCE(max(
                   q.done_day + LEAST(p.due_day - q.due_day, VACCINATION_INTERVAL)), 0)),
               COALESCE(min(p.done_day) + 1, min(p.to_day))
        FROM our_activity p
        LEFT JOIN our_activity q ON q.batch_id = p.batch_id AND q.kind = 'VACCINATION'
                                AND q.due_day < p.due_day AND q.done_day IS NOT NULL
        WHERE p.kind = 'VACCINATION'
        GROUP BY p.id
        """,
        ("our_activity",),
        index="activity_id",
    ),
    # The days on which all fish of a round's batch were in stages where they may be vaccinated, and
    # what they weighed: as the evening before and what came say, whose rounding leaves a doubt.
    "our_chance": WorkingTable(
        "activity_id BIGINT, day INTEGER, least_cg FLOAT, most_cg FLOAT",
        """
        SELECT r.activity_id, s.day,
               1000.0 * sum(s.before_dag + s.came_dag - 1 - s.came_parts)
                   / sum(s.before_n + s.came_n),
               1000.0 * sum(s.before_dag + s.came_dag + 1 + s.came_parts)
                   / sum(s.before_n + s.came_n)
        FROM our_round r
        JOIN our_assignment a ON a.batch_id = r.batch_id AND a.to_day > r.earliest
                             AND a.from_day < r.until_day
        JOIN our_stage g ON g.geography_id = a.geography_id AND g.sort = a.sort
        JOIN our_state s ON s.assignment_id = a.id AND s.day >= r.earliest AND s.day < r.until_day
        WHERE s.before_n + s.came_n > 0
        GROUP BY r.activity_id, s.day HAVING min(g.vaccinates) = 1
        """,
        ("our_round", "our_state"),
        index="activity_id",
    ),
}
