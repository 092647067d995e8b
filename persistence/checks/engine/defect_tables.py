"""Working tables of the labels: what is dirty in the run's rows, and the truth about it.

Other checks lay the truth over the rows they read, so that a dirty run is judged by its clean data.
They are empty when a run has no defects.
"""

from __future__ import annotations

from collections.abc import Mapping

from persistence.checks.engine.working import WorkingTable

LABELS: Mapping[str, WorkingTable] = {
    "our_label": WorkingTable(
        "id ROW_KEY, kind TEXT, table_name TEXT, column_name TEXT, row_time TIMESTAMPTZ,"
        " sensor_id BIGINT, growth_sample_id BIGINT, mortality_id BIGINT, batch_id BIGINT,"
        " container_id BIGINT, assignment_id BIGINT, parameter_id BIGINT,"
        " true_value NUMERIC(10, 4), written_value NUMERIC(10, 4), true_time TIMESTAMPTZ,"
        " written_time TIMESTAMPTZ, since TIMESTAMPTZ, until TIMESTAMPTZ,"
        " other_container_id BIGINT",
        """
        SELECT id, kind, table_name, column_name, row_time, sensor_id, growth_sample_id,
               mortality_id, batch_id, container_id, assignment_id, parameter_id, true_value,
               written_value, true_time, written_time, since, until, other_container_id
        FROM smoltflow_defect WHERE OURS(id, smoltflow_defect)
        """,
        index="sensor_id, row_time",
    ),
    "our_sample_label": WorkingTable(
        "growth_sample_id ROW_KEY, true_value NUMERIC(10, 4)",
        """
        SELECT growth_sample_id, min(true_value) FROM our_label
        WHERE growth_sample_id IS NOT NULL GROUP BY growth_sample_id
        """,
        ("our_label",),
    ),
}
