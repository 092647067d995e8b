"""What the mapping rule cannot derive: tables, constants and natural keys.

A column is named in ``constants`` when the model has no field for it and NULL is not its value. A
constant in a foreign key is a key of the table referred to: ``created_by_id=SYSTEM_USER`` is the
scenario's first user.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from persistence.mapping.pick import Pick

SYSTEM_USER = 0

# Django takes a password that starts with an exclamation mark for one that no login can match.
UNUSABLE_PASSWORD = "!smoltflow: this account has no password and cannot log in"  # noqa: S105

Constant = int | str | None


@dataclass(frozen=True, slots=True)
class Home:
    """Where the rows of a kind live.

    Attributes:
        table: the table's name.
        natural: columns that identify a row to people; master data, infrastructure and models that
            are already in the database are recognised by them.
        constants: values of columns that the model does not know of.
        picks: for a column that holds keys of several kinds, what decides.
    """

    table: str
    natural: tuple[str, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)
    picks: Mapping[str, Pick] = field(default_factory=dict)


def _home(table: str, *natural: str, **constants: Constant) -> Home:
    return Home(table, natural, constants)


MODELS: Mapping[str, str] = {
    "tgc_model": "tgc_model_stage",
    "temperature_profile": "temperature_reading",
    "fcr_model": "fcr_model_stage",
    "mortality_model": "mortality_model_stage",
    "constraint_set": "stage_constraint",
}
"""The models and profiles that a wipe leaves, who refers first, and the kinds of their parts."""

HOMES: Mapping[str, Home] = {
    # Master data
    "user": _home(
        "auth_user",
        "username",
        password=UNUSABLE_PASSWORD,
        is_superuser=0,
        first_name="",
        last_name="",
        email="",
        is_staff=0,
        is_active=1,
    ),
    "geography": _home("infrastructure_geography", "name"),
    "container_type": _home("infrastructure_containertype", "name"),
    "species": _home("batch_species", "name"),
    "stage": _home("batch_lifecyclestage", "name"),
    "parameter": _home("environmental_environmentalparameter", "name"),
    "feed": _home("inventory_feed", "name"),
    "grade": _home("harvest_productgrade", "code"),
    "supplier": _home("broodstock_eggsupplier", "name"),
    # Infrastructure
    "transport_carrier": _home("infrastructure_transportcarrier", "name"),
    "area_group": _home("infrastructure_areagroup", "geography_id", "name"),
    "area": _home("infrastructure_area", "geography_id", "name"),
    "station": _home("infrastructure_freshwaterstation", "geography_id", "name"),
    "hall": _home("infrastructure_hall", "freshwater_station_id", "name"),
    "container": _home("infrastructure_container", "hall_id", "area_id", "name"),
    "sensor": _home("infrastructure_sensor", "container_id", "name"),
    "feed_container": _home("infrastructure_feedcontainer", "hall_id", "area_id", "name"),
    # Entities
    "batch": _home("batch_batch"),
    "assignment": _home("batch_batchcontainerassignment"),
    "egg_production": _home("broodstock_eggproduction"),
    "external_egg_batch": _home("broodstock_externaleggbatch"),
    "creation_workflow": _home(
        "batch_creationworkflow", created_by_id=SYSTEM_USER, cancellation_reason=""
    ),
    "creation_action": _home("batch_creationaction", executed_by_id=SYSTEM_USER),
    "transfer_workflow": _home(
        "batch_batchtransferworkflow",
        initiated_by_id=SYSTEM_USER,
        cancellation_reason="",
        is_dynamic_execution=0,
    ),
    "transfer_action": _home(
        "batch_transferaction",
        executed_by_id=SYSTEM_USER,
        measured_notes="",
        selection_method="AVERAGE",
        allow_mixed=0,
        created_via="PLANNED",
    ),
    "feed_purchase": _home("inventory_feedpurchase"),
    "feed_stock": _home("inventory_feedcontainerstock"),
    "container_feeding_summary": _home("inventory_containerfeedingsummary"),
    "batch_feeding_summary": _home("inventory_batchfeedingsummary"),
    "harvest_event": _home("harvest_harvestevent"),
    "harvest_lot": _home("harvest_harvestlot"),
    # Health
    "health_parameter": _home("health_healthparameter", "name"),
    "score_definition": _home("health_parameterscoredefinition", "parameter_id", "score_value"),
    "mortality_reason": _home("health_mortalityreason", "name"),
    "sample_type": _home("health_sampletype", "name"),
    "vaccination_type": _home("health_vaccinationtype", "name"),
    "lice_type": _home("health_licetype", "species", "gender", "development_stage"),
    "lice_count": _home(
        "health_licecount",
        user_id=SYSTEM_USER,
        adult_female_count=0,
        adult_male_count=0,
        juvenile_count=0,
        notes="",
    ),
    "journal_entry": _home("health_journalentry", user_id=SYSTEM_USER),
    "health_sampling": _home("health_healthsamplingevent", sampled_by_id=SYSTEM_USER),
    "lab_sample": _home("health_healthlabsample", recorded_by_id=SYSTEM_USER),
    "treatment": _home("health_treatment", user_id=SYSTEM_USER),
    "sampled_fish": _home("health_individualfishobservation"),
    "fish_score": _home("health_fishparameterscore"),
    # Broodstock
    "broodstock_fish": _home("broodstock_broodstockfish"),
    "breeding_plan": _home("broodstock_breedingplan", created_by_id=SYSTEM_USER),
    "breeding_pair": _home("broodstock_breedingpair"),
    "batch_parentage": _home("broodstock_batchparentage"),
    # Projections
    "fcr_model": _home("scenario_fcrmodel", "name"),
    "fcr_model_stage": _home("scenario_fcrmodelstage", "model_id", "stage_id"),
    "mortality_model": _home("scenario_mortalitymodel", "name"),
    "mortality_model_stage": _home(
        "scenario_mortality_model_stage", "mortality_model_id", "lifecycle_stage"
    ),
    "constraint_set": _home("scenario_biological_constraints", "name", created_by_id=SYSTEM_USER),
    "stage_constraint": _home("scenario_stage_constraint", "constraint_set_id", "lifecycle_stage"),
    "temperature_profile": _home("scenario_temperatureprofile", "name"),
    "tgc_model": _home("scenario_tgcmodel", "name"),
    "tgc_model_stage": _home("scenario_tgc_model_stage"),
    "scenario": _home("scenario", created_by_id=SYSTEM_USER),
    "projection_run": _home("scenario_projection_run", created_by_id=SYSTEM_USER),
    "forecast_summary": _home("batch_containerforecastsummary"),
    "temperature_reading": _home("scenario_temperaturereading"),
    "projection": _home("scenario_scenarioprojection"),
    "forward_projection": _home("batch_liveforwardprojection"),
    # Finance
    "content_type": _home("django_content_type", "app_label", "model"),
    "company": _home("finance_dimcompany", "geography_id", "subsidiary"),
    "finance_site": Home(
        "finance_dimsite",
        ("source_model", "source_pk"),
        picks={"source_pk": Pick("source_model", {"station": "station", "area": "area"})},
    ),
    "policy": _home(
        "finance_intercompanypolicy",
        "from_company_id",
        "to_company_id",
        "pricing_basis",
        "lifecycle_stage_id",
        "product_grade_id",
    ),
    "harvest_fact": _home("finance_factharvest"),
    "transaction": Home(
        "finance_intercompanytransaction",
        picks={"object_id": Pick("content_type_id", {0: "harvest_event", 1: "transfer_workflow"})},
    ),
    "harvest_waste": _home("harvest_harvestwaste"),
    # Planning
    "activity_template": _home("planning_activitytemplate", "name"),
    "planned_activity": _home("planning_plannedactivity", created_by_id=SYSTEM_USER),
    # Smoltflow's own
    "batch_plan": _home("smoltflow_batch"),
    "wait": _home("smoltflow_wait"),
    "wait_holder": _home("smoltflow_wait_holder"),
    "usage": _home("smoltflow_usage"),
    "treatment_aim": _home("smoltflow_treatment"),
    "journal_tag": _home("smoltflow_journal_tag"),
    "activity_origin": _home("smoltflow_planned_activity"),
    # Facts
    "reading": _home("environmental_environmentalreading", is_manual=0, notes=""),
    "weather": _home("environmental_weatherdata"),
    "photoperiod": _home("environmental_photoperioddata"),
    "stage_environment": _home("environmental_stagetransitionenvironmental"),
    "feeding": _home("inventory_feedingevent", notes=""),
    "mortality": _home("batch_mortalityevent"),
    "growth_sample": _home("batch_growthsample"),
    "fish": _home("batch_individualgrowthobservation"),
    "daily_state": _home("batch_actualdailyassignmentstate"),
    "feed_draw": _home("smoltflow_feed_draw"),
    "defect": _home("smoltflow_defect"),
}
