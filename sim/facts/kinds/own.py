"""What no table of AquaMind can tell.

Waits, usage, the way of the feed, what data are dirty; and what AquaMind has only in words: what a
treatment was against, what a journal entry is about, which template a planned activity is of.
"""

from sim.facts.kinds.kind import kind

KINDS = (
    kind("batch_plan", "entity", "batch:key:batch number target_g", stamps=False),
    kind(
        "wait",
        "entity",
        "pool:text kind:text pool_kind?:text hall?:text batch?:key:batch waiter:text"
        " stage?:key:stage asked:real unit:text since:time until?:time short_kg?:real"
        " on_order_kg?:real cause:text",
        stamps=False,
    ),
    kind("wait_holder", "entity", "wait:key:wait holder:text units", stamps=False),
    kind(
        "usage",
        "entity",
        "geography:text pool:text kind:text hall?:text month:date capacity_days:real busy_days:real"
        " resting_days:real queue_days:real",
        stamps=False,
    ),
    kind(
        "treatment_aim",
        "entity",
        "treatment:key:treatment kind:text against:text given:text",
        stamps=False,
    ),
    kind("journal_tag", "entity", "entry:key:journal_entry tag:text", stamps=False),
    kind(
        "activity_origin",
        "entity",
        "activity:key:planned_activity template:key:activity_template",
        stamps=False,
    ),
    kind(
        "feed_draw",
        "fact",
        "assignment:key:assignment day:date purchase:key:feed_purchase kg:decimal:2",
        stamps=False,
    ),
    kind(
        "defect",
        "fact",
        "kind:text table_name:text column_name?:text row_time:time sensor?:key:sensor"
        " growth_sample?:key:growth_sample mortality?:key:mortality batch:key:batch"
        " container:key:container assignment:key:assignment parameter?:key:parameter"
        " true_value?:decimal:4 written_value?:decimal:4 true_time?:time written_time?:time"
        " since?:time until?:time other_container?:key:container",
        stamps=False,
    ),
)
