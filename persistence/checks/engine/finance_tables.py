"""Working tables about money: what companies agreed on, and the bills of the run."""

from __future__ import annotations

from collections.abc import Mapping

from persistence.checks.engine.working import WorkingTable

MONEY: Mapping[str, WorkingTable] = {
    # `ours` are the policies that the run inserted; others stood in the database before, at prices
    # that were their makers' choice.
    "our_policy": WorkingTable(
        "id ROW_KEY, geography_id BIGINT, currency TEXT, trade TEXT, basis TEXT, stage_id BIGINT,"
        " grade_id BIGINT, cents BIGINT, ours INTEGER",
        """
        SELECT p.policy_id, s.geography_id, b.currency,
               CASE WHEN s.geography_id = b.geography_id THEN s.subsidiary || ' to ' || b.subsidiary
                    ELSE 'abroad' END,
               p.pricing_basis, p.lifecycle_stage_id, p.product_grade_id, WHOLE(p.price_per_kg, 2),
               CASE WHEN OURS(p.policy_id, finance_intercompanypolicy) THEN 1 ELSE 0 END
        FROM smoltflow_key k
        JOIN finance_intercompanypolicy p ON p.policy_id = k.id
        JOIN finance_dimcompany s ON s.company_id = p.from_company_id
        JOIN finance_dimcompany b ON b.company_id = p.to_company_id
        WHERE k.run_id = RUN_ID AND k.table_name = 'finance_intercompanypolicy'
        """,
    ),
    "our_bill": WorkingTable(
        "id ROW_KEY, model TEXT, object_id BIGINT, event_id BIGINT, policy_id BIGINT, day INTEGER,"
        " cents BIGINT, currency TEXT, state TEXT, approver BIGINT, approved_day INTEGER",
        """
        SELECT t.tx_id, c.app_label || '.' || c.model, t.object_id, t.event_id, t.policy_id,
               DAY(t.posting_date), WHOLE(t.amount, 2), t.currency, t.state, t.approved_by_id,
               UTC_DAY(t.approval_date)
        FROM finance_intercompanytransaction t
        LEFT JOIN django_content_type c ON c.id = t.content_type_id
        WHERE OURS(t.tx_id, finance_intercompanytransaction)
        """,
        index="object_id",
    ),
    # A ring's harvest by grade, as it is to be billed: the priced weight of all its lots.
    "our_sale": WorkingTable(
        "event_id BIGINT, assignment_id BIGINT, geography_id BIGINT, day INTEGER, grade_id BIGINT,"
        " lots INTEGER, g BIGINT",
        """
        SELECT e.id, min(a.id), min(a.geography_id), min(UTC_DAY(e.event_date)),
               l.product_grade_id, count(*), sum(WHOLE(l.PRICED_WEIGHT, 3))
        FROM harvest_harvestlot l
        JOIN harvest_harvestevent e ON e.id = l.event_id
        JOIN our_assignment a ON a.id = e.assignment_id
        GROUP BY e.id, l.product_grade_id
        """,
        ("our_assignment",),
        index="event_id, grade_id",
    ),
}
"""The working tables by name."""
