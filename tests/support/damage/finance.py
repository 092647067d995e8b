"""What can go wrong with money, and which check must notice it."""

from __future__ import annotations

SITE, COMPANY, POLICY = "finance_dimsite", "finance_dimcompany", "finance_intercompanypolicy"
FACT, BILL, WASTE = (
    "finance_factharvest", "finance_intercompanytransaction", "harvest_harvestwaste",
)  # fmt: skip
LOT, MOVE = "harvest_harvestlot", "batch_batchtransferworkflow"

SALE = f"tx_id = (SELECT min(tx_id) FROM {BILL} WHERE event_id IS NOT NULL)"
SMOLTS = f"tx_id = (SELECT min(tx_id) FROM {BILL} WHERE event_id IS NULL)"
BY_GRADE = f"policy_id = (SELECT policy_id FROM {BILL} WHERE {SALE})"
BY_STAGE = f"policy_id = (SELECT policy_id FROM {BILL} WHERE {SMOLTS})"
BILLED = f"id = (SELECT object_id FROM {BILL} WHERE {SMOLTS})"
ONE_FACT = f"fact_id = (SELECT min(fact_id) FROM {FACT})"
ONE_WASTE = f"id = (SELECT min(id) FROM {WASTE})"
NEXT_DAY = "date({}, '+1 day')"


def change(table: str, changed: str, where: str) -> str:
    return f"UPDATE {table} SET {changed} WHERE {where}"


def remove(table: str, where: str) -> str:
    return f"DELETE FROM {table} WHERE {where}"


def waste(changed: str, category: str) -> str:
    return change(
        WASTE, changed, f"id = (SELECT min(id) FROM {WASTE} WHERE category = '{category}')"
    )


DAMAGE: list[tuple[str, str]] = [
    ("finance.sites", change(SITE, "site_name = 'elsewhere'", "site_id = 1")),
    ("finance.sites", change(SITE, "source_pk = 4711", "site_id = 1")),
    ("finance.sites", change(SITE, "source_pk = source_pk + 4711", "source_model = 'area'")),
    ("finance.sites", change(SITE, "company_id = company_id + 2", "site_id = 1")),
    ("finance.sites", change(SITE, "company_id = company_id + 1", "site_id = 1")),
    ("finance.sites", remove(SITE, "site_id = 1")),
    ("finance.policies", change(POLICY, "price_per_kg = 0", BY_GRADE)),
    ("finance.policies", change(POLICY, "price_per_kg = NULL", BY_STAGE)),
    ("finance.policies", change(POLICY, "lifecycle_stage_id = lifecycle_stage_id - 1", BY_STAGE)),
    ("finance.policies", change(POLICY, "pricing_basis = 'grade'", BY_STAGE)),
    ("finance.policies", change(POLICY, "lifecycle_stage_id = 1", BY_GRADE)),
    ("finance.policies", change(POLICY, "to_company_id = from_company_id", BY_GRADE)),
    ("finance.policies", change(POLICY, "to_company_id = to_company_id + 1", BY_GRADE)),
    ("finance.policies", remove(POLICY, BY_GRADE)),
    *(
        ("finance.facts", change(FACT, f"{column} = {column} + {more}", ONE_FACT))
        for column, more in (
            ("quantity_kg", "0.001"), ("unit_count", "1"), ("dim_batch_id", "1"),
            ("dim_company_id", "1"), ("dim_company_id", "2"), ("dim_site_id", "1"),
            ("event_id", "1"), ("product_grade_id", "1"),
        )
    ),
    ("finance.facts", change(FACT, f"event_date = {NEXT_DAY.format('event_date')}", ONE_FACT)),
    ("finance.facts", remove(FACT, ONE_FACT)),
    ("finance.harvests", change(BILL, "amount = amount + 0.01", SALE)),
    ("finance.harvests", change(BILL, "amount = NULL", SALE)),
    ("finance.harvests", change(BILL, "currency = 'EUR'", SALE)),
    ("finance.harvests", change(BILL, f"posting_date = {NEXT_DAY.format('posting_date')}", SALE)),
    ("finance.harvests", change(BILL, "policy_id = policy_id + 100", SALE)),
    ("finance.harvests", change(POLICY, "price_per_kg = price_per_kg + 0.01", BY_GRADE)),
    ("finance.harvests", change(LOT, "gutted_weight_kg = gutted_weight_kg + 0.5", "id > 0")),
    ("finance.harvests", remove(BILL, SALE)),
    ("finance.transfers", change(BILL, "amount = amount - 0.01", SMOLTS)),
    ("finance.transfers", change(BILL, "currency = NULL", SMOLTS)),
    ("finance.transfers",
     change(BILL, f"posting_date = {NEXT_DAY.format('posting_date')}", SMOLTS)),
    ("finance.transfers", change(POLICY, "price_per_kg = price_per_kg + 0.01", BY_STAGE)),
    ("finance.transfers", change(MOVE, "finance_transaction_id = NULL", BILLED)),
    ("finance.transfers", change(MOVE, "is_intercompany = 0", BILLED)),
    ("finance.transfers",
     change(MOVE, "is_intercompany = 1", f"id = (SELECT min(id) FROM {MOVE})")),
    ("finance.transfers", change(MOVE, "total_biomass_kg = total_biomass_kg + 0.01", BILLED)),
    ("finance.transfers", remove(BILL, SMOLTS)),
    ("finance.objects", change(BILL, "object_id = 4711", SALE)),
    ("finance.objects", change(BILL, "object_id = 4711", SMOLTS)),
    ("finance.objects", change(BILL, "content_type_id = 3 - content_type_id", SALE)),
    ("finance.objects", change(BILL, "event_id = NULL", SALE)),
    ("finance.objects",
     change(BILL, f"policy_id = (SELECT max(policy_id) FROM {POLICY})", SALE)),
    ("finance.approval", change(BILL, "state = 'pending'", SALE)),
    ("finance.approval", change(BILL, "state = 'exported'", SMOLTS)),
    ("finance.approval", change(BILL, "approved_by_id = NULL", SALE)),
    ("finance.approval",
     change(BILL, f"approval_date = {NEXT_DAY.format('approval_date')}", SMOLTS)),
    ("finance.waste", waste("weight_kg = weight_kg + 0.001", "VISCERA")),
    ("finance.waste", waste("weight_kg = weight_kg + 0.001", "REJECTED_FISH")),
    ("finance.waste", waste("category = 'BONES'", "REJECTED_FISH")),
    ("finance.waste", waste("category = 'VISCERA'", "BLOOD")),
    ("finance.waste",
     ";".join((change(WASTE, "weight_kg = weight_kg + 1", ONE_WASTE),
               change(WASTE, "weight_kg = weight_kg - 1", f"{ONE_WASTE} + 2")))),
    ("finance.waste", remove(WASTE, ONE_WASTE)),
]  # fmt: skip

ON_POSTGRESQL: list[tuple[str, str]] = [
    ("finance.sites", change(SITE, "source_pk = 4711", "site_id = 1")),
    ("finance.policies", change(POLICY, "lifecycle_stage_id = lifecycle_stage_id - 1", BY_STAGE)),
    ("finance.facts", change(FACT, "quantity_kg = quantity_kg + 0.001", ONE_FACT)),
    ("finance.harvests", change(BILL, "amount = amount + 0.01", SALE)),
    ("finance.transfers", change(BILL, "amount = amount - 0.01", SMOLTS)),
    ("finance.objects", change(BILL, "object_id = 4711", SALE)),
    ("finance.approval", change(BILL, "state = 'pending'", SALE)),
    ("finance.waste", waste("weight_kg = weight_kg + 0.001", "VISCERA")),
]  # fmt: skip
