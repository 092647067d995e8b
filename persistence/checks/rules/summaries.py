"""Feeding summaries are the sums of the days that they summarise."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "summaries.container",
        "conservation",
        "A container has one summary a month, which adds up its days' feed, feedings and growth",
        "inventory_containerfeedingsummary",
        "container summaries",
        """
        SELECT a.label AS assignment, DATE_OF(k.month) AS month, s.copies AS summaries,
               s.period_start AS "from", s.period_end AS "to", s.total_feed_kg AS "feed kg",
               m.feed_dag / 100.0 AS "its days' feed kg", s.data_points AS feedings,
               m.feedings AS "its days' feedings", s.starting_biomass_kg AS "start kg",
               m.start_dag / 100.0 AS "first day's kg", s.ending_biomass_kg AS "end kg",
               m.end_dag / 100.0 AS "last day's kg", s.growth_kg AS "growth kg",
               m.grown_dag / 100.0 AS "its days' growth kg"
        FROM (
            SELECT assignment_id, month FROM our_month
            UNION
            SELECT c.container_assignment_id, MONTH(c.period_start)
            FROM inventory_containerfeedingsummary c
            JOIN our_assignment x ON x.id = c.container_assignment_id
        ) k
        JOIN our_assignment a ON a.id = k.assignment_id
        LEFT JOIN our_month m ON m.assignment_id = k.assignment_id AND m.month = k.month
        LEFT JOIN (
            SELECT c.*, MONTH(c.period_start) AS month, count(*) OVER (
                       PARTITION BY c.container_assignment_id, MONTH(c.period_start)) AS copies
            FROM inventory_containerfeedingsummary c
        ) s ON s.container_assignment_id = k.assignment_id AND s.month = k.month
        WHERE NOT COALESCE(
            s.copies = 1 AND s.batch_id = a.batch_id AND DAY(s.period_start) = m.from_day
            AND DAY(s.period_end) = LEAST(MONTH(DATE_OF(m.month + 31)),
                                          COALESCE(a.departed_day, 2932896)) - 1
            AND WHOLE(s.total_feed_kg, 2) = m.feed_dag AND s.data_points = m.feedings
            AND WHOLE(s.ending_biomass_kg, 2) = m.end_dag
            AND abs(WHOLE(s.starting_biomass_kg, 2) - m.start_dag) <= 1 + 0.5 * m.start_parts
            AND abs(WHOLE(s.growth_kg, 2) - m.grown_dag) <= m.doubt_dag, FALSE)
        """,
        ("our_month",),
    ),
    Rule(
        "summaries.batch",
        "conservation",
        "A batch has one summary a month, which adds up its containers'",
        "inventory_batchfeedingsummary",
        "batch summaries",
        # A mean over days of sums over containers; each container's biomass is rounded.
        """
        SELECT b.name AS batch, DATE_OF(k.month) AS month, s.copies AS summaries,
               s.period_start AS "from", s.period_end AS "to", s.total_feed_kg AS "feed kg",
               m.feed_dag / 100.0 AS "its containers' feed kg", s.container_count AS containers,
               m.containers AS "containers in its days",
               s.total_starting_biomass_kg AS "start kg", d.start_dag / 100.0 AS "first day's kg",
               s.total_ending_biomass_kg AS "end kg", d.end_dag / 100.0 AS "last day's kg",
               s.total_growth_kg AS "growth kg", m.grown_dag / 100.0 AS "its containers' growth kg",
               s.average_biomass_kg AS "mean kg", d.mean_dag / 100.0 AS "its days' mean kg",
               s.average_feeding_percentage AS "percent a day"
        FROM (
            SELECT batch_id, month FROM our_month
            UNION
            SELECT c.batch_id, MONTH(c.period_start)
            FROM inventory_batchfeedingsummary c JOIN our_batch x ON x.id = c.batch_id
        ) k
        JOIN our_batch b ON b.id = k.batch_id
        LEFT JOIN (
            SELECT batch_id, month, sum(feed_dag) AS feed_dag, count(*) AS containers,
                   sum(grown_dag) AS grown_dag, sum(doubt_dag) AS doubt_dag,
                   min(from_day) AS from_day, max(last_day) AS last_day
            FROM our_month GROUP BY batch_id, month
        ) m ON m.batch_id = k.batch_id AND m.month = k.month
        LEFT JOIN (
            SELECT batch_id, month, avg(dag) AS mean_dag, count(*) AS days, max(states) AS states,
                   sum(CASE WHEN day = first_day THEN start_dag ELSE 0 END) AS start_dag,
                   sum(CASE WHEN day = last_day THEN dag ELSE 0 END) AS end_dag,
                   max(came_parts) AS came_parts
            FROM (
                SELECT batch_id, month, day, sum(dag) AS dag, count(*) AS states,
                       sum(before_dag + came_dag) AS start_dag, sum(came_parts) AS came_parts,
                       min(day) OVER (PARTITION BY batch_id, month) AS first_day,
                       max(day) OVER (PARTITION BY batch_id, month) AS last_day
                FROM our_state GROUP BY batch_id, month, day
            ) y
            GROUP BY batch_id, month
        ) d ON d.batch_id = k.batch_id AND d.month = k.month
        LEFT JOIN (
            SELECT c.*, MONTH(c.period_start) AS month, count(*) OVER (
                       PARTITION BY c.batch_id, MONTH(c.period_start)) AS copies
            FROM inventory_batchfeedingsummary c
        ) s ON s.batch_id = k.batch_id AND s.month = k.month
        WHERE NOT COALESCE(
            s.copies = 1 AND DAY(s.period_start) = m.from_day
            AND DAY(s.period_end) = LEAST(MONTH(DATE_OF(m.month + 31)),
                                          COALESCE(b.to_day, 2932896)) - 1
            AND WHOLE(s.total_feed_kg, 2) = m.feed_dag
            AND s.total_feed_consumed_kg = s.total_feed_kg AND s.container_count = m.containers
            AND abs(WHOLE(s.total_starting_biomass_kg, 2) - d.start_dag)
                <= 1 + 0.5 * d.states + 0.5 * d.came_parts
            AND abs(WHOLE(s.total_ending_biomass_kg, 2) - d.end_dag) <= 1 + 0.5 * d.states
            AND s.total_biomass_gain_kg = s.total_growth_kg
            AND abs(WHOLE(s.total_growth_kg, 2) - m.grown_dag) <= 1 + m.doubt_dag
            AND abs(WHOLE(s.average_biomass_kg, 2) - d.mean_dag) <= 1 + 0.5 * d.states
            AND abs(s.average_feeding_percentage
                    - LEAST(100.0 * m.feed_dag / d.days / MOST(d.mean_dag, 1), 99.99))
                <= 0.0051 + 100.0 * m.feed_dag / d.days / MOST(d.mean_dag, 1)
                   * (1 + 0.5 * d.states) / MOST(d.mean_dag, 1), FALSE)
        """,
        ("our_month",),
    ),
    Rule(
        "summaries.fcr",
        "conservation",
        "A summary's FCR is feed by growth, at most 10, and there is none below 1 kg of growth",
        "inventory_containerfeedingsummary",
        "container summaries",
        # Growth is rounded to 0.005 kg, so that between 0.99 and 1.01 kg either may hold.
        """
        SELECT x.label AS "about", x.period_start AS "from", x.feed AS "feed kg",
               x.growth AS "growth kg", x.fcr AS fcr
        FROM (
            SELECT a.label, c.period_start, c.total_feed_kg AS feed, c.growth_kg AS growth, c.fcr
            FROM inventory_containerfeedingsummary c
            JOIN our_assignment a ON a.id = c.container_assignment_id
            UNION ALL
            SELECT b.name, c.period_start, c.total_feed_kg, c.total_growth_kg, c.weighted_avg_fcr
            FROM inventory_batchfeedingsummary c JOIN our_batch b ON b.id = c.batch_id
            UNION ALL
            SELECT b.name, c.period_start, c.total_feed_kg, c.total_growth_kg, c.fcr
            FROM inventory_batchfeedingsummary c JOIN our_batch b ON b.id = c.batch_id
        ) x
        WHERE CASE WHEN x.growth < 0.99 OR x.feed = 0 THEN x.fcr IS NOT NULL
                   WHEN x.growth <= 1.01 THEN FALSE
                   WHEN x.fcr IS NULL THEN TRUE
                   ELSE abs(x.fcr - LEAST(1.0 * x.feed / x.growth, 10.0))
                        > 0.0006 + 0.006 * x.feed / x.growth / x.growth END
        """,
        ("our_assignment",),
    ),
)
