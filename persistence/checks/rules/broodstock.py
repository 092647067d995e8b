"""Where eggs come from: every batch has parents or a supplier, and pairs give what was laid down.

Only what the run's batches come from is looked at: their productions, the lead pairs of these, and
the other pairs of the same breeding plans.
"""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "broodstock.parentage",
        "conservation",
        "A batch has the parentage of one egg production, that of its eggs: as many, for its"
        " station, from a pair or from a supplier",
        "our_batch",
        "batches",
        """
        SELECT b.name AS batch, COALESCE(x.parents, 0) AS parentages, e.egg_batch_id AS production,
               e.source_type AS source, e.egg_count AS eggs, w.total_eggs_received AS "laid down"
        FROM our_batch b
        LEFT JOIN (
            SELECT batch_id, count(*) AS parents, min(egg_production_id) AS production_id,
                   min(UTC_DAY(assignment_date)) AS day
            FROM broodstock_batchparentage GROUP BY batch_id
        ) x ON x.batch_id = b.id
        LEFT JOIN broodstock_eggproduction e ON e.id = x.production_id
        LEFT JOIN batch_creationworkflow w ON w.batch_id = b.id
        LEFT JOIN broodstock_externaleggbatch o ON o.egg_production_id = e.id
        LEFT JOIN (
            SELECT a.batch_id, min(h.freshwater_station_id) AS station_id
            FROM our_assignment a
            JOIN our_container c ON c.id = a.container_id
            JOIN infrastructure_hall h ON h.id = c.hall_id
            WHERE a.sort = 0
            GROUP BY a.batch_id
        ) s ON s.batch_id = b.id
        WHERE NOT COALESCE(
            x.parents = 1 AND x.day = b.from_day AND COALESCE(w.egg_production_id, e.id) = e.id
            AND e.egg_count = w.total_eggs_received AND e.destination_station_id = s.station_id
            AND lower(w.egg_source_type) = e.source_type
            AND (e.source_type = 'internal') = (e.pair_id IS NOT NULL)
            AND (e.source_type = 'external') = (o.id IS NOT NULL)
            AND COALESCE(o.supplier_id, 0) = COALESCE(w.external_supplier_id, 0), FALSE)
        """,
        ("our_assignment",),
    ),
    Rule(
        "eggs.source",
        "integrity",
        "The creation of a batch from own eggs names their production and no supplier, that of one"
        " from bought eggs their supplier and no production",
        "our_batch",
        "batches",
        """
        SELECT b.name AS batch, w.workflow_number AS workflow, w.egg_source_type AS source,
               w.egg_production_id AS production, w.external_supplier_id AS supplier
        FROM our_batch b
        LEFT JOIN batch_creationworkflow w ON w.batch_id = b.id
        WHERE NOT COALESCE(
            (w.egg_source_type = 'INTERNAL') = (w.egg_production_id IS NOT NULL)
            AND (w.egg_source_type = 'EXTERNAL') = (w.external_supplier_id IS NOT NULL), FALSE)
        """,
    ),
    Rule(
        "eggs.quality",
        "integrity",
        "Eggs that are delivered are judged from 1 to 5",
        "batch_creationaction",
        "deliveries",
        """
        SELECT b.name AS batch, c.action_number AS delivery, c.egg_quality_score AS score
        FROM our_batch b
        JOIN batch_creationworkflow w ON w.batch_id = b.id
        JOIN batch_creationaction c ON c.workflow_id = w.id
        WHERE c.status = 'COMPLETED' AND NOT COALESCE(c.egg_quality_score BETWEEN 1 AND 5, FALSE)
        """,
        ("our_batch",),
    ),
    Rule(
        "broodstock.dates",
        "integrity",
        "Fish come in, are paired in their plan's season, their eggs are produced and laid down, in"
        " this order",
        "our_batch",
        "batches",
        """
        SELECT b.name AS batch, p.name AS plan, r.pairing_date AS paired,
               e.production_date AS produced, DATE_OF(b.from_day) AS "laid down"
        FROM our_batch b
        JOIN broodstock_batchparentage x ON x.batch_id = b.id
        JOIN broodstock_eggproduction e ON e.id = x.egg_production_id
        LEFT JOIN broodstock_breedingpair r ON r.id = e.pair_id
        LEFT JOIN broodstock_breedingplan p ON p.id = r.plan_id
        LEFT JOIN broodstock_broodstockfish f ON f.id = r.female_fish_id
        LEFT JOIN broodstock_broodstockfish m ON m.id = r.male_fish_id
        WHERE UTC_DAY(e.production_date) > b.from_day
           OR (r.id IS NOT NULL AND NOT COALESCE(
                   r.pairing_date < e.production_date
                   AND r.pairing_date BETWEEN p.start_date AND p.end_date
                   AND f.created_at <= r.pairing_date AND m.created_at <= r.pairing_date, FALSE))
        """,
    ),
    Rule(
        "broodstock.progeny",
        "conservation",
        "The pairs that were stripped on a day gave, together, the eggs of that day's productions",
        "broodstock_breedingpair",
        "pairs",
        """
        SELECT p.name AS plan, x.pairing_date AS paired, x.eggs AS eggs,
               COALESCE(y.progeny, 0) AS progeny
        FROM (
            SELECT r.plan_id, r.pairing_date, sum(e.egg_count) AS eggs
            FROM our_batch b
            JOIN broodstock_batchparentage q ON q.batch_id = b.id
            JOIN broodstock_eggproduction e ON e.id = q.egg_production_id
            JOIN broodstock_breedingpair r ON r.id = e.pair_id
            GROUP BY r.plan_id, r.pairing_date
        ) x
        JOIN broodstock_breedingplan p ON p.id = x.plan_id
        LEFT JOIN (
            SELECT plan_id, pairing_date, sum(progeny_count) AS progeny
            FROM broodstock_breedingpair GROUP BY plan_id, pairing_date
        ) y ON y.plan_id = x.plan_id AND y.pairing_date = x.pairing_date
        WHERE x.eggs <> COALESCE(y.progeny, 0)
        """,
        ("our_batch",),
    ),
    Rule(
        "broodstock.pairs",
        "integrity",
        "A pair is a female and a male of two families; a female is stripped once, for no more eggs"
        " than she has",
        "broodstock_breedingpair",
        "pairs",
        """
        SELECT r.id AS pair, f.traits ->> 'tag' AS female, m.traits ->> 'tag' AS male,
               r.progeny_count AS progeny, f.traits ->> 'eggs' AS eggs, y.pairs AS "times paired"
        FROM (
            SELECT DISTINCT w.plan_id
            FROM our_batch b
            JOIN broodstock_batchparentage q ON q.batch_id = b.id
            JOIN broodstock_eggproduction e ON e.id = q.egg_production_id
            JOIN broodstock_breedingpair w ON w.id = e.pair_id
        ) x
        JOIN broodstock_breedingpair r ON r.plan_id = x.plan_id
        LEFT JOIN broodstock_broodstockfish f ON f.id = r.female_fish_id
        LEFT JOIN broodstock_broodstockfish m ON m.id = r.male_fish_id
        LEFT JOIN (
            SELECT female_fish_id, count(*) AS pairs
            FROM broodstock_breedingpair GROUP BY female_fish_id
        ) y ON y.female_fish_id = r.female_fish_id
        WHERE NOT COALESCE(
            f.traits ->> 'sex' = 'F' AND m.traits ->> 'sex' = 'M' AND y.pairs = 1
            AND f.traits ->> 'family' <> m.traits ->> 'family' AND r.progeny_count > 0
            AND r.progeny_count <= CAST(f.traits ->> 'eggs' AS INTEGER), FALSE)
        """,
        ("our_batch",),
    ),
    Rule(
        "broodstock.tanks",
        "integrity",
        "Parents live in holding tanks on land that no batch is ever in, and are dead once they are"
        " stripped",
        "broodstock_breedingpair",
        "pairs",
        """
        SELECT r.id AS pair, c.name AS tank, c.hierarchy_role AS role, f.health_status AS female,
               m.health_status AS male, a.label AS batch
        FROM (
            SELECT DISTINCT w.plan_id
            FROM our_batch b
            JOIN broodstock_batchparentage q ON q.batch_id = b.id
            JOIN broodstock_eggproduction e ON e.id = q.egg_production_id
            JOIN broodstock_breedingpair w ON w.id = e.pair_id
        ) x
        JOIN broodstock_breedingpair r ON r.plan_id = x.plan_id
        LEFT JOIN broodstock_broodstockfish f ON f.id = r.female_fish_id
        LEFT JOIN broodstock_broodstockfish m ON m.id = r.male_fish_id
        LEFT JOIN infrastructure_container c ON c.id = f.container_id
        LEFT JOIN our_container o ON o.id = c.id
        LEFT JOIN (
            SELECT container_id, min(label) AS label FROM our_assignment GROUP BY container_id
        ) a ON a.container_id = c.id
        WHERE NOT COALESCE(
            o.holds = 1 AND c.hall_id IS NOT NULL AND a.label IS NULL
            AND f.container_id = m.container_id AND f.health_status = 'deceased'
            AND m.health_status = 'deceased', FALSE)
        """,
        ("our_assignment",),
    ),
)
