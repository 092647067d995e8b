"""Money: every site has its company, every harvest and every move to sea its bill, to the cent.

Amounts are compared as whole cents: a weight in its column's last decimal place times a price in
cents, rounded half away from zero.
"""

from __future__ import annotations

from persistence.checks.engine.rule import Rule

RULES = (
    Rule(
        "finance.sites",
        "integrity",
        "Every station and area is a finance site of its own name, of its geography's freshwater"
        " or farming company",
        "finance_dimsite",
        "finance sites",
        """
        SELECT p.name AS place, s.site_name AS site, c.display_name AS company
        FROM (
            SELECT 'station' AS model, f.id, f.name, f.geography_id, 'FW' AS subsidiary
            FROM smoltflow_key k JOIN infrastructure_freshwaterstation f ON f.id = k.id
            WHERE k.run_id = RUN_ID AND k.table_name = 'infrastructure_freshwaterstation'
            UNION ALL
            SELECT 'area', a.id, a.name, a.geography_id, 'FM'
            FROM smoltflow_key k JOIN infrastructure_area a ON a.id = k.id
            WHERE k.run_id = RUN_ID AND k.table_name = 'infrastructure_area'
        ) p
        LEFT JOIN finance_dimsite s ON s.source_model = p.model AND s.source_pk = p.id
        LEFT JOIN finance_dimcompany c ON c.company_id = s.company_id
        WHERE NOT COALESCE(
            s.site_name = p.name AND c.geography_id = p.geography_id
            AND c.subsidiary = p.subsidiary, FALSE)
        """,
    ),
    Rule(
        "finance.policies",
        "integrity",
        "Smolts are priced by the stage they leave freshwater in, a harvest by its grades: one"
        " policy each, between companies of one geography",
        "our_policy",
        "policies",
        """
        SELECT p.trade AS policy, p.basis AS basis, p.stage_id AS stage, p.grade_id AS grade,
               p.cents / 100.0 AS price
        FROM our_policy p
        LEFT JOIN (
            SELECT s.geography_id, s.stage_id FROM our_stage s
            JOIN (SELECT geography_id, min(sort) AS first_sort FROM our_stage WHERE sea = 1
                  GROUP BY geography_id) f
              ON f.geography_id = s.geography_id AND s.sort = f.first_sort - 1
        ) sold ON sold.geography_id = p.geography_id AND sold.stage_id = p.stage_id
        WHERE NOT COALESCE(CASE p.basis
            WHEN 'grade' THEN p.trade = 'FM to LG' AND p.grade_id IS NOT NULL
                              AND p.stage_id IS NULL
            WHEN 'lifecycle' THEN p.trade = 'FW to FM' AND sold.stage_id IS NOT NULL
                                  AND p.grade_id IS NULL END
            AND p.cents > 0, FALSE)
        UNION ALL
        SELECT g.name, 'grade', NULL, q.id, NULL
        FROM our_geography g
        CROSS JOIN our_grade q
        LEFT JOIN our_policy p ON p.geography_id = g.id AND p.grade_id = q.id
        WHERE p.id IS NULL AND g.id IN (SELECT geography_id FROM our_policy)
        """,
    ),
    Rule(
        "finance.facts",
        "conservation",
        "Every lot has one harvest fact: its fish, live weight and grade, of the batch, the"
        " harvested area and its farming company",
        "harvest_harvestlot",
        "harvest lots",
        """
        SELECT a.label AS assignment, l.product_grade_id AS grade, l.unit_count AS fish,
               f.unit_count AS "in the fact", l.live_weight_kg AS kg,
               f.quantity_kg AS "kg in the fact", s.site_name AS site, m.display_name AS company
        FROM harvest_harvestlot l
        JOIN harvest_harvestevent e ON e.id = l.event_id
        JOIN our_assignment a ON a.id = e.assignment_id
        LEFT JOIN our_container c ON c.id = a.container_id
        LEFT JOIN finance_factharvest f ON f.lot_id = l.id
        LEFT JOIN finance_dimsite s ON s.site_id = f.dim_site_id
        LEFT JOIN finance_dimcompany m ON m.company_id = f.dim_company_id
        WHERE NOT COALESCE(
            f.event_id = e.id AND f.event_date = e.event_date AND f.dim_batch_id = e.batch_id
            AND f.product_grade_id = l.product_grade_id AND f.unit_count = l.unit_count
            AND WHOLE(f.quantity_kg, 3) = WHOLE(l.live_weight_kg, 3)
            AND s.source_model = 'area' AND s.source_pk = c.area_id
            AND m.subsidiary = 'FM' AND m.geography_id = a.geography_id, FALSE)
        """,
        ("our_assignment",),
    ),
    Rule(
        "finance.harvests",
        "conservation",
        "A harvest is billed once per grade: all its lots' weight times the grade's price",
        "our_sale",
        "graded harvests",
        """
        SELECT a.label AS assignment, x.grade_id AS grade, x.bills AS bills,
               x.cents / 100.0 AS amount, x.due / 100.0 AS due, x.currency AS currency
        FROM (
            SELECT s.assignment_id, s.grade_id, s.day, s.lots, count(b.id) AS bills,
                   min(b.cents) AS cents, min(b.currency) AS currency,
                   min((2 * s.g * p.cents + 1000) / 2000) AS due,
                   sum(CASE WHEN b.day = s.day AND b.currency = p.currency
                                 AND b.model = 'harvest.harvestevent'
                                 AND (p.ours = 0 OR b.cents = (2 * s.g * p.cents + 1000) / 2000)
                            THEN 1 ELSE 0 END) AS good
            FROM our_sale s
            LEFT JOIN our_policy p ON p.geography_id = s.geography_id AND p.grade_id = s.grade_id
                                  AND p.trade = 'FM to LG'
            LEFT JOIN our_bill b ON b.event_id = s.event_id AND b.policy_id = p.id
            GROUP BY s.event_id, s.assignment_id, s.grade_id, s.day, s.lots
        ) x
        JOIN our_assignment a ON a.id = x.assignment_id
        WHERE x.bills <> 1 OR x.good <> 1
        """,
        ("our_bill", "our_policy"),
    ),
    Rule(
        "finance.transfers",
        "conservation",
        "A finished move to sea is billed once: its biomass times the price of the stage that left,"
        " and it names its bill",
        "batch_batchtransferworkflow",
        "transfer workflows",
        """
        SELECT w.workflow_number AS workflow, w.status AS status, w.total_biomass_kg AS kg,
               t.bills AS bills, t.cents / 100.0 AS amount, t.price / 100.0 AS price
        FROM batch_batchtransferworkflow w
        JOIN our_batch b ON b.id = w.batch_id
        LEFT JOIN (SELECT batch_id, min(geography_id) AS geography_id FROM our_assignment
                   GROUP BY batch_id) h ON h.batch_id = w.batch_id
        LEFT JOIN (
            SELECT y.object_id, count(*) AS bills, min(y.id) AS id, min(y.cents) AS cents,
                   min(y.day) AS day, min(y.currency) AS currency, min(p.currency) AS owed_in,
                   min(p.cents) AS price, min(p.ours) AS ours, min(p.trade) AS trade,
                   min(p.stage_id) AS stage_id, min(p.geography_id) AS geography_id
            FROM our_bill y LEFT JOIN our_policy p ON p.id = y.policy_id
            WHERE y.model = 'batch.batchtransferworkflow' GROUP BY y.object_id
        ) t ON t.object_id = w.id
        WHERE CASE
            WHEN NOT w.is_intercompany OR w.status <> 'COMPLETED' OR w.total_biomass_kg = 0
                THEN t.bills IS NOT NULL OR w.finance_transaction_id IS NOT NULL
            ELSE NOT COALESCE(
                t.bills = 1 AND w.finance_transaction_id = t.id
                AND t.day = DAY(w.actual_completion_date) AND t.currency = t.owed_in
                AND t.trade = 'FW to FM' AND t.stage_id = w.source_lifecycle_stage_id
                AND t.geography_id = h.geography_id
                AND (t.ours = 0
                     OR t.cents = (2 * WHOLE(w.total_biomass_kg, 2) * t.price + 100) / 200),
                FALSE) END
        """,
        ("our_assignment", "our_bill", "our_policy"),
    ),
    Rule(
        "finance.objects",
        "integrity",
        "Every bill is about a harvest or a transfer of the run, by its content type, at a policy"
        " for such things",
        "our_bill",
        "bills",
        """
        SELECT b.id AS bill, b.model AS model, b.object_id AS object, p.trade AS policy,
               b.event_id AS event
        FROM our_bill b
        LEFT JOIN our_policy p ON p.id = b.policy_id
        LEFT JOIN our_sale s ON b.model = 'harvest.harvestevent' AND s.event_id = b.object_id
                            AND s.grade_id = p.grade_id AND s.geography_id = p.geography_id
        LEFT JOIN (
            SELECT w.id FROM batch_batchtransferworkflow w JOIN our_batch o ON o.id = w.batch_id
        ) w ON b.model = 'batch.batchtransferworkflow' AND w.id = b.object_id
        WHERE NOT COALESCE(CASE p.basis
            WHEN 'grade' THEN s.event_id IS NOT NULL AND b.event_id = s.event_id
            WHEN 'lifecycle' THEN w.id IS NOT NULL AND b.event_id IS NULL END, FALSE)
        """,
        ("our_sale", "our_policy", "our_batch"),
    ),
    Rule(
        "finance.approval",
        "conservation",
        "A bill is pending until its day of approval, and then posted by somebody",
        "our_bill",
        "bills",
        """
        SELECT b.id AS bill, DATE_OF(b.day) AS "of the", b.state AS state,
               DATE_OF(b.approved_day) AS approved
        FROM our_bill b
        LEFT JOIN our_policy p ON p.id = b.policy_id
        LEFT JOIN our_geography g ON g.id = p.geography_id
        WHERE NOT COALESCE(CASE WHEN b.day + APPROVAL_DAYS < g.to_day
            THEN b.state = 'posted' AND b.approved_day = b.day + APPROVAL_DAYS
                 AND b.approver IS NOT NULL
            ELSE b.state = 'pending' AND b.approved_day IS NULL AND b.approver IS NULL END, FALSE)
        """,
        ("our_policy",),
    ),
    Rule(
        "finance.waste",
        "conservation",
        "A harvest's waste is what gutting took away, as viscera and blood, and the rejected fish",
        "our_harvest",
        "harvests",
        """
        SELECT a.label AS assignment, x.offal_g / 1000.0 AS "offal kg",
               x.viscera_g / 1000.0 AS viscera, x.blood_g / 1000.0 AS blood,
               x.rejected_g / 1000.0 AS rejected, x.by_product_g / 1000.0 AS "of rejected lots"
        FROM (
            SELECT e.id, min(e.assignment_id) AS assignment_id, sum(z.offal_g) AS offal_g,
                   sum(z.by_product_g) AS by_product_g, sum(z.viscera_g) AS viscera_g,
                   sum(z.blood_g) AS blood_g, sum(z.rejected_g) AS rejected_g,
                   sum(z.most) AS entries, sum(z.others) AS others
            FROM harvest_harvestevent e
            JOIN (
                SELECT l.event_id, WHOLE(l.live_weight_kg, 3) - WHOLE(l.gutted_weight_kg, 3)
                       AS offal_g, g.by_product * WHOLE(l.gutted_weight_kg, 3) AS by_product_g,
                       0 AS viscera_g, 0 AS blood_g, 0 AS rejected_g, 0 AS most, 0 AS others
                FROM harvest_harvestlot l LEFT JOIN our_grade g ON g.id = l.product_grade_id
                UNION ALL
                SELECT w.event_id, 0, 0,
                       sum(CASE WHEN w.category = 'VISCERA' THEN WHOLE(w.weight_kg, 3) ELSE 0 END),
                       sum(CASE WHEN w.category = 'BLOOD' THEN WHOLE(w.weight_kg, 3) ELSE 0 END),
                       sum(CASE WHEN w.category = 'REJECTED_FISH'
                                THEN WHOLE(w.weight_kg, 3) ELSE 0 END),
                       count(*) - count(DISTINCT w.category),
                       sum(CASE WHEN w.category IN ('VISCERA', 'BLOOD', 'REJECTED_FISH')
                                     AND w.weight_kg > 0 THEN 0 ELSE 1 END)
                FROM harvest_harvestwaste w GROUP BY w.event_id
            ) z ON z.event_id = e.id
            GROUP BY e.id
        ) x
        JOIN our_assignment a ON a.id = x.assignment_id
        WHERE NOT COALESCE(
            x.viscera_g + x.blood_g = x.offal_g AND x.rejected_g = x.by_product_g
            AND abs(x.blood_g - BLOOD_SHARE * x.offal_g) <= 0.51
            AND x.entries = 0 AND x.others = 0, FALSE)
        """,
        ("our_assignment",),
    ),
)
