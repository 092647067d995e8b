"""Master data: the rows that are the same in every geography's shard."""

from __future__ import annotations

from sim.core.clock import MICROSECONDS_PER_DAY
from sim.core.elementary import cbrt
from sim.core.journal import Value, rows_of
from sim.facts import KINDS, Block
from sim.fish.lice import type_rows
from sim.master_data.activities import template_rows
from sim.master_data.finance import CONTENT_TYPES
from sim.master_data.health import health_master_rows
from sim.master_data.parents import tank_types
from sim.scenario import Scenario
from sim.scenario.knobs.farm import Stage
from sim.sites.parameters import TABLE as PARAMETER_TABLE


def master_blocks(scenario: Scenario, first_day: int) -> list[Block]:
    """Users, species, stages, parameters, feeds, grades and suppliers, in foreign-key order."""
    stamp = (first_day - scenario.schedule.built_days_before) * MICROSECONDS_PER_DAY
    sensors, best = scenario.instruments.sensors, scenario.instruments.optima
    rows: dict[str, list[dict[str, Value]]] = {
        "user": [{"username": "smoltflow", "date_joined": stamp}],
        "geography": [
            {"name": geography.name, "description": f"Salmon farming in {geography.name}"}
            for geography in scenario.geographies
        ],
        "container_type": [
            {
                "name": kind.name,
                "category": kind.category,
                "max_volume_m3": kind.volume_m3,
                "description": f"{kind.volume_m3:,.0f} m3, {kind.max_biomass_kg:,.0f} kg",
            }
            for kind in scenario.container_types
        ],
        "species": [
            {
                "name": "Atlantic Salmon",
                "scientific_name": "Salmo salar",
                "description": "Farmed Atlantic salmon",
                "optimal_temperature_min": best.temperature_degc[0],
                "optimal_temperature_max": best.temperature_degc[1],
                "optimal_oxygen_min": best.oxygen_mg_l[0],
                "optimal_ph_min": best.ph[0],
                "optimal_ph_max": best.ph[1],
            }
        ],
        "stage": [
            {
                "species": 0,
                "name": stage.name,
                "order": order + 1,
                "description": stage.description or stage.name,
                "expected_weight_min_g": stage.expected_weight_g[0],
                "expected_weight_max_g": stage.expected_weight_g[1],
                "expected_length_min_cm": _length(stage, stage.expected_weight_g[0]),
                "expected_length_max_cm": _length(stage, stage.expected_weight_g[1]),
                "typical_duration_days": stage.duration_days,
            }
            for order, stage in enumerate(scenario.stages)
        ],
        "parameter": [
            {
                "name": parameter.name,
                "unit": parameter.unit,
                "description": parameter.description,
                "min_value": sensors.of(parameter.name).low,
                "max_value": sensors.of(parameter.name).high,
                "optimal_min": best.of(parameter.name)[0],
                "optimal_max": best.of(parameter.name)[1],
            }
            for parameter in PARAMETER_TABLE
        ],
        "feed": [
            {
                "name": feed.name,
                "brand": feed.brand,
                "size_category": feed.size_category,
                "pellet_size_mm": feed.pellet_mm,
                "protein_percentage": feed.protein_percent,
                "fat_percentage": feed.fat_percent,
                "carbohydrate_percentage": feed.carbohydrate_percent,
                "description": f"{feed.pellet_mm:g} mm pellet",
                "is_active": True,
            }
            for feed in scenario.feeds
        ],
        "grade": [
            {
                "code": grade.code,
                "name": grade.code.replace("_", " ").title(),
                "description": grade.description,
            }
            for grade in scenario.harvest.grades
        ],
        "supplier": [
            {
                "name": name,
                "contact_details": f"orders@{name.lower().replace(' ', '-')}.example",
                "certifications": "GlobalG.A.P.",
            }
            for name in scenario.eggs.suppliers
        ],
        "content_type": [{"app_label": app, "model": model} for app, model in CONTENT_TYPES],
    }
    rows["container_type"] += tank_types(scenario)
    rows["activity_template"] = template_rows(scenario)
    rows["lice_type"] = type_rows()
    rows.update(health_master_rows(scenario))
    for kind, kept in rows.items():
        if "created_at" in KINDS[kind].fields:
            for row in kept:
                row["created_at"] = row["updated_at"] = stamp
    return [rows_of(kind, kept) for kind, kept in rows.items()]


def _length(stage: Stage, weight_g: float) -> float:
    """Fork length in cm of a stage's fish."""
    return round(cbrt(100 * weight_g / stage.condition_factor), 2)
