"""Growth samples: taken on their days, and worth what their individual fish are worth.

Where a mean weight was told in the wrong unit on request, its label's truth counts.
"""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

BELONG = Rule(
    "samples.belong",
    "integrity",
    "A sample lies inside its assignment's days, on a sampling day of its batch",
    "batch_growthsample",
    "growth samples",
    """
    SELECT a.label AS assignment, s.sample_date AS day, s.sample_size AS fish
    FROM batch_growthsample s
    JOIN our_assignment a ON a.id = s.assignment_id
    JOIN our_batch b ON b.id = a.batch_id
    WHERE s.sample_date < a.from_date OR s.sample_date >= a.to_date
       OR (DAY(s.sample_date) - b.from_day) % SAMPLE_DAYS <> 0 OR a.fed = 0
    """,
    ("our_assignment",),
)
DUE = Rule(
    "samples.due",
    "integrity",
    "A fed container with fish is sampled on every sampling day, and its last one is noted",
    "our_assignment",
    "assignments",
    """
    SELECT a.label AS assignment, COALESCE(d.due, 0) AS due, COALESCE(s.samples, 0) AS taken,
           DATE_OF(s.last_day) AS "last taken", DATE_OF(a.weighed_day) AS "last noted"
    FROM our_assignment a
    LEFT JOIN (
        SELECT x.assignment_id, count(*) AS due
        FROM our_state x JOIN our_batch b ON b.id = x.batch_id
        WHERE (x.day - b.from_day) % SAMPLE_DAYS = 0 AND x.n > 0
        GROUP BY x.assignment_id
    ) d ON d.assignment_id = a.id AND a.fed = 1
    LEFT JOIN (
        SELECT assignment_id, count(*) AS samples, max(DAY(sample_date)) AS last_day
        FROM batch_growthsample GROUP BY assignment_id
    ) s ON s.assignment_id = a.id
    WHERE COALESCE(d.due, 0) <> COALESCE(s.samples, 0)
       OR COALESCE(s.last_day, -1) <> COALESCE(a.weighed_day, -1)
    """,
    ("our_state",),
)
STATISTICS = Rule(
    "samples.statistics",
    "conservation",
    "A sample's size, means, spreads, extremes and condition factor are those of its fish",
    "batch_growthsample",
    "growth samples",
    # In 0.01 g and 0.01 cm. Spreads are compared as squares, since not every SQLite has a root.
    """
    SELECT a.label AS assignment, s.sample_date AS day, s.sample_size AS fish, f.n AS weighed,
           s.avg_weight_g AS "mean g", f.w / f.n / 100.0 AS "of its fish",
           s.std_deviation_weight AS "spread g", s.avg_length_cm AS "mean cm",
           f.l / f.n / 100.0 AS "of its fish ", s.std_deviation_length AS "spread cm",
           s.condition_factor AS "condition factor"
    FROM batch_growthsample s
    JOIN our_assignment a ON a.id = s.assignment_id
    LEFT JOIN (
        SELECT x.growth_sample_id, count(*) AS n, 1.0 * sum(x.w) AS w, 1.0 * sum(x.l) AS l,
               1.0 * sum(x.w * x.w) AS ww, 1.0 * sum(x.l * x.l) AS ll,
               min(x.w) AS least, max(x.w) AS most
        FROM (
            SELECT growth_sample_id, WHOLE(weight_g, 2) AS w, WHOLE(length_cm, 2) AS l
            FROM batch_individualgrowthobservation
        ) x
        GROUP BY x.growth_sample_id
    ) f ON f.growth_sample_id = s.id
    LEFT JOIN our_sample_label d ON d.growth_sample_id = s.id
    WHERE NOT COALESCE(
        s.sample_size = f.n AND f.n = SAMPLE_FISH
        AND abs(100 * COALESCE(d.true_value, s.avg_weight_g) - f.w / f.n) <= 0.5001
        AND abs(100 * s.avg_length_cm - f.l / f.n) <= 0.5001
        AND WHOLE(s.min_weight_g, 2) = f.least AND WHOLE(s.max_weight_g, 2) = f.most
        AND f.ww / f.n - f.w / f.n * (f.w / f.n)
            BETWEEN MOST(100 * s.std_deviation_weight - 0.501, 0)
                    * (100 * s.std_deviation_weight - 0.501) - 0.01 - 1e-15 * f.ww / f.n
                AND (100 * s.std_deviation_weight + 0.501) * (100 * s.std_deviation_weight + 0.501)
        AND f.ll / f.n - f.l / f.n * (f.l / f.n)
            BETWEEN MOST(100 * s.std_deviation_length - 0.501, 0)
                    * (100 * s.std_deviation_length - 0.501) - 0.01 - 1e-15 * f.ll / f.n
                AND (100 * s.std_deviation_length + 0.501) * (100 * s.std_deviation_length + 0.501)
        AND abs(s.condition_factor
                - 1000000.0 * f.w / f.n / (f.l / f.n) / (f.l / f.n) / (f.l / f.n)) <= 0.0051,
        FALSE)
    """,
    ("our_assignment", "our_sample_label"),
)
