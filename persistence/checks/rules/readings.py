"""Sensor readings: the bulk of a run, looked at once, in parts.

Each reading must fit its sensor and its assignment; that leaves it a place given by sensor, day and
hour. Since a sensor has one reading at an instant (the table's key) and assignments do not overlap,
as many readings as places means that every place is taken: so completeness is one sum.

Where the scenario asks for defects, the truth of their labels is laid over the readings: a true
value counts instead of the written one, a label that says ``missing`` stands for a reading, and a
``duplicate`` is none.
"""

from __future__ import annotations

import time
from typing import Final

from persistence.checks.engine.rule import Check, Finding, offenders
from persistence.checks.engine.session import Session
from persistence.checks.rules.defect_rates import is_dirty

PART_ROWS: Final = 3_000_000

_TABLE = """
    FROM environmental_environmentalreading r
    LEFT JOIN our_sensor s ON s.id = r.sensor_id
    LEFT JOIN our_assignment a ON a.id = r.batch_container_assignment_id
"""
_IDS = "OURS(r.id, environmental_environmentalreading)"
_PART = {
    "sqlite": "r.rowid BETWEEN :from_part AND :to_part",
    "postgresql": "r.ctid >= CAST(:from_part AS tid) AND r.ctid < CAST(:to_part AS tid)",
}
_STRAY = """
    (s.id IS NULL OR a.id IS NULL OR r.sensor_id IS NULL OR r.batch_id <> a.batch_id
     OR r.batch_id IS NULL OR r.container_id IS NULL OR r.container_id <> a.container_id
     OR s.container_id <> a.container_id)
"""
_KINDS = (
    (
        "readings.belong",
        "A reading names its assignment's batch and container, and a sensor of that container",
        _STRAY,
    ),
    (
        "readings.days",
        "A reading lies inside its assignment's days",
        "(r.reading_time < a.from_date OR r.reading_time >= a.to_date)",
    ),
    (
        "readings.hours",
        "A reading is taken at one of the scenario's hours",
        "(UTC_CLOCK(r.reading_time) NOT IN (READING_HOURS) AND NOT IS_DUPLICATE)",
    ),
    (
        "readings.values",
        "A reading is of what its sensor measures, and within what that can be",
        """
        (r.parameter_id <> s.parameter_id OR s.parameter_id IS NULL
         OR TRUE_VALUE < s.low OR TRUE_VALUE > s.high)
        """,
    ),
)
COMPLETE = "readings.complete"
_COMPLETE_SAYS = "Every sensor of an occupied container reports at every hour of every day"
_NEEDS = ("our_sensor", "our_assignment")
_LABELS = "LEFT JOIN our_label d ON d.sensor_id = r.sensor_id AND d.row_time = r.reading_time"
_CLEAN = {"TRUE_VALUE": "r.value", "IS_DUPLICATE": "FALSE"}
_DIRTY = {
    "TRUE_VALUE": "COALESCE(d.true_value, r.value)",
    "IS_DUPLICATE": "COALESCE(d.kind = 'duplicate', FALSE)",
}


def part(span: tuple[int, int]) -> Check:
    """Look at the readings of one part of the table."""

    def look(session: Session) -> list[Finding]:
        began = time.perf_counter()
        dirty = is_dirty(session.knobs.defects)
        session.need((*_NEEDS, "our_label") if dirty else _NEEDS)
        values: dict[str, float | str] = dict(_limits(session, span))
        labels = _LABELS if dirty else ""
        ours = _IDS if session.is_live else f"(a.id IS NOT NULL OR {_IDS})"
        where = f"{_TABLE} {labels} WHERE {_PART[session.dialect]} AND {ours}"
        conditions = [_overlaid(condition, dirty=dirty) for _, _, condition in _KINDS]
        sums = ", ".join(
            f"COALESCE(sum(CASE WHEN {counted} THEN 1 ELSE 0 END), 0)"
            for counted in (*conditions, _overlaid("IS_DUPLICATE", dirty=dirty))
        )
        checked, *bad, again = map(int, session.row(f"SELECT count(*), {sums} {where}", values))
        shown = [
            offenders(session, f"{_SHOWN} {where} AND {condition}", values)[1] if count else ()
            for condition, count in zip(conditions, bad, strict=True)
        ]
        seconds = (time.perf_counter() - began) / len(_KINDS)
        findings = [
            Finding(name, "integrity", says, "readings", count, checked, rows, seconds)
            for (name, says, _), count, rows in zip(_KINDS, bad, shown, strict=True)
        ]
        return [*findings, _complete(again - checked, checked)]

    return look


def _overlaid(condition: str, *, dirty: bool) -> str:
    """A condition about the truth, by the labels if there may be any."""
    for word, meaning in (_DIRTY if dirty else _CLEAN).items():
        condition = condition.replace(word, meaning)
    return condition


_SHOWN = """
    SELECT COALESCE(a.label, 'no assignment') AS assignment, r.reading_time AS time,
           r.id AS reading, r.sensor_id AS sensor, r.parameter_id AS parameter, r.value AS value,
           r.batch_id AS batch, r.container_id AS container
"""


def due(session: Session) -> list[Finding]:
    """Count the readings that there should be; what the parts find is taken off it."""
    session.need((*_NEEDS, "our_label"))
    places = session.row(
        """
        SELECT COALESCE(sum((a.to_day - a.from_day) * c.sensors), 0)
        FROM our_assignment a JOIN our_container c ON c.id = a.container_id
        """
    )[0]
    gone = session.row("SELECT count(*) FROM our_label WHERE kind = 'missing'")[0]
    return [_complete(int(places) * len(session.knobs.hours) - int(gone), 0)]


def missing(session: Session) -> tuple[str, ...]:
    """Say which assignments have too few or too many readings; slow, and only when some have."""
    session.need((*_NEEDS, "our_label"))
    _, rows = offenders(
        session,
        """
        SELECT a.label AS assignment, COALESCE(r.readings, 0) AS readings,
               (a.to_day - a.from_day) * c.sensors * :hours + COALESCE(d.more, 0) AS due
        FROM our_assignment a
        JOIN our_container c ON c.id = a.container_id
        LEFT JOIN (
            SELECT batch_container_assignment_id AS id, count(*) AS readings
            FROM environmental_environmentalreading GROUP BY batch_container_assignment_id
        ) r ON r.id = a.id
        LEFT JOIN (
            SELECT assignment_id AS id,
                   sum(CASE kind WHEN 'duplicate' THEN 1 WHEN 'missing' THEN -1 ELSE 0 END) AS more
            FROM our_label WHERE sensor_id IS NOT NULL GROUP BY assignment_id
        ) d ON d.id = a.id
        WHERE COALESCE(r.readings, 0)
              <> (a.to_day - a.from_day) * c.sensors * :hours + COALESCE(d.more, 0)
        """,
        {"hours": len(session.knobs.hours)},
    )
    return rows


def _complete(bad: int, checked: int) -> Finding:
    return Finding(COMPLETE, "integrity", _COMPLETE_SAYS, "readings", bad, checked)


def _limits(session: Session, span: tuple[int, int]) -> dict[str, int | str]:
    first, last = span
    if session.dialect == "sqlite":
        return {"from_part": first, "to_part": last}
    return {"from_part": f"({first},0)", "to_part": f"({last + 1},0)"}
