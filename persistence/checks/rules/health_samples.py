"""Health samplings: taken on their days, worth what their fish are worth, every fish scored."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

_SAMPLED = """
    SELECT g.id AS geography_id, COALESCE(
        (SELECT max(x.sort) FROM our_stage x
         WHERE x.geography_id = g.id AND x.fed = 1 AND x.sea = 0),
        (SELECT min(x.sort) FROM our_stage x WHERE x.geography_id = g.id AND x.sea = 1)) AS sort
    FROM our_geography g
"""
"""The first stage per geography in which fish are sampled: the last fed one ashore."""

RULES = (
    Rule(
        "health_samples.belong",
        "integrity",
        "A health sampling is on its day, in a container where fish are sampled, of as many fish"
        " as are asked for or live there",
        "health_healthsamplingevent",
        "health samplings",
        f"""
        SELECT a.label AS assignment, e.sampling_date AS day, e.number_of_fish_sampled AS fish,
               e.calculated_sample_size AS "fish counted", s.before_n + s.came_n AS "fish there"
        FROM health_healthsamplingevent e
        JOIN our_assignment a ON a.id = e.assignment_id
        JOIN our_batch b ON b.id = a.batch_id
        JOIN ({_SAMPLED}) f ON f.geography_id = a.geography_id
        LEFT JOIN our_state s ON s.assignment_id = a.id AND s.day = DAY(e.sampling_date)
        WHERE s.day IS NULL OR a.sort < f.sort
           OR (s.day - b.from_day) % SAMPLING_DAYS <> SAMPLING_DAYS / 2
           OR e.number_of_fish_sampled <> LEAST(SAMPLING_FISH, s.before_n + s.came_n)
           OR e.calculated_sample_size IS NULL
           OR e.calculated_sample_size <> e.number_of_fish_sampled
        """,  # noqa: S608
        ("our_assignment", "our_state"),
    ),
    Rule(
        "health_samples.due",
        "integrity",
        "A batch that lives where fish are sampled has one health sampling on each of its days",
        "our_batch",
        "batches",
        f"""
        SELECT b.name AS batch, COALESCE(d.due, 0) AS due, COALESCE(e.taken, 0) AS taken,
               COALESCE(e.days, 0) AS "on different days"
        FROM our_batch b
        LEFT JOIN (
            SELECT s.batch_id, count(DISTINCT s.day) AS due
            FROM our_state s
            JOIN our_assignment a ON a.id = s.assignment_id
            JOIN our_batch x ON x.id = s.batch_id
            JOIN ({_SAMPLED}) f ON f.geography_id = a.geography_id
            WHERE a.sort >= f.sort AND s.before_n + s.came_n > 0
              AND (s.day - x.from_day) % SAMPLING_DAYS = SAMPLING_DAYS / 2
            GROUP BY s.batch_id
        ) d ON d.batch_id = b.id
        LEFT JOIN (
            SELECT a.batch_id, count(*) AS taken, count(DISTINCT e.sampling_date) AS days
            FROM health_healthsamplingevent e JOIN our_assignment a ON a.id = e.assignment_id
            GROUP BY a.batch_id
        ) e ON e.batch_id = b.id
        WHERE COALESCE(d.due, 0) <> COALESCE(e.taken, 0)
           OR COALESCE(e.taken, 0) <> COALESCE(e.days, 0)
        """,  # noqa: S608
        ("our_state",),
    ),
    Rule(
        "health_samples.statistics",
        "conservation",
        "A health sampling's means, spreads, extremes and condition factor are those of its fish",
        "health_healthsamplingevent",
        "health samplings",
        # As for growth samples, but the condition factor is the mean of the fish's own.
        """
        SELECT a.label AS assignment, e.sampling_date AS day, e.calculated_sample_size AS fish,
               f.n AS measured, e.avg_weight_g AS "mean g", f.w / f.n / 100.0 AS "of its fish",
               e.std_dev_weight_g AS "spread g", e.avg_length_cm AS "mean cm",
               f.l / f.n / 100.0 AS "of its fish ", e.std_dev_length_cm AS "spread cm",
               e.avg_k_factor AS "K factor", f.k AS "of its fish  "
        FROM health_healthsamplingevent e
        JOIN our_assignment a ON a.id = e.assignment_id
        LEFT JOIN (
            SELECT x.event_id, count(*) AS n, 1.0 * sum(x.w) AS w, 1.0 * sum(x.l) AS l,
                   1.0 * sum(x.w * x.w) AS ww, 1.0 * sum(x.l * x.l) AS ll,
                   min(x.w) AS least_w, max(x.w) AS most_w, min(x.l) AS least_l,
                   max(x.l) AS most_l, sum(1000000.0 * x.w / x.l / x.l / x.l) / count(*) AS k
            FROM (
                SELECT sampling_event_id AS event_id, WHOLE(weight_g, 2) AS w,
                       WHOLE(length_cm, 2) AS l
                FROM health_individualfishobservation
            ) x
            GROUP BY x.event_id
        ) f ON f.event_id = e.id
        WHERE NOT COALESCE(
            e.calculated_sample_size = f.n
            AND abs(100 * e.avg_weight_g - f.w / f.n) <= 0.5001
            AND abs(100 * e.avg_length_cm - f.l / f.n) <= 0.5001
            AND WHOLE(e.min_weight_g, 2) = f.least_w AND WHOLE(e.max_weight_g, 2) = f.most_w
            AND WHOLE(e.min_length_cm, 2) = f.least_l AND WHOLE(e.max_length_cm, 2) = f.most_l
            AND f.ww / f.n - f.w / f.n * (f.w / f.n)
                BETWEEN MOST(100 * e.std_dev_weight_g - 0.501, 0)
                        * (100 * e.std_dev_weight_g - 0.501) - 0.01 - 1e-15 * f.ww / f.n
                    AND (100 * e.std_dev_weight_g + 0.501) * (100 * e.std_dev_weight_g + 0.501)
            AND f.ll / f.n - f.l / f.n * (f.l / f.n)
                BETWEEN MOST(100 * e.std_dev_length_cm - 0.501, 0)
                        * (100 * e.std_dev_length_cm - 0.501) - 0.01 - 1e-15 * f.ll / f.n
                    AND (100 * e.std_dev_length_cm + 0.501) * (100 * e.std_dev_length_cm + 0.501)
            AND abs(e.avg_k_factor - f.k) <= 0.0000501,
            FALSE)
        """,
        ("our_assignment",),
    ),
    Rule(
        "health_samples.scores",
        "integrity",
        "A sampled fish has one score for each of the run's health parameters, within its range",
        "health_individualfishobservation",
        "sampled fish",
        """
        SELECT a.label AS assignment, e.sampling_date AS day, f.fish_identifier AS fish,
               COALESCE(s.scores, 0) AS scores, COALESCE(s.parameters, 0) AS parameters,
               s.outside AS "outside their range"
        FROM health_individualfishobservation f
        JOIN health_healthsamplingevent e ON e.id = f.sampling_event_id
        JOIN our_assignment a ON a.id = e.assignment_id
        LEFT JOIN (
            SELECT x.individual_fish_observation_id AS fish_id, count(*) AS scores,
                   count(DISTINCT k.id) AS parameters,
                   sum(CASE WHEN x.score BETWEEN p.min_score AND p.max_score THEN 0 ELSE 1 END)
                   AS outside
            FROM health_fishparameterscore x
            LEFT JOIN health_healthparameter p ON p.id = x.parameter_id
            LEFT JOIN smoltflow_key k ON k.run_id = RUN_ID AND k.id = p.id
                                     AND k.table_name = 'health_healthparameter'
            GROUP BY x.individual_fish_observation_id
        ) s ON s.fish_id = f.id
        CROSS JOIN (
            SELECT count(*) AS n FROM smoltflow_key
            WHERE run_id = RUN_ID AND table_name = 'health_healthparameter'
        ) own
        WHERE s.scores IS NULL OR s.scores <> own.n OR s.parameters <> own.n OR s.outside > 0
        """,
        ("our_assignment",),
    ),
    Rule(
        "health_parameters.defined",
        "integrity",
        "Every score of a health parameter, from the least to the most, has its definition",
        "health_healthparameter",
        "health parameters",
        """
        SELECT p.name AS parameter, p.min_score AS least, p.max_score AS most,
               COALESCE(d.n, 0) AS definitions
        FROM health_healthparameter p
        JOIN smoltflow_key k ON k.run_id = RUN_ID AND k.id = p.id
                            AND k.table_name = 'health_healthparameter'
        LEFT JOIN (
            SELECT x.parameter_id, count(*) AS n, min(x.score_value) AS least,
                   max(x.score_value) AS most
            FROM health_parameterscoredefinition x WHERE length(x.description) > 0
            GROUP BY x.parameter_id
        ) d ON d.parameter_id = p.id
        WHERE d.n IS NULL OR d.n <> p.max_score - p.min_score + 1 OR d.least <> p.min_score
           OR d.most <> p.max_score
        """,
    ),
)
