"""Day by day: a state for every assignment and day, whose fish follow from the day before."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "days.complete",
        "integrity",
        "Every assignment has one state for each of its days",
        "our_assignment",
        "assignments",
        """
        SELECT a.label AS assignment, a.to_day - a.from_day AS days,
               COALESCE(s.states, 0) AS states, a.from_date AS "from", a.to_date AS "to",
               DATE_OF(s.first_day) AS "first state", DATE_OF(s.last_day) AS "last state"
        FROM our_assignment a
        LEFT JOIN (
            SELECT assignment_id, count(*) AS states, min(day) AS first_day, max(day) AS last_day
            FROM our_state GROUP BY assignment_id
        ) s ON s.assignment_id = a.id
        WHERE s.states IS NULL OR s.states <> a.to_day - a.from_day
           OR s.first_day <> a.from_day OR s.last_day <> a.to_day - 1
        """,
        ("our_state",),
    ),
    Rule(
        "days.belong",
        "integrity",
        "A state lies inside its assignment's days and names its batch, container, stage and day",
        "our_state",
        "daily states",
        """
        SELECT a.label AS assignment, s.date AS day, s.day_number AS "day number",
               s.batch_id AS batch, s.container_id AS container, s.lifecycle_stage_id AS stage
        FROM batch_actualdailyassignmentstate s
        JOIN our_assignment a ON a.id = s.assignment_id
        JOIN our_batch b ON b.id = a.batch_id
        WHERE s.batch_id <> a.batch_id OR s.container_id <> a.container_id
           OR s.lifecycle_stage_id <> a.stage_id OR s.date < a.from_date OR s.date >= a.to_date
           OR s.day_number <> DAY(s.date) - b.from_day + 1
        """,
    ),
    Rule(
        "days.population",
        "conservation",
        "Each evening's fish are the evening's before, plus what moved in, less the day's deaths;"
        " where the last died no day follows",
        "our_state",
        "daily states",
        """
        SELECT a.label AS assignment, DATE_OF(s.day) AS day, s.before_n AS before,
               s.came_n AS "moved in", s.died AS died, s.n AS fish
        FROM our_state s
        JOIN our_assignment a ON a.id = s.assignment_id
        WHERE s.n <> s.before_n + s.came_n - s.died
           OR (s.before_n + s.came_n = 0 AND s.day > a.from_day)
        """,
    ),
    Rule(
        "days.inflow",
        "conservation",
        "Whoever moves into a container is in its state of that day",
        "our_inflow",
        "moves into a container",
        """
        SELECT a.label AS assignment, DATE_OF(i.day) AS day, i.n AS "moved in"
        FROM our_inflow i
        JOIN our_assignment a ON a.id = i.assignment_id
        LEFT JOIN our_state s ON s.assignment_id = i.assignment_id AND s.day = i.day
        WHERE s.assignment_id IS NULL
        """,
        ("our_state",),
    ),
    Rule(
        "days.last",
        "conservation",
        "The last state's fish are all moved on, harvested or alive, at their last weight",
        "our_assignment",
        "assignments",
        """
        SELECT a.label AS assignment, s.n AS "last evening",
               COALESCE(o.n, 0) + COALESCE(o.died, 0) AS "moved on", COALESCE(h.n, 0) AS harvested,
               a.n AS alive, s.weight_cg / 100.0 AS g, a.weight_cg / 100.0 AS "g recorded"
        FROM our_assignment a
        JOIN our_last_state s ON s.assignment_id = a.id
        LEFT JOIN our_outflow o ON o.assignment_id = a.id
        LEFT JOIN our_harvest h ON h.assignment_id = a.id
        WHERE s.n <> COALESCE(o.n, 0) + COALESCE(o.died, 0) + COALESCE(h.n, 0) + a.n
           OR s.weight_cg <> a.weight_cg OR (a.active = 1 AND s.dag <> a.dag)
        """,
        ("our_last_state", "our_outflow", "our_harvest"),
    ),
    Rule(
        "days.biomass",
        "conservation",
        "A state's biomass is its count times its mean weight",
        "our_state",
        "daily states",
        """
        SELECT a.label AS assignment, DATE_OF(s.day) AS day, s.n AS fish,
               s.weight_cg / 100.0 AS g, s.dag / 100.0 AS kg
        FROM our_state s
        JOIN our_assignment a ON a.id = s.assignment_id
        WHERE abs(2000 * s.dag - 2 * s.n * s.weight_cg) > s.n + 1001
        """,
    ),
    Rule(
        "days.limit",
        "conservation",
        "No container is ever above its biomass limit",
        "our_state",
        "daily states",
        """
        SELECT a.label AS assignment, DATE_OF(s.day) AS day, s.dag / 100.0 AS kg,
               c.limit_dag / 100.0 AS "limit kg"
        FROM our_state s
        JOIN our_assignment a ON a.id = s.assignment_id
        JOIN our_container c ON c.id = a.container_id
        WHERE s.dag > c.limit_dag
        """,
    ),
    Rule(
        "days.fcr",
        "integrity",
        "An observed FCR is above 0 and at most 10, and there is none without feed",
        "our_state",
        "daily states",
        """
        SELECT a.label AS assignment, s.date AS day, s.feed_kg AS "feed kg", s.observed_fcr AS fcr
        FROM batch_actualdailyassignmentstate s
        JOIN our_assignment a ON a.id = s.assignment_id
        WHERE s.observed_fcr <= 0 OR s.observed_fcr > 10
           OR (s.observed_fcr IS NOT NULL AND s.feed_kg = 0)
        """,
    ),
    Rule(
        "deaths.match",
        "conservation",
        "The deaths of a container and day are those of its state",
        "our_state",
        "daily states",
        """
        SELECT a.label AS assignment, DATE_OF(x.day) AS day, x.told AS "in the state",
               x.recorded AS recorded
        FROM (
            SELECT assignment_id, day, sum(told) AS told, sum(recorded) AS recorded
            FROM (
                SELECT assignment_id, day, died AS told, 0 AS recorded
                FROM our_state WHERE died <> 0
                UNION ALL
                SELECT m.assignment_id, DAY(m.event_date), 0, m.count
                FROM batch_mortalityevent m
                JOIN our_assignment a ON a.id = m.assignment_id
            ) y
            GROUP BY assignment_id, day
        ) x
        JOIN our_assignment a ON a.id = x.assignment_id
        WHERE x.told <> x.recorded
        """,
    ),
    Rule(
        "deaths.belong",
        "integrity",
        "Deaths name their assignment's batch, lie inside its days and weigh what its fish weigh",
        "batch_mortalityevent",
        "deaths",
        """
        SELECT b.name AS batch, m.event_date AS day, a.label AS assignment, m.count AS died,
               m.biomass_kg AS kg, s.weight_cg / 100.0 AS g
        FROM batch_mortalityevent m
        JOIN our_batch b ON b.id = m.batch_id
        LEFT JOIN our_assignment a ON a.id = m.assignment_id
        LEFT JOIN our_state s ON s.assignment_id = a.id AND s.day = DAY(m.event_date)
        WHERE a.id IS NULL OR a.batch_id <> m.batch_id OR s.day IS NULL OR m.count = 0
           OR abs(2000 * WHOLE(m.biomass_kg, 2) - 2 * m.count * s.weight_cg) > m.count + 1001
        """,
        ("our_state",),
    ),
)
