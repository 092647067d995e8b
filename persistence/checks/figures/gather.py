"""Gathering the figures of one database from its rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from persistence.checks.engine.session import Session
from persistence.checks.figures.figures import FEEDINGS, SAMPLES, BatchFigures, Figures, Use

STEADY_FROM_DAY = 850
"""By then the first batches have been harvested, and tanks and rings are in their steady state."""
FIRST_FED_DAY = 91
"""Of a batch whose eggs take 90 days."""

_COUNTED = {FEEDINGS: "inventory_feedingevent", SAMPLES: "batch_growthsample"}
# Sensor readings are counted by the check that looks at each of them.


def gather(session: Session) -> Figures:
    """The figures of one database."""
    session.need(("our_state", "our_harvest", "our_lot", "our_delousing"))
    counts = {
        name: int(session.row(f"SELECT count(*) FROM {table}")[0])  # noqa: S608
        for name, table in _COUNTED.items()
    }
    closed, active = session.row(
        "SELECT COALESCE(sum(1 - active), 0), COALESCE(sum(active), 0) FROM our_assignment"
    )
    stages = session.rows("SELECT DISTINCT sort FROM our_assignment")
    fullest = session.rows(
        """
        SELECT g.name, max(1.0 * s.dag / c.limit_dag) FROM our_state s
        JOIN our_assignment a ON a.id = s.assignment_id
        JOIN our_container c ON c.id = a.container_id
        JOIN our_geography g ON g.id = a.geography_id GROUP BY g.name
        """
    )
    until = session.row(
        """
        SELECT min(to_day) FROM our_geography
        WHERE id IN (SELECT geography_id FROM our_assignment)
        """
    )[0]
    waits, long_waits = _waits(session)
    waiting = session.row(
        """
        SELECT count(*) FROM smoltflow_wait
        WHERE OURS(id, smoltflow_wait) AND batch_id IS NULL AND stage_id IS NOT NULL
          AND until IS NULL
        """
    )[0]
    return Figures(
        batches=_batches(session),
        rows=Counter(counts),
        stages_seen=frozenset(row[0] for row in stages if row[0] is not None),
        closed=int(closed),
        active=int(active),
        **_feed(session),
        fullest={name: float(share) for name, share in fullest},
        deloused=_deloused(session),
        waits=waits,
        long_waits=long_waits,
        waiting_to_start=int(waiting),
        tanks=_use(session, "hall"),
        rings=_use(session, "area"),
        until=1 << 30 if until is None else int(until),
    )


def _batches(session: Session) -> tuple[BatchFigures, ...]:
    rows = session.rows(
        """
        SELECT b.name, COALESCE(own.sort, -1), b.status, COALESCE(c.eggs, 0),
               COALESCE(a.n, 0), COALESCE(a.dag, 0) / 100.0, COALESCE(h.n, 0),
               COALESCE(h.g, 0) / 1000.0, COALESCE(s.dead_cg, 0) / 100000.0,
               COALESCE(s.feed_dag, 0) / 100.0, h.first_day - b.from_day, h.last_day - b.from_day,
               s.day_91
        FROM our_batch b
        LEFT JOIN (
            SELECT batch_id, min(geography_id) AS geography_id, sum(n) AS n, sum(dag) AS dag
            FROM our_assignment GROUP BY batch_id
        ) a ON a.batch_id = b.id
        LEFT JOIN our_stage own ON own.geography_id = a.geography_id AND own.stage_id = b.stage_id
        LEFT JOIN (
            SELECT batch_id, sum(total_eggs_received) AS eggs
            FROM batch_creationworkflow GROUP BY batch_id
        ) c ON c.batch_id = b.id
        LEFT JOIN (
            SELECT batch_id, sum(n) AS n, sum(g) AS g, min(day) AS first_day, max(day) AS last_day
            FROM our_harvest GROUP BY batch_id
        ) h ON h.batch_id = b.id
        LEFT JOIN (
            SELECT x.batch_id, sum(x.feed_dag) AS feed_dag, sum(x.died * x.weight_cg) AS dead_cg,
                   sum(CASE WHEN x.day - y.from_day + 1 = :day_91 THEN x.n END) AS day_91
            FROM our_state x JOIN our_batch y ON y.id = x.batch_id GROUP BY x.batch_id
        ) s ON s.batch_id = b.id
        ORDER BY b.name
        """,
        {"day_91": FIRST_FED_DAY},
    )
    return tuple(
        BatchFigures(
            name=row[0],
            stage=row[1],
            active=row[2] == "ACTIVE",
            died_out=row[2] == "TERMINATED",
            eggs=int(row[3]),
            alive=int(row[4]),
            alive_kg=float(row[5]),
            harvested=int(row[6]),
            harvested_kg=float(row[7]),
            dead_kg=float(row[8]),
            feed_kg=float(row[9]),
            first_harvest=row[10],
            last_harvest=row[11],
            day_91=None if row[12] is None else int(row[12]),
        )
        for row in rows
    )


def _feed(session: Session) -> dict[str, Any]:
    """The figures of feed; what came at midnight of the first day was in stock before it."""
    rows = session.rows(
        """
        SELECT g.name, sum(l.left_dag) / 100.0, sum(l.bought_dag) / 100.0,
               sum(CASE WHEN l.day > :first THEN 1 ELSE 0 END),
               sum(l.bought_dag * l.opening),
               sum(CASE WHEN l.last_good < g.to_day THEN l.bought_dag * l.opening ELSE 0 END),
               sum(CASE WHEN l.last_good < g.to_day
                   THEN (l.bought_dag - COALESCE(e.dag, 0)) * l.opening ELSE 0 END)
        FROM (
            SELECT x.*, DAY(p.expiry_date) AS last_good,
                   CASE WHEN x.day = :first AND UTC_CLOCK(s.entry_date) = '00:00:00'
                        THEN 1 ELSE 0 END AS opening
            FROM our_lot x
            JOIN inventory_feedpurchase p ON p.id = x.id
            JOIN inventory_feedcontainerstock s ON s.id = x.stock_id
        ) l
        LEFT JOIN (
            SELECT d.purchase_id, sum(d.dag) AS dag
            FROM our_lot_day d JOIN inventory_feedpurchase p ON p.id = d.purchase_id
            WHERE d.day <= DAY(p.expiry_date) GROUP BY d.purchase_id
        ) e ON e.purchase_id = l.id
        JOIN infrastructure_feedcontainer f ON f.id = l.store_id
        LEFT JOIN infrastructure_area a ON a.id = f.area_id
        LEFT JOIN infrastructure_hall h ON h.id = f.hall_id
        LEFT JOIN infrastructure_freshwaterstation w ON w.id = h.freshwater_station_id
        JOIN our_geography g ON g.id = COALESCE(a.geography_id, w.geography_id)
        GROUP BY g.name
        """,
        {"first": session.knobs.first_day},
    )
    late, opening, due, expired = (sum(int(row[at]) for row in rows) for at in range(3, 7))
    return {
        "stock_kg": {row[0]: float(row[1]) for row in rows},
        "bought_kg": {row[0]: float(row[2]) for row in rows},
        "late_purchases": late,
        "opening_dag": opening,
        "due_dag": due,
        "expired_dag": expired,
    }


def _deloused(session: Session) -> Counter[str]:
    rows = session.rows("SELECT given, count(*) FROM our_delousing GROUP BY given")
    return Counter({given: int(count) for given, count in rows})


def _waits(session: Session) -> tuple[Counter[str], tuple[str, ...]]:
    ours = "OURS(w.id, smoltflow_wait)"
    kinds = session.rows(
        f"SELECT w.kind, count(*) FROM smoltflow_wait w WHERE {ours} GROUP BY w.kind"  # noqa: S608
    )
    long_waits = session.rows(
        f"""
        SELECT w.waiter, w.pool, w.since, w.until FROM smoltflow_wait w
        WHERE {ours} AND w.kind IN ('tanks', 'rings')
          AND COALESCE(UTC_DAY(w.until), (SELECT max(to_day) FROM our_geography))
              - UTC_DAY(w.since) > :longest
        ORDER BY w.id
        """,  # noqa: S608
        {"longest": session.knobs.watchdog_days},
    )
    told = tuple(f"{row[0]} waited for {row[1]} from {row[2]} to {row[3]}" for row in long_waits)
    return Counter({kind: int(count) for kind, count in kinds}), told


def _use(session: Session, site: str) -> dict[str, Use]:
    """Container-days of halls or areas (``site``), in whole months.

    The month in which the steady state begins is left out.
    """
    rows = session.rows(
        f"""
        SELECT u.name, u.capacity, u.claimed, COALESCE(sum(
                   CASE WHEN x.to_day > u.from_day
                        THEN x.to_day - MOST(x.from_day, u.from_day) ELSE 0 END), 0)
        FROM (
            SELECT g.id, g.name, sum(y.capacity_days) AS capacity,
                   sum(y.busy_days + y.resting_days) AS claimed, min(DAY(y.month)) AS from_day
            FROM smoltflow_usage y
            JOIN our_geography g ON g.name = y.geography
            JOIN (
                SELECT DISTINCT s.name, c.geography_id FROM infrastructure_{site} s
                JOIN our_container c ON c.{site}_id = s.id
            ) s ON s.name = y.pool AND s.geography_id = g.id
            WHERE OURS(y.id, smoltflow_usage) AND DAY(y.month) >= :from_day
            GROUP BY g.id, g.name
        ) u
        LEFT JOIN our_container c ON c.geography_id = u.id AND c.{site}_id IS NOT NULL
        LEFT JOIN our_assignment x ON x.container_id = c.id
        GROUP BY u.name, u.capacity, u.claimed
        """,  # noqa: S608
        {"from_day": session.knobs.first_day + STEADY_FROM_DAY},
    )
    return {row[0]: Use(float(row[1]), float(row[2]), float(row[3])) for row in rows}
