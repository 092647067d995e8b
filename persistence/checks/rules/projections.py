"""Scenarios and forecasts: each batch has its plan, and what is foreseen follows from what is.

Scenarios hold doubles, rounded to six decimals: what is worked out of them is as close as the last
decimal, and as a double can be. In a live database
planners project our batches again: what is looked at are the run's own rows.
"""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RUN, DAYS = "scenario_projection_run", "scenario_scenarioprojection"
FORWARD, SUMMARY = "batch_liveforwardprojection", "batch_containerforecastsummary"
PROFILE = "scenario_temperatureprofile"


def _close(value: str) -> str:
    """How far a double of six decimals may be from one that is worked out of such doubles.

    A unit of the last decimal, and as many units in the last place of the double as three
    operations and two conversions from text can be wrong by: 5 / 2 ** 53, rounded up.
    """
    return f"0.000001001 + 1e-15 * abs({value})"


RULES = (
    Rule(
        "projections.pinned",
        "integrity",
        "A batch is pinned to a projection run of its own, from its first day",
        "our_batch",
        "batches",
        """
        SELECT b.name AS batch, r.label AS scenario, DATE_OF(r.from_day) AS "from"
        FROM our_batch b
        JOIN batch_batch x ON x.id = b.id
        LEFT JOIN our_run r ON r.id = x.pinned_projection_run_id
        WHERE NOT COALESCE(r.batch_id = b.id AND r.from_day = b.from_day, FALSE)
        """,
        ("our_run",),
    ),
    Rule(
        "projections.days",
        "integrity",
        "A projection has a row for each of its days, as many as the run and its scenario say",
        "our_run",
        "projection runs",
        """
        SELECT r.label AS scenario, r.total AS days, r.days AS "of the scenario", p.n AS "rows",
               p.low AS "from day", p.high AS "to day"
        FROM our_run r
        LEFT JOIN (
            SELECT projection_run_id, count(*) AS n, count(DISTINCT day_number) AS numbers,
                   min(day_number) AS low, max(day_number) AS high,
                   min(DAY(projection_date) - day_number) AS least,
                   max(DAY(projection_date) - day_number) AS most
            FROM scenario_scenarioprojection GROUP BY projection_run_id
        ) p ON p.projection_run_id = r.id
        WHERE NOT COALESCE(p.n = r.total AND p.n = r.days AND p.numbers = p.n AND p.low = 1
                           AND p.high = p.n AND p.least = r.from_day - 1
                           AND p.most = r.from_day - 1, FALSE)
        """,
    ),
    Rule(
        "projections.growth",
        "conservation",
        "Projected fish never shrink or come back, biomass is count x weight, feed adds up",
        DAYS,
        "projected days",
        f"""
        SELECT x.label AS scenario, x.day_number AS day, x.w AS g, x.w0 AS before, x.n AS fish,
               x.n0 AS "before ", x.biomass AS kg, x.daily_feed AS feed,
               x.cumulative_feed AS "in all"
        FROM (
            SELECT r.label, p.day_number, p.average_weight AS w, p.population AS n, p.biomass,
                   p.daily_feed, p.cumulative_feed,
                   COALESCE(lag(p.average_weight) OVER run, r.weight_g) AS w0,
                   COALESCE(lag(p.population) OVER run, r.n) AS n0,
                   COALESCE(lag(p.cumulative_feed) OVER run, 0) AS fed
            FROM scenario_scenarioprojection p
            JOIN our_run r ON r.id = p.projection_run_id
            WINDOW run AS (PARTITION BY p.projection_run_id ORDER BY p.day_number)
        ) x
        WHERE NOT COALESCE(
            x.w >= x.w0 AND x.n <= x.n0 AND x.n >= 0 AND x.daily_feed >= 0
            AND abs(x.biomass - x.w * x.n / 1000) <= {_close("x.biomass")}
            AND abs(x.cumulative_feed - x.fed - x.daily_feed) <= {_close("x.cumulative_feed")},
            FALSE)
        """,  # noqa: S608
        ("our_run",),
    ),
    Rule(
        "projections.final",
        "conservation",
        "A run's final weight and biomass are those of its last day",
        "our_run",
        "projection runs",
        f"""
        SELECT r.label AS scenario, r.final_g AS g, p.average_weight AS "on its last day",
               r.final_kg AS kg, p.biomass AS "on its last day "
        FROM our_run r
        LEFT JOIN scenario_scenarioprojection p
               ON p.projection_run_id = r.id AND p.day_number = r.total
        WHERE NOT COALESCE(abs(p.average_weight - r.final_g) <= {_close("r.final_g")}
                           AND abs(p.biomass - r.final_kg) <= {_close("r.final_kg")}, FALSE)
        """,  # noqa: S608
    ),
    Rule(
        "projections.temperature",
        "integrity",
        "A projection's water is that of its scenario's profile, day by day",
        DAYS,
        "projected days",
        """
        SELECT r.label AS scenario, p.day_number AS day, p.temperature AS degrees,
               t.temperature AS "in the profile"
        FROM scenario_scenarioprojection p
        JOIN our_run r ON r.id = p.projection_run_id
        LEFT JOIN scenario_temperaturereading t
               ON t.profile_id = r.profile_id AND t.day_number = p.day_number
        WHERE NOT COALESCE(abs(p.temperature - t.temperature) <= 0.000001, FALSE)
        """,
        ("our_run",),
    ),
    Rule(
        "profiles.days",
        "integrity",
        "A temperature profile has a reading for each of its days, from the first",
        PROFILE,
        "temperature profiles",
        """
        SELECT p.name AS profile, COALESCE(t.n, 0) AS readings, t.low AS "from day",
               t.high AS "to day", t.coldest AS coldest, t.warmest AS warmest
        FROM scenario_temperatureprofile p
        LEFT JOIN (
            SELECT profile_id, count(*) AS n, min(day_number) AS low, max(day_number) AS high,
                   min(temperature) AS coldest, max(temperature) AS warmest
            FROM scenario_temperaturereading GROUP BY profile_id
        ) t ON t.profile_id = p.profile_id
        WHERE (OURS(p.profile_id, scenario_temperatureprofile)
               OR p.profile_id IN (SELECT id FROM smoltflow_key WHERE run_id = RUN_ID
                                   AND table_name = 'scenario_temperatureprofile'))
          AND NOT COALESCE(t.low = 1 AND t.high = t.n AND t.coldest >= -2 AND t.warmest <= 30,
                           FALSE)
        """,
    ),
    Rule(
        "profiles.standing",
        "integrity",
        "Each sea has two profiles that no batch needs, and no day of the cold one is warmer",
        PROFILE,
        "temperature profiles",
        """
        SELECT g.name AS geography, COALESCE(s.n, 0) AS profiles
        FROM our_geography g
        LEFT JOIN (
            SELECT m.location, count(*) AS n, min(m.profile_id) AS mean, max(m.profile_id) AS cold
            FROM scenario_tgcmodel m
            WHERE (OURS(m.profile_id, scenario_temperatureprofile)
                   OR m.profile_id IN (SELECT id FROM smoltflow_key WHERE run_id = RUN_ID
                                       AND table_name = 'scenario_temperatureprofile'))
              AND m.model_id NOT IN (SELECT tgc_model_id FROM our_run)
            GROUP BY m.location
        ) s ON s.location = g.name
        WHERE EXISTS (SELECT 1 FROM our_stage t WHERE t.geography_id = g.id AND t.sea = 1)
          AND EXISTS (SELECT 1 FROM infrastructure_area a WHERE a.geography_id = g.id)
          AND (COALESCE(s.n, 0) <> 2 OR EXISTS (
              SELECT 1 FROM scenario_temperaturereading a
              LEFT JOIN scenario_temperaturereading b
                     ON b.profile_id = s.cold AND b.day_number = a.day_number
              WHERE a.profile_id = s.mean AND NOT COALESCE(b.temperature <= a.temperature, FALSE)))
        """,
        ("our_run",),
    ),
    Rule(
        "forecasts.state",
        "conservation",
        "A forecast starts from what the container's record of that day says",
        SUMMARY,
        "forecast summaries",
        """
        SELECT a.label AS assignment, f.state_date AS day, f.current_population AS fish,
               s.n AS "in the record", f.current_weight_g AS g, s.weight_cg / 100.0 AS "of it",
               f.current_biomass_kg AS kg, s.dag / 100.0 AS "of it "
        FROM batch_containerforecastsummary f
        JOIN our_assignment a ON a.id = f.assignment_id
        JOIN our_batch b ON b.id = a.batch_id
        LEFT JOIN our_state s ON s.assignment_id = a.id AND s.day = DAY(f.state_date)
        WHERE NOT COALESCE(
            s.n = f.current_population AND s.weight_cg = WHOLE(f.current_weight_g, 2)
            AND s.dag = WHOLE(f.current_biomass_kg, 2)
            AND f.state_day_number = s.day - b.from_day + 1 AND f.computed_date = f.state_date,
            FALSE)
        """,
        ("our_state",),
    ),
    Rule(
        "forecasts.current",
        "integrity",
        "Every container that had fish when forecasts were last made has one of that day",
        SUMMARY,
        "forecast summaries",
        """
        SELECT a.label AS assignment, DATE_OF(l.day) AS "last made",
               DATE_OF(DAY(f.computed_date)) AS "its own"
        FROM (
            SELECT a.geography_id, max(DAY(f.computed_date)) AS day
            FROM batch_containerforecastsummary f
            JOIN our_assignment a ON a.id = f.assignment_id GROUP BY a.geography_id
        ) l
        JOIN our_assignment a ON a.geography_id = l.geography_id
        JOIN our_state s ON s.assignment_id = a.id AND s.day = l.day AND s.n > 0
        LEFT JOIN batch_containerforecastsummary f ON f.assignment_id = a.id
        WHERE NOT COALESCE(DAY(f.computed_date) = l.day, FALSE)
        """,
        ("our_state",),
    ),
    Rule(
        "forecasts.dates",
        "conservation",
        "A summary's harvest and transfer are its forecast's, and its variance that to the plan",
        SUMMARY,
        "forecast summaries",
        # The forecast ends with the harvest; weights never fall, so the greatest is the last one.
        """
        SELECT a.label AS assignment, f.projected_harvest_date AS harvest,
               DATE_OF(p.high) AS "of the forecast", f.projected_transfer_date AS transfer,
               DATE_OF(t.day) AS "of the forecast ", f.original_harvest_date AS planned,
               DATE_OF(r.from_day + r.total - 1) AS "by its run", f.harvest_variance_days AS late
        FROM batch_containerforecastsummary f
        JOIN our_assignment a ON a.id = f.assignment_id
        JOIN batch_batch b ON b.id = a.batch_id
        LEFT JOIN our_run r ON r.id = b.pinned_projection_run_id
        LEFT JOIN our_forward p ON p.assignment_id = a.id AND p.computed = DAY(f.computed_date)
        LEFT JOIN (
            SELECT x.assignment_id, x.computed_date,
                   min(CASE WHEN x.projected_weight_g >= y.transfer_threshold_g
                            THEN DAY(x.projection_date) END) AS day
            FROM batch_liveforwardprojection x
            JOIN batch_containerforecastsummary y
              ON y.assignment_id = x.assignment_id AND y.computed_date = x.computed_date
            WHERE y.transfer_threshold_g IS NOT NULL
              AND OURS(x.id, batch_liveforwardprojection)
            GROUP BY x.assignment_id, x.computed_date
        ) t ON t.assignment_id = f.assignment_id AND t.computed_date = f.computed_date
        WHERE NOT COALESCE(
            DAY(f.projected_harvest_date) = p.high
            AND WHOLE(f.projected_harvest_weight_g, 2) = p.most_cg
            AND f.days_to_harvest = p.high - p.computed
            AND DAY(f.original_harvest_date) = r.from_day + r.total - 1
            AND f.harvest_variance_days = p.high - r.from_day - r.total + 1
            AND COALESCE(DAY(f.projected_transfer_date), -1) = COALESCE(t.day, -1)
            AND COALESCE(f.days_to_transfer, -1) = COALESCE(t.day - p.computed, -1), FALSE)
        """,
        ("our_run", "our_forward"),
    ),
    Rule(
        "forecasts.bias",
        "conservation",
        "The bias is how much warmer the container was than the profile, within its clamps, over"
        " those of the last days that the profile has",
        SUMMARY,
        "forecast summaries",
        """
        SELECT a.label AS assignment, f.computed_date AS day, f.temp_bias_c AS bias,
               w.degrees AS "as recorded", f.temp_bias_window_days AS days, w.days AS "of record"
        FROM batch_containerforecastsummary f
        JOIN our_assignment a ON a.id = f.assignment_id
        LEFT JOIN our_forward p ON p.assignment_id = a.id AND p.computed = DAY(f.computed_date)
        LEFT JOIN (
            SELECT f.assignment_id, avg(s.temp_c - t.temperature) AS degrees, count(*) AS days
            FROM batch_containerforecastsummary f
            JOIN our_assignment a ON a.id = f.assignment_id
            JOIN batch_batch b ON b.id = a.batch_id
            JOIN our_run r ON r.id = b.pinned_projection_run_id
            JOIN batch_actualdailyassignmentstate s ON s.assignment_id = f.assignment_id
            JOIN scenario_temperaturereading t
              ON t.profile_id = r.profile_id AND t.day_number = s.day_number
            WHERE DAY(s.date) <= DAY(f.state_date)
              AND DAY(s.date) > DAY(f.state_date) - BIAS_DAYS
            GROUP BY f.assignment_id
        ) w ON w.assignment_id = f.assignment_id
        WHERE NOT COALESCE(
            f.temp_bias_window_days = COALESCE(w.days, 0) AND WHOLE(f.temp_bias_c, 2) = p.bias_cc
            AND abs(f.temp_bias_c - LEAST(MOST(COALESCE(w.degrees, 0), p.clamp_low), p.clamp_high))
                <= 0.005001, FALSE)
        """,
        ("our_run", "our_forward"),
    ),
    Rule(
        "forward.days",
        "integrity",
        "A live forecast goes on day by day from the day after it was made, for one container",
        "our_forward",
        "live forecasts",
        """
        SELECT a.label AS assignment, DATE_OF(p.computed) AS made, DATE_OF(p.low) AS "from",
               DATE_OF(p.high) AS "to", p.n AS "rows"
        FROM our_forward p
        JOIN our_assignment a ON a.id = p.assignment_id
        JOIN our_batch b ON b.id = a.batch_id
        WHERE p.low <> p.computed + 1 OR p.high - p.low + 1 <> p.n OR p.days <> p.n
           OR p.least_start <> b.from_day - 1 OR p.most_start <> b.from_day - 1
           OR p.least_batch <> a.batch_id OR p.most_batch <> a.batch_id
           OR p.least_container <> a.container_id OR p.most_container <> a.container_id
           OR p.biases <> 1 OR p.computed < a.from_day OR p.computed >= a.to_day
        """,
    ),
    Rule(
        "forward.growth",
        "conservation",
        "Fish that are forecast never shrink or come back, and biomass is count x weight",
        FORWARD,
        "forecast days",
        """
        SELECT a.label AS assignment, x.projection_date AS day, x.w AS g, x.w0 AS before,
               x.n AS fish, x.n0 AS "before ", x.kg
        FROM (
            SELECT assignment_id, projection_date, projected_weight_g AS w,
                   projected_population AS n, projected_biomass_kg AS kg,
                   lag(projected_weight_g) OVER forecast AS w0,
                   lag(projected_population) OVER forecast AS n0
            FROM batch_liveforwardprojection WHERE OURS(id, batch_liveforwardprojection)
            WINDOW forecast AS (PARTITION BY assignment_id, computed_date ORDER BY day_number)
        ) x
        JOIN our_assignment a ON a.id = x.assignment_id
        WHERE x.w < x.w0 OR x.n > x.n0
           OR abs(1000 * WHOLE(x.kg, 2) - x.n * WHOLE(x.w, 2)) > 501
        """,
        ("our_assignment",),
    ),
)
