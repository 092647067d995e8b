"""Who lives where: assignments, rests between them, and what a batch's row says of itself."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "assignments.overlap",
        "integrity",
        "A container holds one batch at a time",
        "our_assignment",
        "assignments",
        # Whoever else's assignments are in our containers count as well.
        """
        SELECT c.name AS container, x.assignment_id AS assignment, x.from_date AS "from",
               x.others AS "while another stays until"
        FROM (
            SELECT id AS assignment_id, container_id, assignment_date AS from_date,
                   lag(COALESCE(departure_date, '9999-12-31')) OVER (
                       PARTITION BY container_id
                       ORDER BY assignment_date, COALESCE(departure_date, '9999-12-31'), id
                   ) AS others
            FROM batch_batchcontainerassignment
            WHERE container_id IN (SELECT container_id FROM our_assignment)
        ) x
        JOIN infrastructure_container c ON c.id = x.container_id
        WHERE x.others > x.from_date
        """,
    ),
    Rule(
        "assignments.dates",
        "integrity",
        "An assignment lies inside its batch's life and the simulated time, and lasts a day",
        "our_assignment",
        "assignments",
        """
        SELECT a.label AS assignment, a.from_date AS "from", a.to_date AS "to"
        FROM our_assignment a
        JOIN our_batch b ON b.id = a.batch_id
        LEFT JOIN our_geography g ON g.id = a.geography_id
        WHERE g.id IS NULL OR a.sort IS NULL OR a.from_day < b.from_day OR a.to_day <= a.from_day
           OR a.to_day > g.to_day OR a.to_day > COALESCE(b.to_day, a.to_day)
        """,
    ),
    Rule(
        "assignments.state",
        "integrity",
        "An assignment is active until it departs, and then has no fish but its last mean weight",
        "our_assignment",
        "assignments",
        """
        SELECT label AS assignment, active, DATE_OF(departed_day) AS departed, n AS fish,
               dag / 100.0 AS kg
        FROM our_assignment
        WHERE (active = 1) <> (departed_day IS NULL)
           OR (active = 0 AND (n <> 0 OR dag <> 0)) OR weight_cg IS NULL
        """,
    ),
    Rule(
        "assignments.biomass",
        "conservation",
        "An assignment's biomass is its count times its mean weight",
        "our_assignment",
        "assignments",
        # In kg: |biomass - count * weight| <= count * 0.005 g + 0.005 kg.
        """
        SELECT label AS assignment, n AS fish, weight_cg / 100.0 AS g, dag / 100.0 AS kg
        FROM our_assignment
        WHERE active = 1 AND abs(2000 * dag - 2 * n * weight_cg) > n + 1001
        """,
    ),
    Rule(
        "assignments.container",
        "integrity",
        "Fish live in holding containers; a batch's stage is in one hall or area, within its claim",
        "our_assignment",
        "assignments",
        """
        SELECT min(a.label) AS assignment, count(DISTINCT a.site) AS sites,
               count(*) AS containers, max(s.containers) AS claimed, min(c.holds) AS holding
        FROM our_assignment a
        JOIN our_container c ON c.id = a.container_id
        JOIN our_stage s ON s.geography_id = a.geography_id AND s.stage_id = a.stage_id
        GROUP BY a.batch_id, a.stage_id
        HAVING count(DISTINCT a.site) > 1 OR count(*) > max(s.containers) OR min(c.holds) = 0
        """,
        ("our_stage",),
    ),
    Rule(
        "sites.rest",
        "conservation",
        "A ring is used again only after its fallow, a tank after its rest",
        "our_assignment",
        "assignments",
        # A batch's containers at a site are given back together, when the last one is empty.
        """
        SELECT a.label AS "after", DATE_OF(a.released) AS released, DATE_OF(a.next_day) AS used,
               CASE WHEN s.sea = 1 THEN g.fallow_days ELSE g.rest_days END AS "days to rest"
        FROM (
            SELECT x.*, lead(x.from_day) OVER (
                       PARTITION BY x.container_id ORDER BY x.from_day, x.id) AS next_day
            FROM (
                SELECT id, label, container_id, geography_id, stage_id, from_day,
                       max(to_day) OVER (PARTITION BY batch_id, stage_id, site) AS released
                FROM our_assignment
            ) x
        ) a
        JOIN our_geography g ON g.id = a.geography_id
        JOIN our_stage s ON s.geography_id = a.geography_id AND s.stage_id = a.stage_id
        WHERE a.next_day < a.released
              + CASE WHEN s.sea = 1 THEN g.fallow_days ELSE g.rest_days END
        """,
        ("our_stage",),
    ),
    Rule(
        "batches.status",
        "conservation",
        "A completed batch has left all containers, on the day it ended, one that died out has none"
        " the day after; an active one has fish",
        "our_batch",
        "batches",
        """
        SELECT b.name AS batch, b.status AS status, x.active AS "active containers", x.n AS fish,
               DATE_OF(b.ended_day) AS ended, DATE_OF(x.departed_day) AS "last departure"
        FROM our_batch b
        LEFT JOIN (
            SELECT batch_id, sum(active) AS active, sum(n) AS n, max(departed_day) AS departed_day
            FROM our_assignment GROUP BY batch_id
        ) x ON x.batch_id = b.id
        WHERE NOT COALESCE(
            (b.status IN ('COMPLETED', 'TERMINATED') AND x.active = 0
             AND b.to_day = x.departed_day)
            OR (b.status = 'ACTIVE' AND x.active > 0 AND x.n > 0 AND b.ended_day IS NULL),
            FALSE)
        """,
        ("our_assignment",),
    ),
    Rule(
        "batches.stage",
        "conservation",
        "A batch's stage is the latest that its fish have reached",
        "our_batch",
        "batches",
        """
        SELECT b.name AS batch, b.status AS status, own.name AS stage, l.name AS "its fish are in"
        FROM our_batch b
        LEFT JOIN (
            SELECT batch_id, max(geography_id) AS geography_id, max(sort) AS sort
            FROM our_assignment GROUP BY batch_id
        ) x ON x.batch_id = b.id
        LEFT JOIN our_stage s ON s.geography_id = x.geography_id AND s.sort = x.sort
        LEFT JOIN batch_lifecyclestage l ON l.id = s.stage_id
        LEFT JOIN batch_lifecyclestage own ON own.id = b.stage_id
        WHERE s.stage_id IS NULL OR s.stage_id <> b.stage_id
        """,
        ("our_assignment", "our_stage"),
    ),
)
