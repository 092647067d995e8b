"""Broodstock: parents, breeding plans and pairs, and whose offspring a batch is."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind("broodstock_fish", "entity", "traits:json health_status:text container:key:container"),
    kind(
        "breeding_plan",
        "entity",
        "name:text start_date:time end_date:time objectives:text breeder_instructions:text"
        " geneticist_notes:text",
    ),
    kind(
        "breeding_pair",
        "entity",
        "pairing_date:time progeny_count? female_fish:key:broodstock_fish"
        " male_fish:key:broodstock_fish plan:key:breeding_plan",
    ),
    kind(
        "batch_parentage",
        "entity",
        "assignment_date:time batch:key:batch egg_production:key:egg_production",
    ),
)
