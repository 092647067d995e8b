"""What no table of AquaMind can tell: waits, usage, the way of the feed."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind(
        "wait",
        "entity",
        "pool:text kind:text batch:key:batch asked:real unit:text since:time until:time"
        " short_kg:real cause:text holders:text",
        stamps=False,
    ),
    kind(
        "usage",
        "entity",
        "geography:text pool:text month:date capacity_days:real busy_days:real resting_days:real"
        " queue_days:real",
        stamps=False,
    ),
    kind(
        "feed_draw",
        "fact",
        "assignment:key:assignment day:date purchase:key:feed_purchase kg:decimal:2",
        stamps=False,
    ),
)
