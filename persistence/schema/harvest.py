"""Harvests: events, lots by product grade, waste."""

from persistence.schema.base import entity
from persistence.schema.columns import (
    key,
    natural,
    numeric,
    ref,
    text,
    timestamptz,
    unique,
    varchar,
)

PRODUCT_GRADE = entity(
    "harvest_productgrade",
    key(),
    varchar("code", 50),
    varchar("name", 100),
    text("description"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    unique("code"),
)

HARVEST_EVENT = entity(
    "harvest_harvestevent",
    key(),
    timestamptz("event_date"),
    varchar("dest_subsidiary", 3, null=True, choices=("BS", "FW", "FM", "LG", "ALL")),
    varchar("document_ref", 100),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("assignment_id", "batch_batchcontainerassignment"),
    ref("batch_id", "batch_batch"),
    ref("dest_geography_id", "infrastructure_geography", null=True),
)

HARVEST_LOT = entity(
    "harvest_harvestlot",
    key(),
    numeric("live_weight_kg", 12, 3),
    numeric("gutted_weight_kg", 12, 3, null=True),
    numeric("fillet_weight_kg", 12, 3, null=True),
    natural("unit_count"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("event_id", "harvest_harvestevent"),
    ref("product_grade_id", "harvest_productgrade"),
)

HARVEST_WASTE = entity(
    "harvest_harvestwaste",
    key(),
    varchar("category", 50),
    numeric("weight_kg", 12, 3),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("event_id", "harvest_harvestevent"),
)
