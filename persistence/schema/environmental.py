"""Water and weather: parameters, readings, photoperiod."""

from persistence.schema.base import entity, fact
from persistence.schema.columns import (
    bigint,
    boolean,
    date,
    integer,
    jsonb,
    key,
    number,
    numeric,
    primary_key,
    ref,
    text,
    timestamptz,
    unique,
    varchar,
)

ENVIRONMENTAL_PARAMETER = entity(
    "environmental_environmentalparameter",
    key(),
    varchar("name", 100),
    varchar("unit", 20),
    text("description"),
    numeric("min_value", 10, 2, null=True),
    numeric("max_value", 10, 2, null=True),
    numeric("optimal_min", 10, 2, null=True),
    numeric("optimal_max", 10, 2, null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
)

# The key is the sensor at an instant; `id` is unique only because Smoltflow numbers it so.
# The assignment is a plain number: AquaMind keeps no foreign key there.
ENVIRONMENTAL_READING = fact(
    "environmental_environmentalreading",
    number(),
    numeric("value", 10, 4),
    timestamptz("reading_time"),
    boolean("is_manual"),
    text("notes"),
    timestamptz("created_at"),
    ref("batch_id", "batch_batch", null=True),
    ref("container_id", "infrastructure_container", null=True),
    ref("parameter_id", "environmental_environmentalparameter"),
    ref("recorded_by_id", "auth_user", null=True),
    ref("sensor_id", "infrastructure_sensor"),
    bigint("batch_container_assignment_id", null=True),
    primary_key("reading_time", "sensor_id"),
)

WEATHER_DATA = fact(
    "environmental_weatherdata",
    number(),
    timestamptz("timestamp"),
    numeric("temperature", 5, 2, null=True),
    numeric("wind_speed", 6, 2, null=True),
    integer("wind_direction", null=True),
    numeric("precipitation", 6, 2, null=True),
    numeric("wave_height", 5, 2, null=True),
    numeric("wave_period", 5, 2, null=True),
    integer("wave_direction", null=True),
    integer("cloud_cover", null=True),
    timestamptz("created_at"),
    ref("area_id", "infrastructure_area"),
    primary_key("timestamp", "area_id"),
)

PHOTOPERIOD_DATA = entity(
    "environmental_photoperioddata",
    key(),
    date("date"),
    numeric("day_length_hours", 5, 2),
    numeric("light_intensity", 10, 2, null=True),
    boolean("is_interpolated"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("area_id", "infrastructure_area"),
    unique("area_id", "date"),
)

STAGE_TRANSITION_ENVIRONMENTAL = entity(
    "environmental_stagetransitionenvironmental",
    key(),
    numeric("temperature", 5, 2, null=True),
    numeric("oxygen", 5, 2, null=True),
    numeric("salinity", 5, 2, null=True),
    numeric("ph", 4, 2, null=True),
    jsonb("additional_parameters", null=True),
    text("notes"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("batch_transfer_workflow_id", "batch_batchtransferworkflow"),
)
