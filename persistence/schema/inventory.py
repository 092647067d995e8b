"""Feed: kinds, purchases, stock, feedings and their summaries."""

from persistence.schema.base import entity, fact
from persistence.schema.columns import (
    boolean,
    date,
    key,
    natural,
    numeric,
    ref,
    text,
    time,
    timestamptz,
    unique,
    varchar,
)

CONFIDENCE_LEVELS = ("VERY_HIGH", "HIGH", "MEDIUM", "LOW")

FEED = entity(
    "inventory_feed",
    key(),
    varchar("name", 100),
    varchar("brand", 100),
    varchar("size_category", 20, choices=("MICRO", "SMALL", "MEDIUM", "LARGE")),
    numeric("pellet_size_mm", 5, 2, null=True),
    numeric("protein_percentage", 5, 2, null=True),
    numeric("fat_percentage", 5, 2, null=True),
    numeric("carbohydrate_percentage", 5, 2, null=True),
    text("description"),
    boolean("is_active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
)

FEED_PURCHASE = entity(
    "inventory_feedpurchase",
    key(),
    date("purchase_date"),
    numeric("quantity_kg", 10, 2),
    numeric("cost_per_kg", 10, 2),
    varchar("supplier", 100),
    varchar("batch_number", 100),
    date("expiry_date", null=True),
    text("notes"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("feed_id", "inventory_feed"),
)

FEED_CONTAINER_STOCK = entity(
    "inventory_feedcontainerstock",
    key(),
    numeric("quantity_kg", 10, 2),
    timestamptz("entry_date"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("feed_container_id", "infrastructure_feedcontainer"),
    ref("feed_purchase_id", "inventory_feedpurchase"),
)

FEEDING_EVENT = fact(
    "inventory_feedingevent",
    key(),
    date("feeding_date"),
    time("feeding_time"),
    numeric("amount_kg", 10, 4),
    numeric("batch_biomass_kg", 10, 2),
    numeric("feeding_percentage", 8, 6, null=True),
    varchar("method", 20, choices=("MANUAL", "AUTOMATIC", "BROADCAST")),
    text("notes"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("batch_id", "batch_batch"),
    ref("batch_assignment_id", "batch_batchcontainerassignment", null=True),
    ref("container_id", "infrastructure_container"),
    ref("feed_id", "inventory_feed"),
    ref("recorded_by_id", "auth_user", null=True),
    numeric("feed_cost", 10, 2, null=True),
)

CONTAINER_FEEDING_SUMMARY = entity(
    "inventory_containerfeedingsummary",
    key(),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    date("period_start"),
    date("period_end"),
    numeric("total_feed_kg", 10, 2),
    numeric("starting_biomass_kg", 10, 2, null=True),
    numeric("ending_biomass_kg", 10, 2, null=True),
    numeric("growth_kg", 10, 2, null=True),
    numeric("fcr", 5, 3, null=True),
    varchar("confidence_level", 20, choices=CONFIDENCE_LEVELS),
    varchar("estimation_method", 20, null=True, choices=("MEASURED", "INTERPOLATED")),
    natural("data_points"),
    ref("batch_id", "batch_batch"),
    ref("container_assignment_id", "batch_batchcontainerassignment"),
    unique("container_assignment_id", "period_start", "period_end"),
)

BATCH_FEEDING_SUMMARY = entity(
    "inventory_batchfeedingsummary",
    key(),
    date("period_start"),
    date("period_end"),
    numeric("total_feed_kg", 10, 2),
    numeric("average_feeding_percentage", 5, 2, null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("batch_id", "batch_batch"),
    numeric("total_feed_consumed_kg", 10, 2, null=True),
    numeric("total_biomass_gain_kg", 10, 2, null=True),
    numeric("fcr", 5, 3, null=True),
    varchar("estimation_method", 20, null=True, choices=("MEASURED", "MIXED", "INTERPOLATED")),
    natural("container_count"),
    varchar("overall_confidence_level", 20, choices=CONFIDENCE_LEVELS),
    numeric("total_ending_biomass_kg", 10, 2, null=True),
    numeric("total_growth_kg", 10, 2, null=True),
    numeric("total_starting_biomass_kg", 10, 2, null=True),
    numeric("weighted_avg_fcr", 5, 3, null=True),
    numeric("average_biomass_kg", 10, 2, null=True),
    unique("batch_id", "period_start", "period_end"),
)
