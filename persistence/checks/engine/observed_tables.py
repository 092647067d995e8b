"""The working table of life at sea: a batch's time in each ring, added up."""

from __future__ import annotations

from collections.abc import Mapping

from persistence.checks.engine.working import WorkingTable

SEA: Mapping[str, WorkingTable] = {
    # Fish came to the sea once, into the first stage there; warmth is the sum of daily degrees.
    "our_sea_life": WorkingTable(
        "assignment_id ROW_KEY, batch_id BIGINT, geography_id BIGINT, from_day INTEGER,"
        " to_day INTEGER, came_n BIGINT, came_dag BIGINT, died BIGINT, dead_cg BIGINT,"
        " feed_dag BIGINT, warmth FLOAT, n BIGINT, g BIGINT",
        """
        SELECT a.id, a.batch_id, a.geography_id, a.from_day, a.to_day, COALESCE(i.n, 0),
               COALESCE(i.dag, 0), COALESCE(d.died, 0), COALESCE(d.dead_cg, 0),
               COALESCE(d.feed_dag, 0), COALESCE(w.warmth, 0), COALESCE(h.n, 0), COALESCE(h.g, 0)
        FROM our_assignment a
        JOIN our_stage s ON s.geography_id = a.geography_id AND s.stage_id = a.stage_id
                        AND s.sea = 1
        LEFT JOIN our_stage earlier ON earlier.geography_id = a.geography_id
                                   AND earlier.sort = s.sort - 1 AND earlier.sea = 1
        LEFT JOIN (SELECT assignment_id, sum(n) AS n, sum(dag) AS dag FROM our_inflow
                   GROUP BY assignment_id) i ON i.assignment_id = a.id AND earlier.sort IS NULL
        LEFT JOIN (SELECT assignment_id, sum(died) AS died, sum(died * weight_cg) AS dead_cg,
                          sum(feed_dag) AS feed_dag
                   FROM our_state GROUP BY assignment_id) d ON d.assignment_id = a.id
        LEFT JOIN (SELECT assignment_id, sum(temp_c) AS warmth
                   FROM batch_actualdailyassignmentstate GROUP BY assignment_id) w
               ON w.assignment_id = a.id
        LEFT JOIN our_harvest h ON h.assignment_id = a.id
        """,
        ("our_state", "our_harvest"),
        index="batch_id",
    ),
}
