"""The working table of delousings: what was given to whom against salmon lice, and when."""

from __future__ import annotations

from collections.abc import Mapping

from persistence.checks.engine.working import WorkingTable

DELOUSINGS: Mapping[str, WorkingTable] = {
    "our_delousing": WorkingTable(
        "assignment_id BIGINT, day INTEGER, given TEXT",
        """
        SELECT t.batch_assignment_id, UTC_DAY(t.treatment_date), o.given
        FROM smoltflow_treatment o
        JOIN health_treatment t ON t.id = o.treatment_id
        JOIN our_batch b ON b.id = t.batch_id
        WHERE o.kind = 'delousing'
        """,
        ("our_batch",),
        index="assignment_id, given, day",
    ),
}
