"""Planning: activities planned for a batch, and their templates."""

from persistence.schema.base import entity
from persistence.schema.columns import (
    boolean,
    date,
    integer,
    key,
    numeric,
    ref,
    text,
    timestamptz,
    unique,
    varchar,
)

ACTIVITY_TYPES = (
    "VACCINATION",
    "TREATMENT",
    "CULL",
    "HARVEST",
    "SALE",
    "FEED_CHANGE",
    "TRANSFER",
    "MAINTENANCE",
    "SAMPLING",
    "OTHER",
)

ACTIVITY_TEMPLATE = entity(
    "planning_activitytemplate",
    key(),
    varchar("name", 200),
    text("description", null=True),
    varchar("activity_type", 50, choices=ACTIVITY_TYPES),
    varchar("trigger_type", 20, choices=("DAY_OFFSET", "WEIGHT_THRESHOLD", "STAGE_TRANSITION")),
    integer("day_offset", null=True),
    numeric("weight_threshold_g", 10, 2, null=True),
    text("notes_template", null=True),
    boolean("is_active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("target_lifecycle_stage_id", "batch_lifecyclestage", null=True),
    unique("name"),
)

PLANNED_ACTIVITY = entity(
    "planning_plannedactivity",
    key(),
    varchar("activity_type", 50, choices=ACTIVITY_TYPES),
    date("due_date"),
    varchar("status", 20, choices=("PENDING", "IN_PROGRESS", "COMPLETED", "CANCELLED")),
    text("notes", null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    timestamptz("completed_at", null=True),
    ref("batch_id", "batch_batch"),
    ref("completed_by_id", "auth_user", null=True),
    ref("container_id", "infrastructure_container", null=True),
    ref("created_by_id", "auth_user"),
    ref("scenario_id", "scenario.scenario_id"),
    ref("transfer_workflow_id", "batch_batchtransferworkflow", null=True, cycle=True),
)
