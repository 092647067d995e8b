"""Feed: what was fed was bought, stood in the store that serves the container, and is paid for."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "feedings.belong",
        "integrity",
        "A feeding lies inside its assignment's days at a meal's hour, and names its batch and"
        " container",
        "inventory_feedingevent",
        "feedings",
        """
        SELECT b.name AS batch, f.feeding_date AS day, f.feeding_time AS time,
               a.label AS assignment, f.container_id AS container, f.amount_kg AS kg
        FROM inventory_feedingevent f
        JOIN our_batch b ON b.id = f.batch_id
        LEFT JOIN our_assignment a ON a.id = f.batch_assignment_id
        WHERE a.id IS NULL OR f.batch_id <> a.batch_id OR f.container_id <> a.container_id
           OR f.feeding_date < a.from_date OR f.feeding_date >= a.to_date
           OR f.feeding_time NOT IN (FEEDING_HOURS) OR f.amount_kg <= 0
        """,
        ("our_assignment",),
    ),
    Rule(
        "feedings.share",
        "integrity",
        "A feeding's percentage is its amount of the container's biomass, and at most 99.99",
        "inventory_feedingevent",
        "feedings",
        # The biomass is rounded to 0.005 kg, the percentage to 0.0000005.
        """
        SELECT a.label AS assignment, f.feeding_date AS day, f.amount_kg AS kg,
               f.batch_biomass_kg AS "biomass kg", f.feeding_percentage AS percent
        FROM inventory_feedingevent f
        JOIN our_assignment a ON a.id = f.batch_assignment_id
        WHERE f.feeding_percentage > 99.99 OR f.feeding_percentage IS NULL
           OR (abs(f.feeding_percentage * f.batch_biomass_kg - 100 * f.amount_kg)
               > 0.0051 * f.feeding_percentage + 0.000001 * f.batch_biomass_kg + 0.000001
               AND f.feeding_percentage < 99.99)
        """,
        ("our_assignment",),
    ),
    Rule(
        "feed.days",
        "conservation",
        "What a container ate in a day: its feedings, its draws and its state agree",
        "our_meal",
        "container-days with feed",
        """
        SELECT a.label AS assignment, DATE_OF(x.day) AS day, x.state_dag / 100.0 AS "state kg",
               x.fed_dag / 100.0 AS "fed kg", x.drawn_dag / 100.0 AS "drawn kg"
        FROM (
            SELECT COALESCE(s.assignment_id, m.assignment_id) AS assignment_id,
                   COALESCE(s.day, m.day) AS day, COALESCE(s.feed_dag, 0) AS state_dag,
                   COALESCE(m.fed_dag, 0) AS fed_dag, COALESCE(m.drawn_dag, 0) AS drawn_dag
            FROM our_state s
            LEFT JOIN our_meal m ON m.assignment_id = s.assignment_id AND m.day = s.day
            UNION ALL
            SELECT m.assignment_id, m.day, 0, m.fed_dag, m.drawn_dag
            FROM our_meal m
            LEFT JOIN our_state s ON s.assignment_id = m.assignment_id AND s.day = m.day
            WHERE s.assignment_id IS NULL
        ) x
        JOIN our_assignment a ON a.id = x.assignment_id
        WHERE x.state_dag <> x.fed_dag OR x.state_dag <> x.drawn_dag
        """,
        ("our_state",),
    ),
    Rule(
        "feed.kind",
        "conservation",
        "A feeding's feed is that of the lots that were drawn, one kind a day",
        "our_meal",
        "container-days with feed",
        """
        SELECT a.label AS assignment, DATE_OF(m.day) AS day, f.name AS fed, d.name AS drawn,
               m.feedings AS feedings
        FROM our_meal m
        JOIN our_assignment a ON a.id = m.assignment_id
        LEFT JOIN inventory_feed f ON f.id = m.most_feed
        LEFT JOIN inventory_feed d ON d.id = m.most_drawn
        WHERE NOT COALESCE(
            m.least_feed = m.most_feed AND m.least_drawn = m.most_drawn
            AND m.most_feed = m.most_drawn, FALSE)
        """,
    ),
    Rule(
        "feed.cost",
        "conservation",
        "What a day's feedings cost is what was drawn, at the prices of its lots",
        "our_meal",
        "container-days with feed",
        # Each feeding is rounded to a cent; `worth` is in hundredths of a cent.
        """
        SELECT a.label AS assignment, DATE_OF(m.day) AS day, m.cents / 100.0 AS cost,
               m.worth / 10000.0 AS "worth of the draws", m.feedings AS feedings
        FROM our_meal m
        JOIN our_assignment a ON a.id = m.assignment_id
        WHERE m.cents IS NULL OR abs(100 * m.cents - m.worth) > 50 * m.feedings + 1
        """,
    ),
    Rule(
        "lots.balance",
        "conservation",
        "A lot's feed was fed or is in stock, to the last 10 g, in one store",
        "our_lot",
        "feed lots",
        """
        SELECT label AS lot, bought_dag / 100.0 AS "bought kg", used_dag / 100.0 AS "fed kg",
               left_dag / 100.0 AS "in stock kg", stocks AS "stock rows"
        FROM our_lot
        WHERE stocks <> 1 OR left_dag < 0 OR bought_dag <> used_dag + left_dag
           OR first_day < day
        """,
    ),
    Rule(
        "lots.order",
        "conservation",
        "First in, first out: a lot is drawn from when the earlier ones of its feed are used up",
        "our_lot",
        "feed lots",
        """
        SELECT x.label AS lot, DATE_OF(x.first_day) AS "drawn from", x.earlier AS "before it",
               DATE_OF(x.earlier_day) AS "last drawn", x.earlier_dag / 100.0 AS "left in it kg"
        FROM (
            SELECT l.label, l.first_day, lag(l.label) OVER line AS earlier,
                   max(l.last_day) OVER (PARTITION BY l.store_id, l.feed_id
                       ORDER BY s.entry_date, l.stock_id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_day,
                   sum(l.left_dag) OVER (PARTITION BY l.store_id, l.feed_id
                       ORDER BY s.entry_date, l.stock_id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier_dag
            FROM our_lot l
            JOIN inventory_feedcontainerstock s ON s.id = l.stock_id
            WINDOW line AS (PARTITION BY l.store_id, l.feed_id ORDER BY s.entry_date, l.stock_id)
        ) x
        WHERE x.first_day IS NOT NULL AND (x.earlier_day > x.first_day OR x.earlier_dag > 0)
        """,
    ),
    Rule(
        "draws.place",
        "conservation",
        "Feed is drawn from a silo of the container's hall or a barge of its area",
        "smoltflow_feed_draw",
        "draws",
        """
        SELECT a.label AS assignment, d.day AS day, d.kg AS kg, s.name AS store
        FROM smoltflow_feed_draw d
        JOIN our_assignment a ON a.id = d.assignment_id
        LEFT JOIN our_container c ON c.id = a.container_id
        LEFT JOIN our_lot l ON l.id = d.purchase_id
        LEFT JOIN infrastructure_feedcontainer s ON s.id = l.store_id
        WHERE NOT COALESCE(c.area_id = s.area_id OR c.hall_id = s.hall_id, FALSE) OR d.kg <= 0
        """,
        ("our_lot",),
    ),
    Rule(
        "stores.capacity",
        "conservation",
        "No silo or barge ever holds more than its capacity",
        "our_lot",
        "feed lots",
        """
        SELECT f.name AS store, DATE_OF(y.day) AS day, y.level_dag / 100.0 AS kg,
               f.capacity_kg AS "capacity kg"
        FROM (
            SELECT x.store_id, x.day, x.came_dag,
                   sum(x.came_dag) OVER (PARTITION BY x.store_id ORDER BY x.day)
                   - sum(x.went_dag) OVER (PARTITION BY x.store_id ORDER BY x.day)
                   + x.went_dag AS level_dag
            FROM (
                SELECT z.store_id, z.day, sum(z.came_dag) AS came_dag, sum(z.went_dag) AS went_dag
                FROM (
                    SELECT store_id, day, bought_dag AS came_dag, 0 AS went_dag FROM our_lot
                    UNION ALL
                    SELECT l.store_id, d.day, 0, d.dag
                    FROM our_lot_day d JOIN our_lot l ON l.id = d.purchase_id
                ) z
                GROUP BY z.store_id, z.day
            ) x
        ) y
        JOIN infrastructure_feedcontainer f ON f.id = y.store_id
        WHERE y.came_dag > 0 AND y.level_dag > WHOLE(f.capacity_kg, 2)
        """,
        ("our_lot_day",),
    ),
)
