"""Health records: vaccinations, laboratory samples, the journal.

A routine falls on the days of a batch's life on which the remainder by its interval is half of it.
"""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

_VACCINATED = """
    SELECT t.batch_assignment_id AS assignment_id, UTC_DAY(t.treatment_date) AS day, count(*) AS n,
           max(CASE WHEN t.includes_weighing THEN 1 ELSE 0 END) AS weighed
    FROM health_treatment t WHERE t.treatment_type = 'vaccination'
    GROUP BY t.batch_assignment_id, UTC_DAY(t.treatment_date)
"""

TREATMENTS = (
    Rule(
        "treatments.belong",
        "integrity",
        "A treatment lies in its assignment's days and names its batch and container; a vaccination"
        " names its vaccine",
        "health_treatment",
        "treatments",
        """
        SELECT b.name AS batch, t.treatment_date AS day, a.label AS assignment,
               t.treatment_type AS type, t.vaccination_type_id AS vaccine,
               t.container_id AS container
        FROM health_treatment t
        JOIN our_batch b ON b.id = t.batch_id
        LEFT JOIN our_assignment a ON a.id = t.batch_assignment_id
        LEFT JOIN health_journalentry j ON j.id = t.journal_entry_id
        WHERE a.id IS NULL OR a.batch_id <> t.batch_id OR t.container_id IS NULL
           OR a.container_id <> t.container_id
           OR UTC_DAY(t.treatment_date) < a.from_day OR UTC_DAY(t.treatment_date) >= a.to_day
           OR (t.treatment_type = 'vaccination') <> (t.vaccination_type_id IS NOT NULL)
           OR j.batch_id <> t.batch_id
        """,
        ("our_assignment",),
    ),
    Rule(
        "vaccinations.due",
        "integrity",
        "On the day of a round every container of a batch is vaccinated once, and on no other day",
        "our_batch",
        "batches",
        f"""
        SELECT x.label AS assignment, DATE_OF(x.day) AS day, x.n AS vaccinations,
               x.due AS "due: 1 yes, 0 no"
        FROM (
            SELECT a.label, s.day, COALESCE(v.n, 0) AS n, 1 AS due
            FROM our_activity p
            JOIN our_assignment a ON a.batch_id = p.batch_id
            JOIN our_state s ON s.assignment_id = a.id AND s.day = p.done_day
            LEFT JOIN ({_VACCINATED}) v ON v.assignment_id = a.id AND v.day = p.done_day
            WHERE p.kind = 'VACCINATION' AND s.before_n + s.came_n > 0
            UNION ALL
            SELECT a.label, v.day, v.n, 0
            FROM ({_VACCINATED}) v
            JOIN our_assignment a ON a.id = v.assignment_id
            LEFT JOIN our_activity p
                   ON p.batch_id = a.batch_id AND p.kind = 'VACCINATION' AND p.done_day = v.day
            WHERE p.id IS NULL
        ) x
        WHERE x.n <> x.due
        """,  # noqa: S608
        ("our_state", "our_activity"),
    ),
    Rule(
        "vaccinations.state",
        "conservation",
        "Where vaccinated fish were weighed, the day's state says so",
        "health_treatment",
        "treatments",
        f"""
        SELECT a.label AS assignment, s.date AS day, s.anchor_type AS anchor,
               v.weighed AS weighed
        -- CROSS JOIN: in this order for SQLite, since the states may be without an index
        FROM batch_actualdailyassignmentstate s
        CROSS JOIN ({_VACCINATED}) v
        JOIN our_assignment a ON a.id = s.assignment_id
        WHERE v.assignment_id = s.assignment_id AND v.day = DAY(s.date)
          AND (v.weighed <> VACCINATION_WEIGHED
               OR (v.weighed = 1 AND COALESCE(s.anchor_type, '')
                   NOT IN ('vaccination', 'growth_sample')))
        """,  # noqa: S608
        ("our_assignment",),
    ),
)

RECORDS = (
    Rule(
        "lab_samples.belong",
        "integrity",
        "A laboratory sample lies in its assignment's days; it is sent, and then answered, in time",
        "health_healthlabsample",
        "laboratory samples",
        """
        SELECT a.label AS assignment, l.lab_reference_id AS reference, l.sample_date AS taken,
               l.date_sent_to_lab AS sent, l.date_results_received AS answered,
               l.findings_summary AS findings
        FROM health_healthlabsample l
        JOIN our_assignment a ON a.id = l.batch_container_assignment_id
        JOIN our_geography g ON g.id = a.geography_id
        WHERE l.sample_date < a.from_date OR l.sample_date >= a.to_date
           OR l.date_sent_to_lab < l.sample_date OR l.date_results_received < l.date_sent_to_lab
           OR (l.date_results_received IS NOT NULL AND l.date_sent_to_lab IS NULL)
           OR (l.date_results_received IS NULL) <> (l.findings_summary IS NULL)
           OR (l.date_results_received IS NULL) <> (l.quantitative_results IS NULL)
           OR (l.date_results_received IS NULL AND DAY(l.sample_date) + ANSWER_DAYS < g.to_day)
           OR DAY(l.date_results_received) - DAY(l.sample_date) > ANSWER_DAYS
        """,
        ("our_assignment",),
    ),
    Rule(
        "journal.belong",
        "integrity",
        "A journal entry lies in its batch's life, and a container that it names holds the batch",
        "health_journalentry",
        "journal entries",
        """
        SELECT b.name AS batch, j.entry_date AS day, j.category AS category,
               j.container_id AS container
        FROM health_journalentry j
        JOIN our_batch b ON b.id = j.batch_id
        WHERE UTC_DAY(j.entry_date) < b.from_day OR UTC_DAY(j.entry_date) > b.ended_day
           OR (j.container_id IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM our_assignment a
                   WHERE a.batch_id = j.batch_id AND a.container_id = j.container_id
                     AND UTC_DAY(j.entry_date) >= a.from_day
                     AND UTC_DAY(j.entry_date) < a.to_day))
        """,
        ("our_assignment",),
    ),
    Rule(
        "health_routine.due",
        "integrity",
        "On the days of its routine a batch has a laboratory sample and a journal entry",
        "our_batch",
        "batches",
        """
        SELECT b.name AS batch, DATE_OF(d.day) AS day, COALESCE(l.n, 0) AS samples,
               COALESCE(j.n, 0) AS entries
        FROM (
            SELECT s.batch_id, s.day, min((s.day - b.from_day) % LAB_DAYS) AS lab_day,
                   min((s.day - b.from_day) % JOURNAL_DAYS) AS journal_day
            FROM our_state s JOIN our_batch b ON b.id = s.batch_id
            WHERE s.before_n + s.came_n > 0
            GROUP BY s.batch_id, s.day
        ) d
        JOIN our_batch b ON b.id = d.batch_id
        LEFT JOIN (
            SELECT a.batch_id, DAY(x.sample_date) AS day, count(*) AS n
            FROM health_healthlabsample x
            JOIN our_assignment a ON a.id = x.batch_container_assignment_id
            GROUP BY a.batch_id, DAY(x.sample_date)
        ) l ON l.batch_id = d.batch_id AND l.day = d.day
        LEFT JOIN (
            SELECT x.batch_id, UTC_DAY(x.entry_date) AS day, count(*) AS n
            FROM health_journalentry x JOIN our_batch y ON y.id = x.batch_id
            WHERE x.category IN ('observation', 'issue')
            GROUP BY x.batch_id, UTC_DAY(x.entry_date)
        ) j ON j.batch_id = d.batch_id AND j.day = d.day
        WHERE (d.lab_day = LAB_DAYS / 2 AND l.n IS NULL)
           OR (d.journal_day = JOURNAL_DAYS / 2 AND j.n IS NULL)
        """,
        ("our_state",),
    ),
)

RULES = (*TREATMENTS, *RECORDS)
