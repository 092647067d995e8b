"""What ails the fish: lice counts, treatments against lice, deaths and what they came of."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

_TYPES = """
    (SELECT count(*) FROM smoltflow_key
     WHERE run_id = RUN_ID AND table_name = 'health_licetype' AND geography = '')
"""

LICE = (
    Rule(
        "lice.belong",
        "integrity",
        "A lice count lies in the days of its ring's assignment at sea, names a lice type, and"
        " leaves the older columns at 0",
        "health_licecount",
        "lice counts",
        """
        SELECT a.label AS assignment, l.count_date AS day, l.lice_type_id AS type,
               l.count_value AS lice, l.fish_sampled AS fish
        FROM health_licecount l
        JOIN our_batch b ON b.id = l.batch_id
        LEFT JOIN our_assignment a ON a.id = l.assignment_id
        LEFT JOIN our_stage s ON s.geography_id = a.geography_id AND s.stage_id = a.stage_id
        WHERE NOT COALESCE(
            a.batch_id = l.batch_id AND a.container_id = l.container_id AND s.sea = 1
            AND UTC_DAY(l.count_date) >= a.from_day AND UTC_DAY(l.count_date) < a.to_day
            AND l.lice_type_id IS NOT NULL AND l.count_value >= 0 AND l.fish_sampled = LICE_FISH
            AND l.adult_female_count + l.adult_male_count + l.juvenile_count = 0
            AND l.confidence_level BETWEEN 0 AND 1, FALSE)
        """,
        ("our_assignment",),
    ),
    Rule(
        "lice.rounds",
        "integrity",
        "A ring's lice are counted every so many days, once of each type",
        "health_licecount",
        "lice counts",
        f"""
        SELECT a.label AS assignment, DATE_OF(x.day) AS day, x.n AS rows, x.types AS types,
               x.day - x.before AS "days since the last count"
        FROM (
            SELECT y.*, lag(y.day) OVER (PARTITION BY y.assignment_id ORDER BY y.day) AS before
            FROM (
                SELECT l.assignment_id, UTC_DAY(l.count_date) AS day, count(*) AS n,
                       count(DISTINCT l.lice_type_id) AS types
                FROM health_licecount l JOIN our_batch b ON b.id = l.batch_id
                GROUP BY l.assignment_id, UTC_DAY(l.count_date)
            ) y
        ) x
        JOIN our_assignment a ON a.id = x.assignment_id
        WHERE x.n <> {_TYPES} OR x.types <> x.n OR x.day - x.before <> LICE_DAYS
        """,  # noqa: S608
        ("our_assignment",),
    ),
)

TREATMENTS = (
    Rule(
        "treatments.aims",
        "conservation",
        "A treatment says once what it is against, as its description does, or which vaccine it is",
        "health_treatment",
        "treatments",
        """
        SELECT b.name AS batch, t.treatment_date AS "given", t.description AS treatment,
               COALESCE(o.n, 0) AS aims, t.vaccination_type_id AS vaccine
        FROM health_treatment t
        JOIN our_batch b ON b.id = t.batch_id
        LEFT JOIN (
            SELECT treatment_id, count(*) AS n, min(given) AS given, min(against) AS against
            FROM smoltflow_treatment GROUP BY treatment_id
        ) o ON o.treatment_id = t.id
        WHERE NOT COALESCE(
            CASE WHEN t.vaccination_type_id IS NOT NULL THEN o.n IS NULL
                 ELSE o.n = 1 AND t.description = o.given || ' against ' || o.against END, FALSE)
        """,
        ("our_batch",),
    ),
    Rule(
        "treatments.interval",
        "integrity",
        "A ring is not treated against lice again before the least interval is over",
        "health_treatment",
        "treatments",
        """
        SELECT a.label AS assignment, DATE_OF(x.day) AS day, DATE_OF(x.before) AS "and on"
        FROM (
            SELECT assignment_id, day,
                   lag(day) OVER (PARTITION BY assignment_id ORDER BY day) AS before
            FROM our_delousing
        ) x
        JOIN our_assignment a ON a.id = x.assignment_id
        WHERE x.day - x.before < DELOUSING_DAYS
        """,
        ("our_assignment", "our_delousing"),
    ),
    Rule(
        "treatments.withheld",
        "conservation",
        "Fish are not slaughtered before the withholding days of what they were given are over",
        "our_harvest",
        "harvests",
        """
        SELECT a.label AS assignment, DATE_OF(h.day) AS harvested, t.description AS treatment,
               t.treatment_date AS "given", t.withholding_period_days AS "days withheld"
        FROM our_harvest h
        JOIN our_assignment a ON a.id = h.assignment_id
        JOIN health_treatment t ON t.batch_assignment_id = h.assignment_id
        WHERE h.day < UTC_DAY(t.treatment_date) + t.withholding_period_days
        """,
        ("our_assignment",),
    ),
)

DEATHS = (
    Rule(
        "deaths.causes",
        "integrity",
        "A container has one record of deaths a day and cause",
        "batch_mortalityevent",
        "records of deaths",
        """
        SELECT a.label AS assignment, x.event_date AS day, x.cause AS cause, x.n AS records
        FROM (
            SELECT m.assignment_id, m.event_date, m.cause, count(*) AS n
            FROM batch_mortalityevent m GROUP BY m.assignment_id, m.event_date, m.cause
        ) x
        JOIN our_assignment a ON a.id = x.assignment_id
        WHERE x.n > 1
        """,
        ("our_assignment",),
    ),
    Rule(
        "deaths.treated",
        "conservation",
        "Who died of a treatment had been treated, a month before at most",
        "batch_mortalityevent",
        "records of deaths",
        # A record's description is the name of what was given.
        """
        SELECT a.label AS assignment, m.event_date AS day, m.description AS "died of",
               m.count AS fish
        FROM batch_mortalityevent m
        JOIN our_assignment a ON a.id = m.assignment_id
        WHERE m.cause = 'HANDLING' AND m.description IN (SELECT d.given FROM our_delousing d)
          AND NOT EXISTS (
              SELECT 1 FROM our_delousing d
              WHERE d.assignment_id = m.assignment_id AND d.given = m.description
                AND d.day BETWEEN DAY(m.event_date) - 30 AND DAY(m.event_date))
        """,
        ("our_assignment", "our_delousing"),
    ),
)

RULES = (*LICE, *TREATMENTS, *DEATHS)
