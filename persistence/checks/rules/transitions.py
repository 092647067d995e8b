"""What a transfer leads to: the water that the fish meet in their new stage, noted once."""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "transitions.noted",
        "integrity",
        "The water that a transfer leads to is noted once",
        "batch_batchtransferworkflow",
        "transfer workflows",
        """
        SELECT w.workflow_number AS workflow, count(e.id) AS notes
        FROM our_batch b
        JOIN batch_batchtransferworkflow w ON w.batch_id = b.id
        LEFT JOIN environmental_stagetransitionenvironmental e
               ON e.batch_transfer_workflow_id = w.id
        GROUP BY w.id, w.workflow_number HAVING count(e.id) <> 1
        """,
        ("our_batch",),
    ),
    Rule(
        "transitions.water",
        "integrity",
        "It is as warm as the containers that were stocked on the first day, salt at sea only, and"
        " within what sensors can show",
        "environmental_stagetransitionenvironmental",
        "transitions",
        # Both the noted mean and the temperatures that it is of are rounded to 0.01 degrees.
        """
        SELECT w.workflow_number AS workflow, e.temperature AS degrees,
               x.degrees / 100.0 / x.containers AS "in its containers", e.oxygen AS oxygen,
               e.salinity AS salinity, e.ph AS "pH"
        FROM our_batch b
        JOIN batch_batchtransferworkflow w ON w.batch_id = b.id
        JOIN environmental_stagetransitionenvironmental e ON e.batch_transfer_workflow_id = w.id
        LEFT JOIN (
            SELECT y.workflow_id, min(a.geography_id) AS geography_id, count(*) AS containers,
                   sum(WHOLE(s.temp_c, 2)) AS degrees
            FROM (
                SELECT DISTINCT t.workflow_id, t.dest_assignment_id, v.actual_start_date
                FROM batch_batchtransferworkflow v
                JOIN batch_transferaction t ON t.workflow_id = v.id
                                           AND t.actual_execution_date = v.actual_start_date
            ) y
            JOIN our_assignment a ON a.id = y.dest_assignment_id
            JOIN batch_actualdailyassignmentstate s ON s.assignment_id = a.id
                                                   AND s.date = y.actual_start_date
            GROUP BY y.workflow_id
        ) x ON x.workflow_id = w.id
        LEFT JOIN our_stage g ON g.geography_id = x.geography_id
                             AND g.stage_id = w.dest_lifecycle_stage_id
        LEFT JOIN environmental_environmentalparameter o ON o.name = 'Dissolved Oxygen'
        LEFT JOIN environmental_environmentalparameter p ON p.name = 'pH'
        WHERE NOT COALESCE(
            abs(WHOLE(e.temperature, 2) * x.containers - x.degrees) <= x.containers
            AND (e.salinity > 0) = (g.sea = 1) AND e.oxygen BETWEEN o.min_value AND o.max_value
            AND e.ph BETWEEN p.min_value AND p.max_value, FALSE)
        """,
        ("our_assignment",),
    ),
)
