"""One definition per kind of fact: its fields and their types, in the order of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["master", "site", "entity", "fact"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of fact consists of: ``fields`` maps a field's name to its type."""

    name: str
    role: Role
    fields: Mapping[str, str]


_STAMPS = "created_at:time updated_at:time"


def _kind(name: str, role: Role, fields: str, *, stamps: bool = True) -> Kind:
    """Read ``"field:type field:type"``; a field without a type is an ``int``."""
    pairs = [part.partition(":")[::2] for part in (fields + " " + _STAMPS * stamps).split()]
    return Kind(name, role, {field: kind or "int" for field, kind in pairs})


_DEFINITIONS = (
    # Master data: the same rows in every geography's shard.
    _kind("user", "master", "username:text date_joined:time", stamps=False),
    _kind("geography", "master", "name:text description:text"),
    _kind(
        "container_type",
        "master",
        "name:text category:text max_volume_m3:decimal:2 description:text",
    ),
    _kind(
        "species",
        "master",
        "name:text scientific_name:text description:text optimal_temperature_min:decimal:2"
        " optimal_temperature_max:decimal:2 optimal_oxygen_min:decimal:2"
        " optimal_ph_min:decimal:2 optimal_ph_max:decimal:2",
    ),
    _kind(
        "stage",
        "master",
        "species:key:species name:text order description:text expected_weight_min_g:decimal:2"
        " expected_weight_max_g:decimal:2 expected_length_min_cm:decimal:2"
        " expected_length_max_cm:decimal:2 typical_duration_days",
    ),
    _kind(
        "parameter",
        "master",
        "name:text unit:text description:text min_value:decimal:2 max_value:decimal:2"
        " optimal_min:decimal:2 optimal_max:decimal:2",
    ),
    _kind(
        "feed",
        "master",
        "name:text brand:text size_category:text pellet_size_mm:decimal:2"
        " protein_percentage:decimal:2 fat_percentage:decimal:2 carbohydrate_percentage:decimal:2"
        " description:text is_active:bool",
    ),
    _kind("grade", "master", "code:text name:text description:text"),
    _kind("supplier", "master", "name:text contact_details:text certifications:text"),
    # Infrastructure of one geography.
    _kind("area_group", "site", "name:text code:text active:bool geography:key:geography"),
    _kind(
        "area",
        "site",
        "name:text latitude:decimal:6 longitude:decimal:6 max_biomass:decimal:2 active:bool"
        " geography:key:geography area_group:key:area_group",
    ),
    _kind(
        "station",
        "site",
        "name:text station_type:text latitude:decimal:6 longitude:decimal:6 description:text"
        " active:bool geography:key:geography",
    ),
    _kind(
        "hall",
        "site",
        "name:text description:text area_sqm:decimal:2 active:bool freshwater_station:key:station",
    ),
    _kind(
        "container",
        "site",
        "name:text volume_m3:decimal:2 max_biomass_kg:decimal:2 active:bool area:key:area"
        " container_type:key:container_type hall:key:hall feed_recommendations_enabled:bool"
        " hierarchy_role:text parent_container:key:container",
    ),
    _kind(
        "sensor",
        "site",
        "name:text sensor_type:text serial_number:text manufacturer:text installation_date:date"
        " last_calibration_date:date active:bool container:key:container",
    ),
    _kind(
        "feed_container",
        "site",
        "name:text container_type:text capacity_kg:decimal:2 active:bool area:key:area"
        " hall:key:hall",
    ),
    # Entities: their state at the end of a chunk is upserted.
    _kind(
        "batch",
        "entity",
        "batch_number:text status:text start_date:date expected_end_date:date"
        " actual_end_date:date notes:text lifecycle_stage:key:stage species:key:species"
        " batch_type:text",
    ),
    _kind(
        "assignment",
        "entity",
        "population_count biomass_kg:decimal:2 assignment_date:date is_active:bool notes:text"
        " batch:key:batch container:key:container lifecycle_stage:key:stage"
        " avg_weight_g:decimal:2 departure_date:date last_weighing_date:date",
    ),
    _kind(
        "egg_production",
        "entity",
        "egg_batch_id:text egg_count production_date:time source_type:text"
        " destination_station:key:station",
    ),
    _kind(
        "external_egg_batch",
        "entity",
        "batch_number:text provenance_data:text egg_production:key:egg_production"
        " supplier:key:supplier",
    ),
    _kind(
        "creation_workflow",
        "entity",
        "workflow_number:text status:text egg_source_type:text"
        " external_supplier_batch_number:text external_cost_per_thousand:decimal:2"
        " total_eggs_planned total_eggs_received total_mortality_on_arrival"
        " planned_start_date:date planned_completion_date:date actual_start_date:date"
        " actual_completion_date:date total_actions actions_completed"
        " progress_percentage:decimal:2 notes:text batch:key:batch"
        " egg_production:key:egg_production external_supplier:key:supplier",
    ),
    _kind(
        "creation_action",
        "entity",
        "action_number status:text egg_count_planned egg_count_actual mortality_on_arrival"
        " expected_delivery_date:date actual_delivery_date:date delivery_method:text"
        " water_temp_on_arrival:decimal:2 egg_quality_score execution_duration_minutes notes:text"
        " dest_assignment:key:assignment workflow:key:creation_workflow",
    ),
    _kind(
        "transfer_workflow",
        "entity",
        "workflow_number:text workflow_type:text status:text planned_start_date:date"
        " planned_completion_date:date actual_start_date:date actual_completion_date:date"
        " total_source_count total_transferred_count total_mortality_count"
        " total_biomass_kg:decimal:2 total_actions_planned actions_completed"
        " completion_percentage:decimal:2 is_intercompany:bool source_subsidiary:text"
        " dest_subsidiary:text notes:text batch:key:batch completed_by:key:user"
        " dest_lifecycle_stage:key:stage source_lifecycle_stage:key:stage"
        " estimated_total_biomass_kg:decimal:2 estimated_total_count",
    ),
    _kind(
        "transfer_action",
        "entity",
        "action_number source_population_before transferred_count mortality_during_transfer"
        " transferred_biomass_kg:decimal:2 status:text planned_date:date"
        " actual_execution_date:date transfer_method:text water_temp_c:decimal:2"
        " oxygen_level:decimal:2 execution_duration_minutes notes:text"
        " dest_assignment:key:assignment source_assignment:key:assignment"
        " workflow:key:transfer_workflow measured_avg_weight_g:decimal:2"
        " measured_std_dev_weight_g:decimal:2 measured_sample_size"
        " measured_avg_length_cm:decimal:2 dest_container:key:container executed_at:time",
    ),
    _kind(
        "feed_purchase",
        "entity",
        "purchase_date:date quantity_kg:decimal:2 cost_per_kg:decimal:2 supplier:text"
        " batch_number:text expiry_date:date notes:text feed:key:feed",
    ),
    _kind(
        "feed_stock",
        "entity",
        "quantity_kg:decimal:2 entry_date:time feed_container:key:feed_container"
        " feed_purchase:key:feed_purchase",
    ),
    _kind(
        "container_feeding_summary",
        "entity",
        "period_start:date period_end:date total_feed_kg:decimal:2 starting_biomass_kg:decimal:2"
        " ending_biomass_kg:decimal:2 growth_kg:decimal:2 fcr:decimal:3 confidence_level:text"
        " estimation_method:text data_points batch:key:batch container_assignment:key:assignment",
    ),
    _kind(
        "batch_feeding_summary",
        "entity",
        "period_start:date period_end:date total_feed_kg:decimal:2"
        " average_feeding_percentage:decimal:2 batch:key:batch total_feed_consumed_kg:decimal:2"
        " total_biomass_gain_kg:decimal:2 fcr:decimal:3 estimation_method:text container_count"
        " overall_confidence_level:text total_ending_biomass_kg:decimal:2"
        " total_growth_kg:decimal:2 total_starting_biomass_kg:decimal:2 weighted_avg_fcr:decimal:3"
        " average_biomass_kg:decimal:2",
    ),
    _kind(
        "harvest_event",
        "entity",
        "event_date:time dest_subsidiary:text document_ref:text assignment:key:assignment"
        " batch:key:batch dest_geography:key:geography",
    ),
    _kind(
        "harvest_lot",
        "entity",
        "live_weight_kg:decimal:3 gutted_weight_kg:decimal:3 fillet_weight_kg:decimal:3 unit_count"
        " event:key:harvest_event product_grade:key:grade",
    ),
    _kind(
        "wait",
        "entity",
        "pool:text kind:text batch:key:batch asked:real unit:text since:time until:time"
        " short_kg:real cause:text holders:text",
        stamps=False,
    ),
    _kind(
        "usage",
        "entity",
        "geography:text pool:text month:date capacity_days:real busy_days:real resting_days:real"
        " queue_days:real",
        stamps=False,
    ),
    # Facts: appended once.
    _kind(
        "reading",
        "fact",
        "value:decimal:4 reading_time:time created_at:time batch:key:batch"
        " container:key:container parameter:key:parameter sensor:key:sensor"
        " batch_container_assignment:key:assignment",
        stamps=False,
    ),
    _kind(
        "feeding",
        "fact",
        "feeding_date:date feeding_time:clock amount_kg:decimal:4 batch_biomass_kg:decimal:2"
        " feeding_percentage:decimal:6 method:text batch:key:batch"
        " batch_assignment:key:assignment container:key:container feed:key:feed"
        " feed_cost:decimal:2",
    ),
    _kind(
        "mortality",
        "fact",
        "event_date:date count biomass_kg:decimal:2 cause:text description:text batch:key:batch"
        " assignment:key:assignment",
    ),
    _kind(
        "growth_sample",
        "fact",
        "sample_date:date sample_size avg_weight_g:decimal:2 avg_length_cm:decimal:2"
        " std_deviation_weight:decimal:2 std_deviation_length:decimal:2 min_weight_g:decimal:2"
        " max_weight_g:decimal:2 condition_factor:decimal:2 notes:text assignment:key:assignment",
    ),
    _kind(
        "fish",
        "fact",
        "fish_identifier:text weight_g:decimal:2 length_cm:decimal:2"
        " growth_sample:key:growth_sample",
    ),
    _kind(
        "daily_state",
        "fact",
        "date:date day_number avg_weight_g:decimal:2 population biomass_kg:decimal:2"
        " temp_c:decimal:2 mortality_count feed_kg:decimal:2 observed_fcr:decimal:3"
        " anchor_type:text sources:json confidence_scores:json last_computed_at:time"
        " assignment:key:assignment batch:key:batch container:key:container"
        " lifecycle_stage:key:stage",
        stamps=False,
    ),
    _kind(
        "feed_draw",
        "fact",
        "assignment:key:assignment day:date purchase:key:feed_purchase kg:decimal:2",
        stamps=False,
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _DEFINITIONS}
