"""Water and weather: what instruments reported."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind(
        "reading",
        "fact",
        "value:decimal:4 reading_time:time created_at:time batch:key:batch"
        " container:key:container parameter:key:parameter sensor:key:sensor"
        " batch_container_assignment:key:assignment",
        stamps=False,
    ),
)
