"""Finance: companies, sites, harvest facts, intercompany policies and transactions."""

from persistence.schema.base import entity
from persistence.schema.columns import (
    date,
    key,
    natural,
    numeric,
    ref,
    timestamptz,
    unique,
    unique_where,
    varchar,
)

DIM_COMPANY = entity(
    "finance_dimcompany",
    key("company_id"),
    varchar("subsidiary", 3, choices=("BS", "FW", "FM", "LG", "ALL")),
    varchar("display_name", 150),
    varchar("currency", 3, null=True),
    varchar("nav_company_code", 50, null=True),
    ref("geography_id", "infrastructure_geography"),
    unique("geography_id", "subsidiary"),
)

DIM_SITE = entity(
    "finance_dimsite",
    key("site_id"),
    varchar("source_model", 16, choices=("station", "area")),
    natural("source_pk"),
    varchar("site_name", 150),
    ref("company_id", "finance_dimcompany.company_id"),
    unique("source_model", "source_pk"),
)

FACT_HARVEST = entity(
    "finance_factharvest",
    key("fact_id"),
    timestamptz("event_date"),
    numeric("quantity_kg", 12, 3),
    natural("unit_count"),
    natural("dim_batch_id"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("dim_company_id", "finance_dimcompany.company_id"),
    ref("dim_site_id", "finance_dimsite.site_id"),
    ref("event_id", "harvest_harvestevent"),
    ref("lot_id", "harvest_harvestlot"),
    ref("product_grade_id", "harvest_productgrade"),
    unique("lot_id"),
)

INTERCOMPANY_POLICY = entity(
    "finance_intercompanypolicy",
    key("policy_id"),
    varchar("method", 20, choices=("market", "cost_plus", "standard")),
    numeric("markup_percent", 6, 3, null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("from_company_id", "finance_dimcompany.company_id"),
    ref("product_grade_id", "harvest_productgrade", null=True),
    ref("to_company_id", "finance_dimcompany.company_id"),
    varchar("pricing_basis", 20, choices=("grade", "lifecycle", "egg_delivery")),
    ref("lifecycle_stage_id", "batch_lifecyclestage", null=True),
    numeric("price_per_kg", 10, 2, null=True),
    numeric("price_per_thousand_eggs", 10, 2, null=True),
    unique_where(
        "lifecycle_stage_id IS NOT NULL AND pricing_basis = 'lifecycle'",
        "from_company_id",
        "to_company_id",
        "lifecycle_stage_id",
    ),
    unique_where(
        "pricing_basis = 'grade' AND product_grade_id IS NOT NULL",
        "from_company_id",
        "to_company_id",
        "product_grade_id",
    ),
)

# Points at its object by content type and id; `object_id` is narrower than the ids it holds.
INTERCOMPANY_TRANSACTION = entity(
    "finance_intercompanytransaction",
    key("tx_id"),
    date("posting_date"),
    numeric("amount", 14, 2, null=True),
    varchar("currency", 3, null=True),
    varchar("state", 20, choices=("pending", "posted", "exported")),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("event_id", "harvest_harvestevent", null=True),
    ref("policy_id", "finance_intercompanypolicy.policy_id"),
    ref("content_type_id", "django_content_type"),
    natural("object_id"),
    ref("approved_by_id", "auth_user", null=True),
    timestamptz("approval_date", null=True),
    unique("content_type_id", "object_id", "policy_id"),
    unique_where("event_id IS NOT NULL", "event_id", "policy_id"),
)
