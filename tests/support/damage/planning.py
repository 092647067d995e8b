"""What can go wrong with plans of activities."""

from __future__ import annotations

ACTIVITY, TEMPLATE = "planning_plannedactivity", "planning_activitytemplate"
BATCH, TRANSFER = "batch_batch", "batch_batchtransferworkflow"


def _first(kind: str, status: str) -> str:
    return (
        f"(SELECT min(id) FROM {ACTIVITY} WHERE activity_type = '{kind}' AND status = '{status}')"
    )


def _change(change: str, row: str) -> str:
    return f"UPDATE {ACTIVITY} SET {change} WHERE id = {row}"


def _open(row: str) -> str:
    """An activity that was done is pending again."""
    return _change("status = 'PENDING', completed_at = NULL", row)


MOVED, HARVESTED = _first("TRANSFER", "COMPLETED"), _first("HARVEST", "COMPLETED")
VACCINATED, SAMPLED = _first("VACCINATION", "COMPLETED"), _first("SAMPLING", "COMPLETED")
AHEAD = _first("HARVEST", "PENDING")
LATER = "completed_at = datetime(completed_at, '+1 day')"
OF_DONE = f"batch_id = (SELECT min(id) FROM {BATCH} WHERE status = 'COMPLETED')"

DAMAGE: list[tuple[str, str]] = [
    ("planning.templates", f"DELETE FROM {ACTIVITY} WHERE id = {SAMPLED}"),
    ("planning.templates", _change("notes = 'Something else'", SAMPLED)),
    ("planning.templates", _change("activity_type = 'OTHER'", SAMPLED)),
    ("planning.templates",
     f"UPDATE {TEMPLATE} SET name = 'Another' WHERE activity_type = 'HARVEST'"),
    ("planning.status", _change("completed_at = NULL", SAMPLED)),
    ("planning.status", _change("completed_at = '2031-01-01 00:00:00'", SAMPLED)),
    ("planning.status", _change("completed_at = '2001-01-01 00:00:00'", SAMPLED)),
    ("planning.status", _change("due_date = '2001-01-01'", SAMPLED)),
    ("planning.status",
     f"""UPDATE {ACTIVITY} SET status = 'IN_PROGRESS', completed_at = NULL
         WHERE activity_type = 'FEED_CHANGE' AND {OF_DONE}"""),
    ("planning.scenario", _change(
        f"scenario_id = (SELECT max(scenario_id) FROM {ACTIVITY})", SAMPLED)),
    ("planning.transfers", _open(MOVED)),
    ("planning.transfers", _change(LATER, MOVED)),
    ("planning.transfers", _change("due_date = date(due_date, '+1 day')", MOVED)),
    ("planning.transfers", _change("transfer_workflow_id = NULL", MOVED)),
    ("planning.transfers",
     f"UPDATE {TRANSFER} SET planned_activity_id = NULL WHERE planned_activity_id = {MOVED}"),
    ("planning.harvests", _open(HARVESTED)),
    ("planning.harvests",
     _change("completed_at = datetime(completed_at, '-1 day')", HARVESTED)),
    ("planning.harvests", _change("status = 'IN_PROGRESS'", AHEAD)),
    ("planning.vaccinations", _open(VACCINATED)),
    ("planning.vaccinations", _change(LATER, VACCINATED)),
    ("planning.vaccinations",
     f"""DELETE FROM health_treatment WHERE treatment_type = 'vaccination'
         AND batch_id = (SELECT batch_id FROM {ACTIVITY} WHERE id = {VACCINATED})"""),
    ("planning.vaccinations", _change("due_date = date(due_date, '-1 day')", VACCINATED)),
    ("planning.vaccinations", _change("due_date = date(due_date, '+1 day')", VACCINATED)),
    ("planning.vaccinations", _change("status = 'CANCELLED', completed_at = NULL", VACCINATED)),
    ("planning.vaccinations",
     _change("completed_at = datetime(completed_at, '-20 days')", VACCINATED)),
    ("planning.samplings", _open(SAMPLED)),
    ("planning.samplings", _change(LATER, SAMPLED)),
    ("planning.samplings", _change("due_date = date(due_date, '+1 day')", SAMPLED)),
]  # fmt: skip
