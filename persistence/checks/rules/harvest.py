"""Harvests: a ring is emptied in one event whose lots are, to the fish and the gram, the ring."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "harvest.events",
        "conservation",
        "A container that fish left was moved on or harvested, in one event on the day they left,"
        " or its last fish died",
        "our_assignment",
        "assignments",
        """
        SELECT a.label AS assignment, DATE_OF(a.departed_day) AS departed,
               COALESCE(h.events, 0) AS harvests, DATE_OF(h.day) AS "on",
               DATE_OF(o.last_day) AS "moved on"
        FROM our_assignment a
        LEFT JOIN our_harvest h ON h.assignment_id = a.id
        LEFT JOIN our_outflow o ON o.assignment_id = a.id
        LEFT JOIN our_last_state s ON s.assignment_id = a.id
        WHERE CASE WHEN a.departed_day IS NULL
                       THEN h.events IS NOT NULL OR o.last_day IS NOT NULL
                   WHEN h.events IS NOT NULL
                       THEN h.events <> 1 OR h.day <> a.departed_day OR h.batch_id <> a.batch_id
                            OR o.last_day IS NOT NULL OR h.n = 0
                   WHEN s.n = 0 THEN o.last_day IS NOT NULL
                   ELSE o.last_day IS NULL OR o.first_day <> o.last_day
                        OR o.last_day <> a.departed_day END
        """,
        ("our_harvest", "our_outflow", "our_last_state"),
    ),
    Rule(
        "harvest.lots",
        "conservation",
        "A harvest's lots add up to the ring's fish and live weight",
        "our_harvest",
        "harvests",
        # The lots are in grams, the last state in units of 10 g.
        """
        SELECT a.label AS assignment, s.n AS fish, h.n AS "in lots", s.dag / 100.0 AS kg,
               h.g / 1000.0 AS "kg in lots"
        FROM our_harvest h
        JOIN our_assignment a ON a.id = h.assignment_id
        LEFT JOIN our_last_state s ON s.assignment_id = h.assignment_id
        WHERE NOT COALESCE(s.n = h.n AND abs(10 * s.dag - h.g) <= 6, FALSE)
        """,
        ("our_last_state",),
    ),
    Rule(
        "harvest.grades",
        "conservation",
        "A lot has its grade's share of the fish and the weight, but for first-grade fish that"
        " scars downgrade; gutted and fillet weights follow",
        "harvest_harvestlot",
        "harvest lots",
        # Shares by largest remainder: less than a fish from the exact share, and of the two grades
        # between which scars move fish, less than two together. Weights follow the counts.
        """
        SELECT a.label AS assignment, l.product_grade_id AS grade, l.unit_count AS fish,
               h.n AS "of fish", l.live_weight_kg AS kg, h.g / 1000.0 AS "of kg",
               l.gutted_weight_kg AS "gutted kg", l.fillet_weight_kg AS "fillet kg"
        FROM (
            SELECT x.*, g.share, g.gutted, g.fillet, g.first, g.last,
                   x.unit_count * g.weight_share / g.share AS part,
                   sum(x.unit_count * g.weight_share / g.share) OVER lots AS parts,
                   sum(CASE WHEN g.first + g.last > 0 THEN x.unit_count - g.share * y.n END)
                       OVER lots AS moved
            FROM harvest_harvestlot x
            JOIN harvest_harvestevent z ON z.id = x.event_id
            JOIN our_harvest y ON y.assignment_id = z.assignment_id
            LEFT JOIN our_grade g ON g.id = x.product_grade_id
            WINDOW lots AS (PARTITION BY x.event_id)
        ) l
        JOIN harvest_harvestevent e ON e.id = l.event_id
        JOIN our_harvest h ON h.assignment_id = e.assignment_id
        JOIN our_assignment a ON a.id = h.assignment_id
        WHERE NOT COALESCE(
            l.unit_count > 0
            AND CASE WHEN l.first + l.last > 0 AND DOWNGRADES = 1
                     THEN abs(l.moved) < 2.000001
                          AND (l.first - l.last) * (l.unit_count - h.n * l.share) < 1.000001
                     ELSE abs(l.unit_count - h.n * l.share) < 1.000001 END
            AND abs(1000 * l.live_weight_kg - h.g * l.part / l.parts) <= 1.000001
            AND abs(l.gutted_weight_kg - l.live_weight_kg * l.gutted) <= 0.000501
            AND abs(l.fillet_weight_kg - l.live_weight_kg * l.fillet) <= 0.000501, FALSE)
        """,
        ("our_harvest",),
    ),
    Rule(
        "harvest.plant",
        "conservation",
        "The plant takes no more in a day than it can, but for a ring that alone is more: that one"
        " takes of the next day too",
        "our_harvest",
        "harvests",
        # Each ring's weight is rounded to the gram.
        """
        SELECT g.name AS geography, DATE_OF(y.day) AS day, y.g / 1000.0 AS kg, y.rings AS rings,
               y.before_g / 1000.0 AS "kg the day before", g.plant_g / 1000.0 AS "capacity kg"
        FROM (
            SELECT x.*, lag(x.g) OVER (PARTITION BY x.geography_id ORDER BY x.day) AS before_g,
                   lag(x.day) OVER (PARTITION BY x.geography_id ORDER BY x.day) AS before_day
            FROM (
                SELECT a.geography_id, h.day, sum(h.g) AS g, count(*) AS rings
                FROM our_harvest h JOIN our_assignment a ON a.id = h.assignment_id
                GROUP BY a.geography_id, h.day
            ) x
        ) y
        JOIN our_geography g ON g.id = y.geography_id
        WHERE (y.rings > 1 AND y.g > g.plant_g + y.rings)
           OR (y.before_day = y.day - 1 AND y.before_g > g.plant_g
               AND y.before_g + y.g > 2 * g.plant_g + y.rings + 1)
        """,
    ),
)
