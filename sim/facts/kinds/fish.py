"""Fish: batches, where they are, how they move, grow, die and are harvested."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind(
        "batch",
        "entity",
        "batch_number:text status:text start_date:date expected_end_date?:date"
        " actual_end_date?:date notes:text lifecycle_stage:key:stage species:key:species"
        " batch_type:text pinned_projection_run?:key:projection_run",
    ),
    kind(
        "assignment",
        "entity",
        "population_count biomass_kg:decimal:2 assignment_date:date is_active:bool notes:text"
        " batch:key:batch container:key:container lifecycle_stage:key:stage"
        " avg_weight_g?:decimal:2 departure_date?:date last_weighing_date?:date",
    ),
    kind(
        "egg_production",
        "entity",
        "egg_batch_id:text egg_count production_date:time source_type:text"
        " destination_station?:key:station pair?:key:breeding_pair",
    ),
    kind(
        "external_egg_batch",
        "entity",
        "batch_number:text provenance_data:text egg_production:key:egg_production"
        " supplier:key:supplier",
    ),
    kind(
        "creation_workflow",
        "entity",
        "workflow_number:text status:text egg_source_type:text"
        " external_supplier_batch_number:text external_cost_per_thousand?:decimal:2"
        " total_eggs_planned total_eggs_received total_mortality_on_arrival"
        " planned_start_date:date planned_completion_date:date actual_start_date?:date"
        " actual_completion_date?:date total_actions actions_completed"
        " progress_percentage:decimal:2 notes:text batch:key:batch"
        " egg_production?:key:egg_production external_supplier?:key:supplier",
    ),
    kind(
        "creation_action",
        "entity",
        "action_number status:text egg_count_planned egg_count_actual? mortality_on_arrival"
        " expected_delivery_date:date actual_delivery_date?:date delivery_method?:text"
        " water_temp_on_arrival?:decimal:2 egg_quality_score? execution_duration_minutes?"
        " notes:text"
        " dest_assignment:key:assignment workflow:key:creation_workflow",
    ),
    kind(
        "transfer_workflow",
        "entity",
        "workflow_number:text workflow_type:text status:text planned_start_date:date"
        " planned_completion_date?:date actual_start_date?:date actual_completion_date?:date"
        " total_source_count total_transferred_count total_mortality_count"
        " total_biomass_kg:decimal:2 total_actions_planned actions_completed"
        " completion_percentage:decimal:2 is_intercompany:bool source_subsidiary?:text"
        " dest_subsidiary?:text notes:text batch:key:batch completed_by?:key:user"
        " dest_lifecycle_stage?:key:stage source_lifecycle_stage:key:stage"
        " estimated_total_biomass_kg?:decimal:2 estimated_total_count?"
        " planned_activity?:key:planned_activity"
        " finance_transaction?:key:transaction",
    ),
    kind(
        "transfer_action",
        "entity",
        "action_number source_population_before transferred_count mortality_during_transfer"
        " transferred_biomass_kg:decimal:2 status:text planned_date?:date"
        " actual_execution_date?:date transfer_method?:text water_temp_c?:decimal:2"
        " oxygen_level?:decimal:2 execution_duration_minutes? notes:text"
        " dest_assignment?:key:assignment source_assignment:key:assignment"
        " workflow:key:transfer_workflow measured_avg_weight_g?:decimal:2"
        " measured_std_dev_weight_g?:decimal:2 measured_sample_size?"
        " measured_avg_length_cm?:decimal:2 dest_container?:key:container executed_at?:time",
    ),
    kind(
        "harvest_event",
        "entity",
        "event_date:time dest_subsidiary?:text document_ref:text assignment:key:assignment"
        " batch:key:batch dest_geography?:key:geography",
    ),
    kind(
        "harvest_lot",
        "entity",
        "live_weight_kg:decimal:3 gutted_weight_kg?:decimal:3 fillet_weight_kg?:decimal:3"
        " unit_count"
        " event:key:harvest_event product_grade:key:grade",
    ),
    kind(
        "mortality",
        "fact",
        "event_date:date count biomass_kg:decimal:2 cause:text description:text batch:key:batch"
        " assignment?:key:assignment",
    ),
    kind(
        "growth_sample",
        "fact",
        "sample_date:date sample_size avg_weight_g:decimal:2 avg_length_cm?:decimal:2"
        " std_deviation_weight?:decimal:2 std_deviation_length?:decimal:2 min_weight_g?:decimal:2"
        " max_weight_g?:decimal:2 condition_factor?:decimal:2 notes?:text"
        " assignment:key:assignment",
    ),
    kind(
        "fish",
        "fact",
        "fish_identifier:text weight_g:decimal:2 length_cm:decimal:2"
        " growth_sample:key:growth_sample",
    ),
    kind(
        "daily_state",
        "fact",
        "date:date day_number avg_weight_g:decimal:2 population biomass_kg:decimal:2"
        " temp_c?:decimal:2 mortality_count feed_kg:decimal:2 observed_fcr?:decimal:3"
        " anchor_type?:text sources:json confidence_scores:json last_computed_at:time"
        " assignment:key:assignment batch:key:batch container:key:container"
        " lifecycle_stage:key:stage",
        stamps=False,
    ),
)
