"""Sensors: their rows say when they were last calibrated, which is when their drift began anew.

The days themselves follow from a site's name; that nobody is overdue, and that a row was changed on
the day of which it tells, can be seen here. Sensors that were in the database before the run are
somebody else's, and left alone, unless a wiped run left them.
"""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

_OWN = """
    (OURS(s.id, infrastructure_sensor) OR EXISTS (SELECT 1 FROM smoltflow_key k WHERE k.run_id = 0
     AND k.table_name = 'infrastructure_sensor' AND k.id = s.id))
    AND NOT EXISTS (SELECT 1 FROM smoltflow_key k WHERE k.run_id > 0 AND k.run_id < RUN_ID
     AND k.table_name = 'infrastructure_sensor' AND k.id = s.id)
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "sensors.calibrated",
        "integrity",
        "A sensor was calibrated on its site's last day for it, by the scenario's interval, and its"
        " row says so since",
        "our_sensor",
        "sensors",
        f"""
        SELECT s.name AS sensor, s.installation_date AS installed,
               s.last_calibration_date AS calibrated, s.updated_at AS changed
        FROM infrastructure_sensor s
        JOIN our_sensor o ON o.id = s.id
        JOIN our_container c ON c.id = s.container_id
        JOIN our_geography g ON g.id = c.geography_id
        WHERE {_OWN}
          AND (s.last_calibration_date IS NULL
               OR s.last_calibration_date < s.installation_date
               OR DAY(s.last_calibration_date) >= g.to_day
               OR g.to_day - DAY(s.last_calibration_date) > CALIBRATION_DAYS
               OR UTC_DAY(s.updated_at) <> DAY(s.last_calibration_date))
        """,  # noqa: S608
        needs=("our_container",),
    ),
)
