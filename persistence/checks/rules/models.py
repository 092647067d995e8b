"""Models and constraints: what AquaMind's engines look up in them, and what they must find there.

Its recompute of daily states and its live projections look growth and mortality up by the name of
the fish's lifecycle stage, and go on with the model's base value where there is none. The greatest
weight of the harvest's constraint is their threshold of the harvest, that of the smolt's their
threshold of the move to sea; two rows for either stop them.
"""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

SUMMARY = "batch_containerforecastsummary"

# Where the batch of a run lives, and whether its fish ever go to sea.
_WHERE = """
    SELECT a.batch_id, a.geography_id, max(q.sea) AS sea
    FROM (SELECT batch_id, min(geography_id) AS geography_id FROM our_assignment
          GROUP BY batch_id) a
    JOIN our_stage q ON q.geography_id = a.geography_id
    GROUP BY a.batch_id, a.geography_id
"""


def _constraint(words: str) -> str:
    """How many constraints of a set stand under some words, and the greatest weight of them."""
    return f"""
        SELECT constraint_set_id, count(*) AS n, max(max_weight_g) AS g
        FROM scenario_stage_constraint WHERE lifecycle_stage IN ({words})
        GROUP BY constraint_set_id
    """  # noqa: S608


_HARVEST = _constraint("'Adult', 'Harvest', 'adult', 'harvest'")
_SMOLT = _constraint("'Smolt', 'smolt'")

RULES = (
    Rule(
        "models.complete",
        "integrity",
        "A scenario's growth and mortality models have a value for each stage of its constraints,"
        " and its feed model one for each stage of the company",
        "our_run",
        "projection runs",
        """
        SELECT r.label AS scenario, x.n AS constraints, x.good AS "of them in order",
               x.growth AS growth, x.mortality AS mortality, f.n AS feed
        FROM our_run r
        LEFT JOIN (
            SELECT r.id, count(*) AS n, count(g.id) AS growth, count(m.id) AS mortality,
                   sum(CASE WHEN c.min_weight_g < c.max_weight_g
                             AND c.min_temperature_c <= c.max_temperature_c THEN 1 ELSE 0 END)
                       AS good
            FROM our_run r
            JOIN scenario_stage_constraint c ON c.constraint_set_id = r.constraint_set_id
            LEFT JOIN scenario_tgc_model_stage g
                   ON g.tgc_model_id = r.tgc_model_id AND g.lifecycle_stage = c.lifecycle_stage
            LEFT JOIN scenario_mortality_model_stage m
                   ON m.mortality_model_id = r.mortality_model_id
                  AND m.lifecycle_stage = c.lifecycle_stage
            GROUP BY r.id
        ) x ON x.id = r.id
        LEFT JOIN (SELECT model_id, count(*) AS n FROM scenario_fcrmodelstage
                   GROUP BY model_id) f ON f.model_id = r.fcr_model_id
        WHERE NOT COALESCE(x.n = x.good AND x.n = x.growth AND x.n = x.mortality
                           AND f.n >= (SELECT count(DISTINCT sort) FROM our_stage), FALSE)
        """,
        ("our_stage",),
    ),
    Rule(
        "models.stages",
        "integrity",
        "A scenario's growth and mortality models have each lifecycle stage's values under its"
        " name, where AquaMind's engines look them up",
        "our_run",
        "projection runs",
        # Values have four decimals and three; longer names than 20 have no room there.
        f"""
        SELECT r.label AS scenario, l.name AS stage, q.tgc AS growth,
               g.tgc_value AS "under its name", q.mortality AS mortality,
               m.daily_rate_percent AS "under its name "
        FROM our_run r
        JOIN ({_WHERE}) w ON w.batch_id = r.batch_id
        JOIN our_stage q ON q.geography_id = w.geography_id
        JOIN batch_lifecyclestage l ON l.id = q.stage_id
        LEFT JOIN scenario_tgc_model_stage g
               ON g.tgc_model_id = r.tgc_model_id AND g.lifecycle_stage = l.name
        LEFT JOIN scenario_mortality_model_stage m
               ON m.mortality_model_id = r.mortality_model_id AND m.lifecycle_stage = l.name
        WHERE length(l.name) <= 20
          AND NOT COALESCE(abs(g.tgc_value - q.tgc) <= 0.0000501
                           AND abs(m.daily_rate_percent - q.mortality) <= 0.000501, FALSE)
        """,  # noqa: S608
        ("our_assignment", "our_stage"),
    ),
    Rule(
        "models.thresholds",
        "conservation",
        "A batch's constraints say once at which weight it is harvested, its target, and once at"
        " which it goes to sea, that of its baseline on the eve of it",
        "our_run",
        "projection runs",
        f"""
        SELECT r.label AS scenario, h.n AS harvests, h.g AS g, x.target_g AS target,
               k.n AS transfers, k.g AS "g ", d.g AS planned
        FROM our_run r
        JOIN ({_WHERE}) w ON w.batch_id = r.batch_id
        JOIN batch_batch b ON b.id = r.batch_id
        JOIN (SELECT run_id,
                     CAST(parameters_snapshot -> 'target' ->> 'weight_g' AS FLOAT) AS target_g
              FROM scenario_projection_run) x ON x.run_id = r.id
        LEFT JOIN our_run p ON p.id = b.pinned_projection_run_id
        LEFT JOIN ({_HARVEST}) h ON h.constraint_set_id = r.constraint_set_id
        LEFT JOIN ({_SMOLT}) k ON k.constraint_set_id = r.constraint_set_id
        LEFT JOIN (
            SELECT y.projection_run_id, max(y.average_weight) AS g
            FROM our_run r
            JOIN ({_WHERE}) w ON w.batch_id = r.batch_id
            JOIN scenario_scenarioprojection y ON y.projection_run_id = r.id
            JOIN our_stage q
              ON q.geography_id = w.geography_id AND q.stage_id = y.current_stage_id AND q.sea = 0
            GROUP BY y.projection_run_id
        ) d ON d.projection_run_id = b.pinned_projection_run_id
        WHERE w.sea = 1
          AND NOT COALESCE(r.constraint_set_id = p.constraint_set_id
                           AND h.n = 1 AND abs(h.g - x.target_g) <= 0.00511
                           AND k.n = 1 AND abs(k.g - d.g) <= 0.00501, FALSE)
        """,  # noqa: S608
        ("our_assignment", "our_stage"),
    ),
    Rule(
        "forecasts.thresholds",
        "conservation",
        "A summary's thresholds are those of its batch's constraints",
        SUMMARY,
        "forecast summaries",
        f"""
        SELECT a.label AS assignment, f.harvest_threshold_g AS "harvest at", h.g AS "by constraint",
               f.transfer_threshold_g AS "to sea at", k.g AS "by constraint "
        FROM batch_containerforecastsummary f
        JOIN our_assignment a ON a.id = f.assignment_id
        JOIN batch_batch b ON b.id = a.batch_id
        JOIN our_run r ON r.id = b.pinned_projection_run_id
        LEFT JOIN ({_HARVEST}) h ON h.constraint_set_id = r.constraint_set_id
        LEFT JOIN ({_SMOLT}) k ON k.constraint_set_id = r.constraint_set_id
        WHERE WHOLE(f.harvest_threshold_g, 2) <> WHOLE(h.g, 2)
           OR WHOLE(f.transfer_threshold_g, 2) <> WHOLE(k.g, 2)
        """,  # noqa: S608
        ("our_assignment", "our_run"),
    ),
)
