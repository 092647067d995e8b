"""Money: companies and sites, harvest facts, what companies owe each other, what is waste.

A finance site's ``source_pk`` is the key of a station or an area, by its ``source_model``; a
transaction's ``object_id`` that of a harvest event or a transfer workflow, by its content type.
"""

from sim.facts.kinds.kind import kind

KINDS = (
    kind("content_type", "master", "app_label:text model:text", stamps=False),
    kind(
        "company",
        "site",
        "subsidiary:text display_name:text currency?:text nav_company_code?:text"
        " geography:key:geography",
        stamps=False,
    ),
    kind(
        "finance_site",
        "site",
        "source_model:text source_pk:key:station|area site_name:text company:key:company",
        stamps=False,
    ),
    kind(
        "policy",
        "site",
        "method:text markup_percent?:decimal:3 from_company:key:company product_grade?:key:grade"
        " to_company:key:company pricing_basis:text lifecycle_stage?:key:stage"
        " price_per_kg?:decimal:2",
    ),
    kind(
        "harvest_fact",
        "entity",
        "event_date:time quantity_kg:decimal:3 unit_count dim_batch_id:key:batch"
        " dim_company:key:company dim_site:key:finance_site event:key:harvest_event"
        " lot:key:harvest_lot product_grade:key:grade",
    ),
    kind(
        "transaction",
        "entity",
        "posting_date:date amount?:decimal:2 currency?:text state:text event?:key:harvest_event"
        " policy:key:policy content_type:key:content_type"
        " object_id:key:harvest_event|transfer_workflow approved_by?:key:user approval_date?:time",
    ),
    kind(
        "harvest_waste",
        "entity",
        "category:text weight_kg:decimal:3 event:key:harvest_event",
    ),
)
