"""Working tables of the plans: the run's templates, and its batches' activities."""

from __future__ import annotations

from collections.abc import Mapping

from persistence.checks.working import WorkingTable

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
    # An activity's notes are its template's name.
    "our_activity": WorkingTable(
        "id BIGINT, batch_id BIGINT, batch TEXT, name TEXT, kind TEXT, status TEXT,"
        " scenario_id BIGINT, workflow_id BIGINT, due_day INTEGER, done_day INTEGER,"
        " batch_status TEXT, from_day INTEGER, ended_day INTEGER, to_day INTEGER",
        """
        SELECT p.id, p.batch_id, b.name, p.notes, p.activity_type, p.status, p.scenario_id,
               p.transfer_workflow_id, DAY(p.due_date), UTC_DAY(p.completed_at), b.status,
               b.from_day, b.ended_day, a.to_day
        FROM our_batch b
        JOIN planning_plannedactivity p ON p.batch_id = b.id
        LEFT JOIN (
            SELECT batch_id, max(to_day) AS to_day FROM our_assignment GROUP BY batch_id
        ) a ON a.batch_id = b.id
        """,
        ("our_assignment",),
        index="batch_id, name",
    ),
}
