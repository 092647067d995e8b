"""Where eggs come from: broodstock, breeding plans, suppliers, egg production."""

from persistence.schema.base import entity
from persistence.schema.columns import (
    integer,
    jsonb,
    key,
    ref,
    text,
    timestamptz,
    unique,
    varchar,
)

BROODSTOCK_FISH = entity(
    "broodstock_broodstockfish",
    key(),
    jsonb("traits"),
    varchar("health_status", 20),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("container_id", "infrastructure_container"),
)

BREEDING_PLAN = entity(
    "broodstock_breedingplan",
    key(),
    varchar("name", 100),
    timestamptz("start_date"),
    timestamptz("end_date"),
    text("objectives"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("created_by_id", "auth_user", null=True),
    text("breeder_instructions"),
    text("geneticist_notes"),
)

BREEDING_PAIR = entity(
    "broodstock_breedingpair",
    key(),
    timestamptz("pairing_date"),
    integer("progeny_count", null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("female_fish_id", "broodstock_broodstockfish"),
    ref("male_fish_id", "broodstock_broodstockfish"),
    ref("plan_id", "broodstock_breedingplan"),
    unique("plan_id", "male_fish_id", "female_fish_id"),
)

EGG_SUPPLIER = entity(
    "broodstock_eggsupplier",
    key(),
    varchar("name", 100),
    text("contact_details"),
    text("certifications"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    unique("name"),
)

EGG_PRODUCTION = entity(
    "broodstock_eggproduction",
    key(),
    varchar("egg_batch_id", 50),
    integer("egg_count"),
    timestamptz("production_date"),
    varchar("source_type", 20, choices=("internal", "external")),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("destination_station_id", "infrastructure_freshwaterstation", null=True),
    ref("pair_id", "broodstock_breedingpair", null=True),
    unique("egg_batch_id"),
)

EXTERNAL_EGG_BATCH = entity(
    "broodstock_externaleggbatch",
    key(),
    varchar("batch_number", 50),
    text("provenance_data"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("egg_production_id", "broodstock_eggproduction"),
    ref("supplier_id", "broodstock_eggsupplier"),
    unique("egg_production_id"),
)

BATCH_PARENTAGE = entity(
    "broodstock_batchparentage",
    key(),
    timestamptz("assignment_date"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("batch_id", "batch_batch"),
    ref("egg_production_id", "broodstock_eggproduction"),
    unique("batch_id", "egg_production_id"),
)
