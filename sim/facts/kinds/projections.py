"""Projections: models of growth, scenarios, what was expected of a batch."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind("fcr_model", "site", "name:text"),
    kind(
        "fcr_model_stage",
        "site",
        "fcr_value:real duration_days model:key:fcr_model stage:key:stage",
    ),
    kind("mortality_model", "site", "name:text frequency:text rate:real"),
    kind(
        "mortality_model_stage",
        "site",
        "lifecycle_stage:text daily_rate_percent:decimal:3 weekly_rate_percent?:decimal:3"
        " mortality_model:key:mortality_model",
        stamps=False,
    ),
    kind("constraint_set", "entity", "name:text description:text is_active:bool"),
    kind(
        "stage_constraint",
        "entity",
        "lifecycle_stage:text min_weight_g:decimal:2 max_weight_g:decimal:2"
        " min_temperature_c?:decimal:2 max_temperature_c?:decimal:2 typical_duration_days?"
        " max_freshwater_weight_g?:decimal:2 constraint_set:key:constraint_set",
        stamps=False,
    ),
    kind("temperature_profile", "entity", "name:text"),
    kind(
        "tgc_model",
        "entity",
        "name:text location:text release_period:text tgc_value:real exponent_n:real"
        " exponent_m:real profile:key:temperature_profile",
    ),
    kind(
        "tgc_model_stage",
        "entity",
        "lifecycle_stage:text tgc_value:decimal:4 temperature_exponent:decimal:2"
        " weight_exponent:decimal:2 tgc_model:key:tgc_model",
        stamps=False,
    ),
    kind(
        "scenario",
        "entity",
        "name:text start_date:date duration_days initial_count genotype:text supplier:text"
        " initial_weight?:real batch?:key:batch fcr_model:key:fcr_model"
        " mortality_model:key:mortality_model tgc_model:key:tgc_model"
        " biological_constraints?:key:constraint_set",
    ),
    kind(
        "projection_run",
        "entity",
        "run_date:time run_number label:text parameters_snapshot:json notes:text total_projections"
        " final_weight_g?:real final_biomass_kg?:real scenario:key:scenario",
    ),
    kind(
        "forecast_summary",
        "entity",
        "assignment:key:assignment current_weight_g:decimal:2 current_population"
        " current_biomass_kg:decimal:2 state_date:date state_day_number state_confidence:decimal:2"
        " projected_harvest_date?:date projected_harvest_weight_g?:decimal:2 days_to_harvest?"
        " harvest_threshold_g?:decimal:2 projected_transfer_date?:date"
        " projected_transfer_weight_g?:decimal:2 days_to_transfer? transfer_threshold_g?:decimal:2"
        " original_harvest_date?:date harvest_variance_days? has_planned_harvest:bool"
        " has_planned_transfer:bool needs_planning_attention:bool temp_profile_name:text"
        " temp_bias_c:decimal:2 temp_bias_window_days last_computed:time computed_date?:date",
        stamps=False,
    ),
    kind(
        "temperature_reading",
        "fact",
        "temperature:real day_number profile:key:temperature_profile",
    ),
    kind(
        "projection",
        "fact",
        "projection_date:date day_number average_weight:real population:real biomass:real"
        " daily_feed:real cumulative_feed:real temperature:real current_stage:key:stage"
        " projection_run?:key:projection_run",
    ),
    kind(
        "forward_projection",
        "fact",
        "computed_date:date projection_date:date day_number projected_weight_g:decimal:2"
        " projected_population projected_biomass_kg:decimal:2 temperature_used_c:decimal:2"
        " tgc_value_used:decimal:4 temp_profile?:key:temperature_profile temp_profile_name:text"
        " temp_bias_c:decimal:2 temp_bias_window_days temp_bias_clamp_min_c:decimal:2"
        " temp_bias_clamp_max_c:decimal:2 assignment:key:assignment batch:key:batch"
        " container:key:container",
        stamps=False,
    ),
)
