"""Growth scenarios: temperature, growth, feed and mortality models, projections."""

from persistence.schema.base import entity, fact
from persistence.schema.columns import (
    boolean,
    date,
    double,
    integer,
    jsonb,
    key,
    natural,
    numeric,
    ref,
    text,
    timestamptz,
    unique,
    varchar,
)

SCENARIO_STAGES = ("egg", "alevin", "fry", "parr", "smolt", "post_smolt", "harvest")

TEMPERATURE_PROFILE = entity(
    "scenario_temperatureprofile",
    key("profile_id"),
    varchar("name", 255),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    unique("name"),
)

TEMPERATURE_READING = entity(
    "scenario_temperaturereading",
    key("reading_id"),
    double("temperature"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("profile_id", "scenario_temperatureprofile.profile_id"),
    integer("day_number"),
    unique("profile_id", "day_number"),
)

TGC_MODEL = entity(
    "scenario_tgcmodel",
    key("model_id"),
    varchar("name", 255),
    varchar("location", 255),
    varchar("release_period", 255),
    double("tgc_value"),
    double("exponent_n"),
    double("exponent_m"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("profile_id", "scenario_temperatureprofile.profile_id"),
    unique("name"),
)

TGC_MODEL_STAGE = entity(
    "scenario_tgc_model_stage",
    key(),
    varchar("lifecycle_stage", 20, choices=SCENARIO_STAGES, names_of="batch_lifecyclestage"),
    numeric("tgc_value", 6, 4),
    numeric("temperature_exponent", 4, 2),
    numeric("weight_exponent", 4, 2),
    ref("tgc_model_id", "scenario_tgcmodel.model_id"),
    unique("tgc_model_id", "lifecycle_stage"),
)

FCR_MODEL = entity(
    "scenario_fcrmodel",
    key("model_id"),
    varchar("name", 255),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    unique("name"),
)

FCR_MODEL_STAGE = entity(
    "scenario_fcrmodelstage",
    key(),
    double("fcr_value"),
    integer("duration_days"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("model_id", "scenario_fcrmodel.model_id"),
    ref("stage_id", "batch_lifecyclestage"),
    unique("model_id", "stage_id"),
)

MORTALITY_MODEL = entity(
    "scenario_mortalitymodel",
    key("model_id"),
    varchar("name", 255),
    varchar("frequency", 10, choices=("daily", "weekly")),
    double("rate"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    unique("name"),
)

MORTALITY_MODEL_STAGE = entity(
    "scenario_mortality_model_stage",
    key(),
    varchar("lifecycle_stage", 20, choices=SCENARIO_STAGES, names_of="batch_lifecyclestage"),
    numeric("daily_rate_percent", 5, 3),
    numeric("weekly_rate_percent", 5, 3, null=True),
    ref("mortality_model_id", "scenario_mortalitymodel.model_id"),
    unique("mortality_model_id", "lifecycle_stage"),
)

BIOLOGICAL_CONSTRAINTS = entity(
    "scenario_biological_constraints",
    key(),
    varchar("name", 100),
    text("description"),
    boolean("is_active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("created_by_id", "auth_user", null=True),
    unique("name"),
)

STAGE_CONSTRAINT = entity(
    "scenario_stage_constraint",
    key(),
    varchar("lifecycle_stage", 20, choices=SCENARIO_STAGES),
    numeric("min_weight_g", 10, 2),
    numeric("max_weight_g", 10, 2),
    numeric("min_temperature_c", 5, 2, null=True),
    numeric("max_temperature_c", 5, 2, null=True),
    integer("typical_duration_days", null=True),
    numeric("max_freshwater_weight_g", 10, 2, null=True),
    ref("constraint_set_id", "scenario_biological_constraints"),
    unique("constraint_set_id", "lifecycle_stage"),
)

SCENARIO = entity(
    "scenario",
    key("scenario_id"),
    varchar("name", 255),
    date("start_date"),
    integer("duration_days"),
    integer("initial_count"),
    varchar("genotype", 255),
    varchar("supplier", 255),
    double("initial_weight", null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("batch_id", "batch_batch", null=True),
    ref("created_by_id", "auth_user", null=True),
    ref("fcr_model_id", "scenario_fcrmodel.model_id"),
    ref("mortality_model_id", "scenario_mortalitymodel.model_id"),
    ref("tgc_model_id", "scenario_tgcmodel.model_id"),
    ref("biological_constraints_id", "scenario_biological_constraints", null=True),
)

PROJECTION_RUN = entity(
    "scenario_projection_run",
    key("run_id"),
    timestamptz("run_date"),
    natural("run_number"),
    varchar("label", 100),
    jsonb("parameters_snapshot"),
    text("notes"),
    natural("total_projections"),
    double("final_weight_g", null=True),
    double("final_biomass_kg", null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("created_by_id", "auth_user", null=True),
    ref("scenario_id", "scenario.scenario_id"),
    unique("scenario_id", "run_number"),
)

SCENARIO_PROJECTION = fact(
    "scenario_scenarioprojection",
    key("projection_id"),
    date("projection_date"),
    integer("day_number"),
    double("average_weight"),
    double("population"),
    double("biomass"),
    double("daily_feed"),
    double("cumulative_feed"),
    double("temperature"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("current_stage_id", "batch_lifecyclestage"),
    ref("projection_run_id", "scenario_projection_run.run_id", null=True),
)
