"""Health: lice, treatments, journal, samples, scores, vaccinations."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind(
        "journal_entry",
        "entity",
        "entry_date:time category:text severity:text description:text resolution_status:bool"
        " resolution_notes:text batch:key:batch container:key:container",
    ),
)
