"""What the mapping rule cannot derive: tables, constants and natural keys.

A column is named in ``constants`` when the model has no field for it and NULL is not its value. A
constant in a foreign key is a key of the table referred to: ``created_by_id=SYSTEM_USER`` is the
scenario's first user.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SYSTEM_USER = 0

# Django takes a password that starts with an exclamation mark for one that no login can match.
UNUSABLE_PASSWORD = "!smoltflow: this account has no password and cannot log in"  # noqa: S105

Constant = int | str | None


@dataclass(frozen=True, slots=True)
class Home:
    """Where the rows of a kind live.

    Attributes:
        table: the table's name.
        natural: columns that identify a row to people; master data and infrastructure that are
            already in the database are recognised by them.
        constants: values of columns that the model does not know of.
    """

    table: str
    natural: tuple[str, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)


def _home(table: str, *natural: str, **constants: Constant) -> Home:
    return Home(table, natural, constants)


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
    "journal_entry": _home("health_journalentry", user_id=SYSTEM_USER),
    # Broodstock
    # Projections
    # Finance
    # Planning
    # Smoltflow's own
    "wait": _home("smoltflow_wait"),
    "usage": _home("smoltflow_usage"),
    # Facts
    "reading": _home("environmental_environmentalreading", is_manual=0, notes=""),
    "feeding": _home("inventory_feedingevent", notes=""),
    "mortality": _home("batch_mortalityevent"),
    "growth_sample": _home("batch_growthsample"),
    "fish": _home("batch_individualgrowthobservation"),
    "daily_state": _home("batch_actualdailyassignmentstate"),
    "feed_draw": _home("smoltflow_feed_draw"),
}
