"""Plans: templates of activities, and a batch's planned activities."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind(
        "activity_template",
        "master",
        "name:text description?:text activity_type:text trigger_type:text day_offset?"
        " weight_threshold_g?:decimal:2 notes_template?:text is_active:bool"
        " target_lifecycle_stage?:key:stage",
    ),
    kind(
        "planned_activity",
        "entity",
        "activity_type:text due_date:date status:text notes?:text completed_at?:time"
        " batch:key:batch completed_by?:key:user container?:key:container scenario:key:scenario"
        " transfer_workflow?:key:transfer_workflow",
    ),
)
