"""The plans of batches: an activity per template, whose status is what really happened."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "planning.templates",
        "conservation",
        "Every batch has one activity of each template, with its name and type (treatments apart)",
        "our_batch",
        "batches",
        """
        SELECT b.name AS batch, t.name AS template, COALESCE(x.activities, 0) AS activities,
               x.kind AS type, x.name AS name
        FROM our_batch b
        CROSS JOIN our_template t
        LEFT JOIN (
            SELECT batch_id, template_id, count(*) AS activities, min(kind) AS kind,
                   min(name) AS name
            FROM our_activity GROUP BY batch_id, template_id
        ) x ON x.batch_id = b.id AND x.template_id = t.id
        WHERE t.kind <> 'TREATMENT'
          AND NOT COALESCE(x.activities = 1 AND x.kind = t.kind AND x.name = t.name, FALSE)
        """,
        ("our_activity", "our_template"),
    ),
    Rule(
        "planning.status",
        "integrity",
        "Activities are due and done within the batch's life, those done say when, and a batch that"
        " has ended has none open",
        "our_activity",
        "planned activities",
        """
        SELECT batch AS batch, name AS activity, status AS status, DATE_OF(due_day) AS due,
               DATE_OF(done_day) AS done, batch_status AS "batch is"
        FROM our_activity
        WHERE (status = 'COMPLETED') <> (done_day IS NOT NULL)
           OR due_day < from_day OR done_day < from_day
           OR done_day > COALESCE(ended_day, to_day - 1)
           OR (batch_status <> 'ACTIVE' AND status IN ('PENDING', 'IN_PROGRESS'))
        """,
    ),
    Rule(
        "planning.scenario",
        "integrity",
        "A batch's plan belongs to the batch's scenario, made on its first day",
        "our_activity",
        "planned activities",
        """
        SELECT p.batch AS batch, p.name AS activity, s.name AS scenario
        FROM our_activity p
        LEFT JOIN scenario s ON s.scenario_id = p.scenario_id
        WHERE NOT COALESCE(s.batch_id = p.batch_id AND DAY(s.start_date) = p.from_day, FALSE)
        """,
    ),
    Rule(
        "planning.transfers",
        "conservation",
        "A planned transfer and its workflow know each other, and begin and end together",
        "our_activity",
        "planned activities",
        """
        SELECT p.batch AS batch, p.name AS activity, p.status AS status,
               w.workflow_number AS workflow, w.status AS "workflow is",
               DATE_OF(p.due_day) AS due, w.planned_start_date AS planned,
               DATE_OF(p.done_day) AS done, w.actual_completion_date AS completed
        FROM our_activity p
        JOIN our_template t ON t.id = p.template_id
        LEFT JOIN batch_batchtransferworkflow w
               ON w.batch_id = p.batch_id AND w.workflow_type = 'LIFECYCLE_TRANSITION'
              AND w.dest_lifecycle_stage_id = t.stage_id
        WHERE p.kind = 'TRANSFER' AND NOT COALESCE(
            CASE WHEN w.id IS NULL
                     THEN p.status IN ('PENDING', 'CANCELLED') AND p.workflow_id IS NULL
                 ELSE w.planned_activity_id = p.id AND p.workflow_id = w.id
                      AND p.status = w.status AND p.due_day = DAY(w.planned_start_date)
                      AND COALESCE(p.done_day, 0) = COALESCE(DAY(w.actual_completion_date), 0)
            END, FALSE)
        """,
        ("our_template",),
    ),
    Rule(
        "planning.harvests",
        "conservation",
        "A planned harvest begins with the first ring and is done on the batch's last day; it falls"
        " away if the batch died out before",
        "our_activity",
        "planned activities",
        """
        SELECT p.batch AS batch, p.status AS status, DATE_OF(p.done_day) AS done,
               DATE_OF(p.ended_day) AS "batch ended", COALESCE(h.rings, 0) AS rings
        FROM our_activity p
        LEFT JOIN (
            SELECT batch_id, count(*) AS rings FROM our_harvest GROUP BY batch_id
        ) h ON h.batch_id = p.batch_id
        WHERE p.kind = 'HARVEST' AND NOT COALESCE(
            CASE WHEN p.batch_status = 'TERMINATED' AND h.rings IS NULL
                     THEN p.status = 'CANCELLED'
                 WHEN p.batch_status <> 'ACTIVE'
                     THEN p.status = 'COMPLETED' AND p.done_day = p.ended_day
                 WHEN h.rings > 0 THEN p.status = 'IN_PROGRESS'
                 ELSE p.status = 'PENDING' END, FALSE)
        """,
        ("our_harvest",),
    ),
    Rule(
        "planning.vaccinations",
        "conservation",
        "A vaccination is planned for its day of the batch's life, from 0, and done on the first"
        " day from then on on which the fish may be vaccinated; without one it falls away",
        "our_round",
        "rounds",
        """
        SELECT p.batch AS batch, p.name AS activity, p.status AS status,
               DATE_OF(p.due_day) AS due, DATE_OF(p.done_day) AS done,
               DATE_OF(c.sure_day) AS "first possible", COALESCE(v.containers, 0) AS vaccinated
        FROM our_round r
        JOIN our_activity p ON p.id = r.activity_id
        LEFT JOIN (
            SELECT activity_id, max(CASE WHEN most_cg >= 0.999 * VACCINATION_CG THEN day END)
                       AS last_day,
                   min(CASE WHEN least_cg >= 1.001 * VACCINATION_CG THEN day END) AS sure_day
            FROM our_chance GROUP BY activity_id
        ) c ON c.activity_id = r.activity_id
        LEFT JOIN (
            SELECT a.batch_id, min(a.from_day) AS day
            FROM our_assignment a
            WHERE NOT EXISTS (
                SELECT 1 FROM our_stage g WHERE g.geography_id = a.geography_id
                                            AND g.sort >= a.sort AND g.vaccinates = 1)
            GROUP BY a.batch_id
        ) l ON l.batch_id = r.batch_id
        LEFT JOIN (
            SELECT batch_id, UTC_DAY(treatment_date) AS day, count(*) AS containers
            FROM health_treatment WHERE treatment_type = 'vaccination'
            GROUP BY batch_id, UTC_DAY(treatment_date)
        ) v ON v.batch_id = p.batch_id AND v.day = p.done_day
        WHERE p.due_day - p.from_day NOT IN (VACCINATION_DAYS) OR NOT COALESCE(
            CASE WHEN p.status = 'COMPLETED'
                     THEN p.done_day = c.last_day AND p.done_day <= COALESCE(c.sure_day, p.done_day)
                          AND v.containers > 0
                 WHEN c.sure_day IS NOT NULL THEN FALSE
                 WHEN p.ended_day IS NOT NULL
                      OR (l.day IS NOT NULL AND MOST(l.day, r.earliest) < p.to_day)
                     THEN p.status = 'CANCELLED'
                 ELSE p.status = 'PENDING' END, FALSE)
        """,
        ("our_chance",),
    ),
    Rule(
        "planning.samplings",
        "conservation",
        "A planned sampling is done on the stage's first growth sample from its due date on",
        "our_activity",
        "planned activities",
        # The sample may be a later stage's, if the batch left its stage before.
        """
        SELECT x.batch AS batch, x.name AS activity, x.status AS status,
               DATE_OF(x.due_day) AS due, DATE_OF(x.done_day) AS done,
               DATE_OF(x.sampled_day) AS sampled
        FROM (
            SELECT p.id, min(p.batch) AS batch, min(p.name) AS name, min(p.status) AS status,
                   min(p.due_day) AS due_day, min(p.done_day) AS done_day,
                   min(p.batch_status) AS batch_status, min(g.day) AS sampled_day
            FROM our_activity p
            JOIN our_template t ON t.id = p.template_id
            LEFT JOIN (
                SELECT a.batch_id, q.stage_id, DAY(y.sample_date) AS day
                FROM our_assignment a
                JOIN our_stage q ON q.geography_id = a.geography_id AND q.sort <= a.sort
                JOIN batch_growthsample y ON y.assignment_id = a.id
                GROUP BY a.batch_id, q.stage_id, DAY(y.sample_date)
            ) g ON g.batch_id = p.batch_id AND g.stage_id = t.stage_id AND g.day >= p.due_day
            WHERE p.kind = 'SAMPLING'
            GROUP BY p.id
        ) x
        WHERE NOT COALESCE(
            CASE WHEN x.sampled_day IS NOT NULL
                     THEN x.status = 'COMPLETED' AND x.done_day = x.sampled_day
                 WHEN x.batch_status <> 'ACTIVE' THEN x.status = 'CANCELLED'
                 ELSE x.status = 'PENDING' END, FALSE)
        """,
        ("our_template", "our_stage"),
    ),
)
