"""What can go wrong with scenarios and forecasts, and which check must notice it."""

from __future__ import annotations

RUN, SCENARIO, DAYS = "scenario_projection_run", "scenario", "scenario_scenarioprojection"
READING = "scenario_temperaturereading"
FORWARD, SUMMARY = "batch_liveforwardprojection", "batch_containerforecastsummary"
BATCH, GROWTH = "batch_batch", "scenario_tgc_model_stage"
MORTALITY, LIMITS = "scenario_mortality_model_stage", "scenario_stage_constraint"


def middle(table: str, key: str) -> str:
    """The key of a row somewhere in the middle of a table."""
    half = f"(SELECT count(*) / 2 FROM {table})"
    return f"(SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET {half})"


A_DAY, AHEAD = middle(DAYS, "projection_id"), middle(FORWARD, "id")
# The standing profile that its geography's other one is nowhere colder than.
COLD = f"""
    (SELECT r.profile_id FROM {READING} r JOIN scenario_tgcmodel g ON g.profile_id = r.profile_id
     WHERE g.model_id NOT IN (SELECT tgc_model_id FROM {SCENARIO})
     GROUP BY r.profile_id ORDER BY avg(r.temperature) LIMIT 1)
"""
A_RUN, A_READING = f"(SELECT min(run_id) FROM {RUN})", middle(READING, "reading_id")
PINNED = f"(SELECT min(id) FROM {BATCH})"
LATEST = f"(SELECT max(assignment_id) FROM {SUMMARY})"
TO_SEA = f"(SELECT max(assignment_id) FROM {SUMMARY} WHERE transfer_threshold_g IS NOT NULL)"
NEXT_DAY = "date({}, '+1 day')"


def change(table: str, change: str, key: str, row: str) -> str:
    return f"UPDATE {table} SET {change} WHERE {key} = {row}"


def day(change_: str) -> str:
    return change(DAYS, change_, "projection_id", A_DAY)


def stage(table: str, change_: str, name: str = "Smolt") -> str:
    """Change a stage's value in every model, or in every set of constraints."""
    return f"UPDATE {table} SET {change_} WHERE lifecycle_stage = '{name}'"


def ahead(change_: str) -> str:
    return change(FORWARD, change_, "id", AHEAD)


def summary(change_: str, row: str = LATEST) -> str:
    return change(SUMMARY, change_, "assignment_id", row)


DAMAGE: list[tuple[str, str]] = [
    ("projections.pinned", change(BATCH, "pinned_projection_run_id = NULL", "id", PINNED)),
    ("projections.pinned",
     change(BATCH, f"pinned_projection_run_id = (SELECT max(run_id) FROM {RUN})", "id", PINNED)),
    ("projections.pinned",
     f"UPDATE {SCENARIO} SET start_date = {NEXT_DAY.format('start_date')}"),
    ("projections.days", f"DELETE FROM {DAYS} WHERE projection_id = {A_DAY}"),
    ("projections.days", day(f"projection_date = {NEXT_DAY.format('projection_date')}")),
    ("projections.days", day("day_number = day_number - 1")),
    ("projections.days",
     change(RUN, "total_projections = total_projections + 1", "run_id", A_RUN)),
    ("projections.days", f"UPDATE {SCENARIO} SET duration_days = duration_days - 1"),
    ("projections.growth", day("average_weight = average_weight / 2")),
    ("projections.growth", day("population = population * 1.1")),
    ("projections.growth", day("biomass = biomass + 0.01")),
    ("projections.growth", day("daily_feed = daily_feed + 0.01")),
    ("projections.growth", day("cumulative_feed = cumulative_feed + 0.01")),
    ("projections.final", change(RUN, "final_weight_g = final_weight_g + 0.01", "run_id", A_RUN)),
    ("projections.final",
     change(RUN, "final_biomass_kg = final_biomass_kg + 0.01", "run_id", A_RUN)),
    ("projections.temperature", day("temperature = temperature + 0.01")),
    ("models.complete", stage(GROWTH, "lifecycle_stage = 'larva'", "harvest")),
    ("models.complete", stage(MORTALITY, "lifecycle_stage = 'larva'", "fry")),
    ("models.complete", f"UPDATE {LIMITS} SET max_weight_g = -1"),
    ("models.complete", f"UPDATE {LIMITS} SET min_temperature_c = 40"),
    ("models.complete", f"DELETE FROM {LIMITS}"),
    ("models.complete", "DELETE FROM scenario_fcrmodelstage"),
    ("models.stages", stage(GROWTH, "lifecycle_stage = 'larva'")),
    ("models.stages", stage(MORTALITY, "lifecycle_stage = 'larva'")),
    ("models.stages", stage(GROWTH, "tgc_value = tgc_value + 0.0001")),
    ("models.stages", stage(MORTALITY, "daily_rate_percent = daily_rate_percent + 0.001")),
    ("models.thresholds", stage(LIMITS, "max_weight_g = max_weight_g + 0.02", "harvest")),
    ("models.thresholds", stage(LIMITS, "max_weight_g = max_weight_g + 0.02", "smolt")),
    ("models.thresholds", stage(LIMITS, "lifecycle_stage = 'alevins'", "smolt")),
    ("models.thresholds", stage(LIMITS, "lifecycle_stage = 'Adult'", "fry")),
    ("models.thresholds",
     change(SCENARIO, "biological_constraints_id = 1 + biological_constraints_id", "scenario_id",
            f"(SELECT max(scenario_id) FROM {SCENARIO})")),
    ("forecasts.thresholds", summary("harvest_threshold_g = harvest_threshold_g + 0.01")),
    ("forecasts.thresholds",
     summary("transfer_threshold_g = transfer_threshold_g + 0.01", TO_SEA)),
    ("profiles.days", f"DELETE FROM {READING} WHERE reading_id = {A_READING}"),
    ("profiles.days", change(READING, "temperature = 60", "reading_id", A_READING)),
    ("profiles.standing",
     f"UPDATE {READING} SET temperature = 20 WHERE profile_id = {COLD} AND day_number = 3"),
    ("profiles.standing", f"DELETE FROM {READING} WHERE profile_id = {COLD} AND day_number = 450"),
    ("profiles.standing", f"UPDATE scenario_tgcmodel SET location = '' WHERE profile_id = {COLD}"),
    ("forecasts.state", summary("current_population = current_population + 1")),
    ("forecasts.state", summary("current_weight_g = current_weight_g + 0.01")),
    ("forecasts.state", summary("current_biomass_kg = current_biomass_kg + 0.01")),
    ("forecasts.state", summary("state_day_number = state_day_number + 1")),
    ("forecasts.state", summary(f"state_date = {NEXT_DAY.format('state_date')}")),
    ("forecasts.current", f"DELETE FROM {SUMMARY} WHERE assignment_id = {LATEST}"),
    ("forecasts.dates",
     summary(f"projected_harvest_date = {NEXT_DAY.format('projected_harvest_date')}")),
    ("forecasts.dates", summary("projected_harvest_weight_g = 1")),
    ("forecasts.dates", summary("days_to_harvest = days_to_harvest + 1")),
    ("forecasts.dates",
     summary(f"original_harvest_date = {NEXT_DAY.format('original_harvest_date')}")),
    ("forecasts.dates", summary("harvest_variance_days = harvest_variance_days + 1")),
    ("forecasts.dates", summary("projected_transfer_date = NULL", TO_SEA)),
    ("forecasts.dates",
     summary(f"projected_transfer_date = {NEXT_DAY.format('projected_transfer_date')}", TO_SEA)),
    ("forecasts.dates", summary("days_to_transfer = days_to_transfer + 1", TO_SEA)),
    ("forecasts.bias", summary("temp_bias_c = temp_bias_c + 0.02")),
    ("forecasts.bias", summary("temp_bias_window_days = 400")),
    ("forward.days", f"DELETE FROM {FORWARD} WHERE id = {AHEAD}"),
    ("forward.days", ahead(f"projection_date = {NEXT_DAY.format('projection_date')}")),
    ("forward.days", ahead("day_number = day_number + 1")),
    ("forward.days", ahead("temp_bias_c = temp_bias_c + 1")),
    ("forward.days", ahead("batch_id = batch_id + 1")),
    ("forward.days", ahead("container_id = container_id + 1")),
    ("forward.growth", ahead("projected_weight_g = projected_weight_g / 2")),
    ("forward.growth", ahead("projected_population = projected_population * 2")),
    ("forward.growth", ahead("projected_biomass_kg = projected_biomass_kg + 1")),
]  # fmt: skip
