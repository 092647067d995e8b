"""Health: lice, treatments, journal, samples, scores, vaccinations."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind(
        "health_parameter",
        "master",
        "name:text is_active:bool description?:text max_score min_score",
    ),
    kind(
        "score_definition",
        "master",
        "score_value label:text description:text display_order parameter:key:health_parameter",
    ),
    kind(
        "mortality_reason",
        "master",
        "name:text description:text parent?:key:mortality_reason",
        stamps=False,
    ),
    kind(
        "lice_type",
        "master",
        "species:text gender:text development_stage:text description:text is_active:bool",
    ),
    kind("sample_type", "master", "name:text description:text", stamps=False),
    kind(
        "vaccination_type",
        "master",
        "name:text manufacturer:text dosage:text description:text",
        stamps=False,
    ),
    kind(
        "journal_entry",
        "entity",
        "entry_date:time category:text severity?:text description:text resolution_status:bool"
        " resolution_notes:text batch:key:batch container?:key:container",
    ),
    kind(
        "health_sampling",
        "entity",
        "sampling_date:date number_of_fish_sampled notes?:text assignment:key:assignment"
        " avg_k_factor?:decimal:4 avg_length_cm?:decimal:2 avg_weight_g?:decimal:2"
        " calculated_sample_size? max_length_cm?:decimal:2 max_weight_g?:decimal:2"
        " min_length_cm?:decimal:2 min_weight_g?:decimal:2 std_dev_length_cm?:decimal:2"
        " std_dev_weight_g?:decimal:2",
    ),
    kind(
        "lab_sample",
        "entity",
        "sample_date:date date_sent_to_lab?:date date_results_received?:date lab_reference_id?:text"
        " findings_summary?:text quantitative_results?:json notes?:text"
        " batch_container_assignment:key:assignment sample_type:key:sample_type",
    ),
    kind(
        "treatment",
        "entity",
        "treatment_date:time treatment_type:text description:text dosage:text duration_days"
        " withholding_period_days outcome:text batch:key:batch batch_assignment?:key:assignment"
        " container?:key:container vaccination_type?:key:vaccination_type includes_weighing:bool"
        " sampling_event?:key:health_sampling journal_entry?:key:journal_entry",
        stamps=False,
    ),
    kind(
        "lice_count",
        "fact",
        "count_date:time fish_sampled batch:key:batch container?:key:container"
        " confidence_level?:decimal:2 count_value? detection_method?:text lice_type?:key:lice_type"
        " assignment?:key:assignment",
        stamps=False,
    ),
    kind(
        "sampled_fish",
        "fact",
        "fish_identifier:text length_cm?:decimal:2 weight_g?:decimal:2"
        " sampling_event:key:health_sampling",
    ),
    kind(
        "fish_score",
        "fact",
        "score individual_fish_observation:key:sampled_fish parameter:key:health_parameter",
    ),
)
