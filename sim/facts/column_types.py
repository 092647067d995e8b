"""What the columns hold that a kind's fields fill: made from the tables, not by hand.

``python -m persistence.mapping.limits`` makes this file; :mod:`sim.facts.limits` reads it. A text's
width in characters, a decimal's ``digits.places``, a whole number's ``int`` or ``nat`` (not below
0) and its bytes. What has no limit is left out.
"""

COLUMN_TYPES = {
    "user": "username:150",
    "geography": "name:100",
    "container_type": "name:100 category:20 max_volume_m3:10.2",
    "species": (
        "name:100 scientific_name:200 optimal_temperature_min:5.2 optimal_temperature_max:5.2"
        " optimal_oxygen_min:5.2 optimal_ph_min:5.2 optimal_ph_max:5.2"
    ),
    "stage": (
        "name:100 order:nat2 expected_weight_min_g:10.2 expected_weight_max_g:10.2"
        " expected_length_min_cm:10.2 expected_length_max_cm:10.2 typical_duration_days:nat4"
    ),
    "parameter": "name:100 unit:20 min_value:10.2 max_value:10.2 optimal_min:10.2 optimal_max:10.2",
    "feed": (
        "name:100 brand:100 size_category:20 pellet_size_mm:5.2 protein_percentage:5.2"
        " fat_percentage:5.2 carbohydrate_percentage:5.2"
    ),
    "grade": "code:50 name:100",
    "supplier": "name:100",
    "health_parameter": "name:100 max_score:int4 min_score:int4",
    "score_definition": "score_value:int4 label:50 display_order:int4",
    "mortality_reason": "name:100",
    "lice_type": "species:100 gender:20 development_stage:50",
    "sample_type": "name:100",
    "vaccination_type": "name:100 manufacturer:100 dosage:100",
    "content_type": "app_label:100 model:100",
    "activity_template": (
        "name:200 activity_type:50 trigger_type:20 day_offset:int4 weight_threshold_g:10.2"
    ),
    "transport_carrier": (
        "name:100 carrier_type:20 capacity_m3:10.2 license_plate:32 imo_number:20"
        " captain_contact:255"
    ),
    "area_group": "name:100 code:32",
    "area": "name:100 latitude:9.6 longitude:9.6 max_biomass:12.2",
    "station": "name:100 station_type:20 latitude:9.6 longitude:9.6",
    "hall": "name:100 area_sqm:10.2",
    "container": "name:100 volume_m3:10.2 max_biomass_kg:10.2 hierarchy_role:20",
    "sensor": "name:100 sensor_type:20 serial_number:100 manufacturer:100",
    "feed_container": "name:100 container_type:20 capacity_kg:10.2",
    "fcr_model": "name:255",
    "fcr_model_stage": "duration_days:int4",
    "mortality_model": "name:255 frequency:10",
    "mortality_model_stage": "lifecycle_stage:20 daily_rate_percent:5.3 weekly_rate_percent:5.3",
    "company": "subsidiary:3 display_name:150 currency:3 nav_company_code:50",
    "finance_site": "source_model:16 site_name:150",
    "policy": "method:20 markup_percent:6.3 pricing_basis:20 price_per_kg:10.2",
    "broodstock_fish": "health_status:20",
    "breeding_plan": "name:100",
    "breeding_pair": "progeny_count:int4",
    "batch": "batch_number:50 status:20 batch_type:20",
    "assignment": "population_count:nat4 biomass_kg:10.2 avg_weight_g:10.2",
    "egg_production": "egg_batch_id:50 egg_count:int4 source_type:20",
    "external_egg_batch": "batch_number:50",
    "creation_workflow": (
        "workflow_number:50 status:20 egg_source_type:20 external_supplier_batch_number:100"
        " external_cost_per_thousand:10.2 total_eggs_planned:nat4 total_eggs_received:nat4"
        " total_mortality_on_arrival:nat4 total_actions:nat4 actions_completed:nat4"
        " progress_percentage:5.2"
    ),
    "creation_action": (
        "action_number:nat4 status:20 egg_count_planned:nat4 egg_count_actual:nat4"
        " mortality_on_arrival:nat4 delivery_method:20 water_temp_on_arrival:5.2"
        " egg_quality_score:nat2 execution_duration_minutes:nat4"
    ),
    "transfer_workflow": (
        "workflow_number:50 workflow_type:30 status:20 total_source_count:nat4"
        " total_transferred_count:nat4 total_mortality_count:nat4 total_biomass_kg:12.2"
        " total_actions_planned:nat4 actions_completed:nat4 completion_percentage:5.2"
        " source_subsidiary:20 dest_subsidiary:20 estimated_total_biomass_kg:12.2"
        " estimated_total_count:nat4"
    ),
    "transfer_action": (
        "action_number:nat4 source_population_before:nat4 transferred_count:nat4"
        " mortality_during_transfer:nat4 transferred_biomass_kg:10.2 status:20 transfer_method:20"
        " water_temp_c:5.2 oxygen_level:5.2 execution_duration_minutes:nat4"
        " measured_avg_weight_g:10.2 measured_std_dev_weight_g:10.2 measured_sample_size:nat4"
        " measured_avg_length_cm:10.2"
    ),
    "harvest_event": "dest_subsidiary:3 document_ref:100",
    "harvest_lot": (
        "live_weight_kg:12.3 gutted_weight_kg:12.3 fillet_weight_kg:12.3 unit_count:nat4"
    ),
    "feed_purchase": "quantity_kg:10.2 cost_per_kg:10.2 supplier:100 batch_number:100",
    "feed_stock": "quantity_kg:10.2",
    "container_feeding_summary": (
        "total_feed_kg:10.2 starting_biomass_kg:10.2 ending_biomass_kg:10.2 growth_kg:10.2"
        " fcr:5.3 confidence_level:20 estimation_method:20 data_points:nat4"
    ),
    "batch_feeding_summary": (
        "total_feed_kg:10.2 average_feeding_percentage:5.2 total_feed_consumed_kg:10.2"
        " total_biomass_gain_kg:10.2 fcr:5.3 estimation_method:20 container_count:nat4"
        " overall_confidence_level:20 total_ending_biomass_kg:10.2 total_growth_kg:10.2"
        " total_starting_biomass_kg:10.2 weighted_avg_fcr:5.3 average_biomass_kg:10.2"
    ),
    "stage_environment": "temperature:5.2 oxygen:5.2 salinity:5.2 ph:4.2",
    "journal_entry": "category:20 severity:10",
    "health_sampling": (
        "number_of_fish_sampled:nat4 avg_k_factor:10.4 avg_length_cm:10.2 avg_weight_g:10.2"
        " calculated_sample_size:nat4 max_length_cm:10.2 max_weight_g:10.2 min_length_cm:10.2"
        " min_weight_g:10.2 std_dev_length_cm:10.2 std_dev_weight_g:10.2"
    ),
    "lab_sample": "lab_reference_id:100",
    "treatment": (
        "treatment_type:20 dosage:100 duration_days:nat4 withholding_period_days:nat4 outcome:20"
    ),
    "constraint_set": "name:100",
    "stage_constraint": (
        "lifecycle_stage:20 min_weight_g:10.2 max_weight_g:10.2 min_temperature_c:5.2"
        " max_temperature_c:5.2 typical_duration_days:int4 max_freshwater_weight_g:10.2"
    ),
    "temperature_profile": "name:255",
    "tgc_model": "name:255 location:255 release_period:255",
    "tgc_model_stage": (
        "lifecycle_stage:20 tgc_value:6.4 temperature_exponent:4.2 weight_exponent:4.2"
    ),
    "scenario": "name:255 duration_days:int4 initial_count:int4 genotype:255 supplier:255",
    "projection_run": "run_number:nat4 label:100 total_projections:nat4",
    "forecast_summary": (
        "current_weight_g:10.2 current_population:nat4 current_biomass_kg:12.2"
        " state_day_number:nat4 state_confidence:3.2 projected_harvest_weight_g:10.2"
        " days_to_harvest:nat4 harvest_threshold_g:10.2 projected_transfer_weight_g:10.2"
        " days_to_transfer:nat4 transfer_threshold_g:10.2 harvest_variance_days:int4"
        " temp_profile_name:255 temp_bias_c:5.2 temp_bias_window_days:nat4"
    ),
    "harvest_fact": "quantity_kg:12.3 unit_count:nat4",
    "transaction": "amount:14.2 currency:3 state:20",
    "harvest_waste": "category:50 weight_kg:12.3",
    "planned_activity": "activity_type:50 status:20",
    "batch_plan": "number:int4 target_g:int4",
    "wait": "pool:100 kind:20 pool_kind:50 hall:20 waiter:100 unit:10",
    "wait_holder": "holder:100 units:int4",
    "usage": "geography:100 pool:100 kind:50 hall:20",
    "treatment_aim": "kind:10 against:100 given:100",
    "journal_tag": "tag:100",
    "mortality": "count:nat4 biomass_kg:10.2 cause:20",
    "growth_sample": (
        "sample_size:nat4 avg_weight_g:10.2 avg_length_cm:10.2 std_deviation_weight:10.2"
        " std_deviation_length:10.2 min_weight_g:10.2 max_weight_g:10.2 condition_factor:10.2"
    ),
    "fish": "fish_identifier:50 weight_g:10.2 length_cm:10.2",
    "daily_state": (
        "day_number:nat4 avg_weight_g:10.2 population:nat4 biomass_kg:12.2 temp_c:5.2"
        " mortality_count:nat4 feed_kg:10.2 observed_fcr:8.3 anchor_type:20"
    ),
    "feeding": (
        "amount_kg:10.4 batch_biomass_kg:10.2 feeding_percentage:8.6 method:20 feed_cost:10.2"
    ),
    "reading": "value:10.4",
    "weather": (
        "temperature:5.2 wind_speed:6.2 wind_direction:int4 precipitation:6.2 wave_height:5.2"
        " wave_period:5.2 wave_direction:int4 cloud_cover:int4"
    ),
    "photoperiod": "day_length_hours:5.2 light_intensity:10.2",
    "lice_count": "fish_sampled:nat4 confidence_level:3.2 count_value:nat4 detection_method:50",
    "sampled_fish": "fish_identifier:50 length_cm:10.2 weight_g:10.2",
    "fish_score": "score:int2",
    "temperature_reading": "day_number:int4",
    "projection": "day_number:int4",
    "forward_projection": (
        "day_number:nat4 projected_weight_g:10.2 projected_population:nat4"
        " projected_biomass_kg:12.2 temperature_used_c:5.2 tgc_value_used:8.4"
        " temp_profile_name:255 temp_bias_c:5.2 temp_bias_window_days:nat4"
        " temp_bias_clamp_min_c:5.2 temp_bias_clamp_max_c:5.2"
    ),
    "feed_draw": "kg:10.2",
    "defect": "kind:20 table_name:63 column_name:63 true_value:10.4 written_value:10.4",
}
