"""Labels of defects: each one finds what it says, and none of them is lost.

Only looked at where the scenario asks for defects. That the data are right where no label stands is
said by the other checks, which lay the truth over the rows they read.
"""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

FOUND = Rule(
    "defects.found",
    "integrity",
    "A label finds its row as it says: not there if missing, else with the value and the times",
    "our_label",
    "labels",
    """
    SELECT COALESCE(a.label, 'no assignment') AS assignment, d.kind AS defect, d.row_time AS time,
           d.sensor_id AS sensor, d.written_value AS written, r.value AS found,
           r.created_at AS arrived
    FROM our_label d
    LEFT JOIN our_assignment a ON a.id = d.assignment_id
    LEFT JOIN environmental_environmentalreading r
           ON r.sensor_id = d.sensor_id AND r.reading_time = d.row_time
    WHERE d.table_name = 'environmental_environmentalreading'
      AND CASE WHEN d.kind = 'missing' THEN r.id IS NOT NULL
               ELSE r.id IS NULL OR r.value <> COALESCE(d.written_value, r.value)
                    OR r.batch_container_assignment_id <> d.assignment_id
                    OR r.created_at <> COALESCE(d.written_time, d.row_time) END
    UNION ALL
    SELECT COALESCE(a.label, 'no assignment'), d.kind, d.row_time, d.sensor_id, d.written_value,
           s.avg_weight_g, m.created_at
    FROM our_label d
    LEFT JOIN our_assignment a ON a.id = d.assignment_id
    LEFT JOIN batch_growthsample s ON s.id = d.growth_sample_id
    LEFT JOIN batch_mortalityevent m ON m.id = d.mortality_id
    WHERE d.table_name <> 'environmental_environmentalreading'
      AND NOT COALESCE(
            CASE d.table_name
                 WHEN 'batch_growthsample' THEN s.avg_weight_g = d.written_value
                      AND s.assignment_id = d.assignment_id
                 WHEN 'batch_mortalityevent' THEN m.created_at = d.written_time
                      AND m.assignment_id = d.assignment_id
            END, FALSE)
    """,
    ("our_assignment",),
)
PLACES = Rule(
    "defects.places",
    "integrity",
    "A label is of a reading that was due: its sensor, hour, batch and container, a possible truth",
    "our_label",
    "labels",
    """
    SELECT COALESCE(a.label, 'no assignment') AS assignment, d.kind AS defect, d.row_time AS time,
           d.sensor_id AS sensor, d.true_value AS truth
    FROM our_label d
    LEFT JOIN our_assignment a ON a.id = d.assignment_id
    LEFT JOIN our_sensor s ON s.id = d.sensor_id
    WHERE NOT COALESCE(d.container_id = a.container_id AND d.batch_id = a.batch_id, FALSE)
       OR d.sensor_id IS NOT NULL AND NOT COALESCE(
              s.container_id = a.container_id AND s.parameter_id = d.parameter_id
              AND COALESCE(d.true_time, d.row_time) >= a.from_date
              AND COALESCE(d.true_time, d.row_time) < a.to_date
              AND UTC_CLOCK(COALESCE(d.true_time, d.row_time)) IN (READING_HOURS)
              AND COALESCE(d.true_value, s.low) BETWEEN s.low AND s.high, FALSE)
    """,
    ("our_assignment", "our_sensor"),
)
ONCE = Rule(
    "defects.once",
    "integrity",
    "A row has at most one defect",
    "our_label",
    "labels",
    """
    SELECT min(x.kind) AS defect, max(x.kind) AS "and", x.time AS time, x.sensor_id AS sensor
    FROM (
        SELECT kind, COALESCE(true_time, row_time) AS time, sensor_id, growth_sample_id,
               mortality_id
        FROM our_label
    ) x
    GROUP BY x.time, x.sensor_id, x.growth_sample_id, x.mortality_id HAVING count(*) > 1
    """,
)
KEPT = Rule(
    "defects.kept",
    "integrity",
    "No label is lost: their numbers have no gaps",
    "our_label",
    "labels",
    """
    SELECT x.id AS label, x.k AS number, x.before AS "the one before", x.last AS "the last"
    FROM (
        SELECT d.id, d.k, lag(d.k) OVER (PARTITION BY d.k % g.n ORDER BY d.k) AS before,
               max(d.k) OVER () AS last, g.n
        FROM (SELECT id, KEY_OF(id, smoltflow_defect) AS k FROM our_label) d
        CROSS JOIN (SELECT count(*) AS n FROM our_geography) g
    ) x
    WHERE COALESCE(x.k - x.before <> x.n, x.k >= x.n)
       OR x.k = x.last AND x.last <> LAST_KEY(smoltflow_defect)
    """,
    ("our_geography",),
)
KINDS = Rule(
    "defects.kinds",
    "conservation",
    "What was written follows from the truth by the rule of its kind",
    "our_label",
    "labels",
    # A duplicate repeats a row that is there; late is later; degrees are Fahrenheit; what sticks
    # stays the same; the neighbour's value is the neighbour's truth.
    """
    SELECT d.kind AS defect, d.row_time AS time, d.sensor_id AS sensor, d.true_value AS truth,
           d.written_value AS written
    FROM our_label d
    LEFT JOIN environmental_environmentalparameter p ON p.id = d.parameter_id
    LEFT JOIN environmental_environmentalreading r
           ON r.sensor_id = d.sensor_id AND r.reading_time = d.true_time
    WHERE NOT COALESCE(
        CASE d.kind
             WHEN 'missing' THEN d.true_value IS NOT NULL AND d.written_value IS NULL
             WHEN 'duplicate' THEN r.value = d.written_value AND d.written_time = d.row_time
                  AND d.row_time > d.true_time AND d.true_value IS NULL
             WHEN 'late' THEN d.written_time > d.true_time AND d.true_time = d.row_time
             WHEN 'unit' THEN CASE WHEN p.name = 'Temperature'
                  THEN abs(5 * WHOLE(d.written_value, 4) - 9 * WHOLE(d.true_value, 4) - 1600000) < 5
                  WHEN d.growth_sample_id IS NOT NULL
                  THEN abs(1000 * WHOLE(d.written_value, 4) - WHOLE(d.true_value, 4)) <= 50000
                  ELSE d.written_value >= 0 AND d.true_value >= 0 END
             WHEN 'spike' THEN d.written_value <> d.true_value
             ELSE d.written_value IS NOT NULL AND d.true_value IS NOT NULL END, FALSE)
    UNION ALL
    SELECT 'stuck', min(row_time), sensor_id, min(written_value), max(written_value)
    FROM our_label WHERE kind = 'stuck'
    GROUP BY sensor_id, since HAVING min(written_value) <> max(written_value)
    UNION ALL
    SELECT d.kind, d.row_time, d.sensor_id, d.true_value, d.written_value
    FROM our_label d
    LEFT JOIN our_sensor s ON s.container_id = d.other_container_id
                          AND s.parameter_id = d.parameter_id
    LEFT JOIN our_label o ON o.sensor_id = s.id AND o.row_time = d.row_time
    LEFT JOIN environmental_environmentalreading r
           ON r.sensor_id = s.id AND r.reading_time = d.row_time
    WHERE d.kind = 'swapped'
      AND NOT COALESCE(d.written_value = COALESCE(o.true_value, r.value), FALSE)
    """,
    ("our_sensor",),
)

RULES = (FOUND, PLACES, ONCE, KEPT, KINDS)
