"""What the fish of a batch meet in their new water when they enter a stage."""

from __future__ import annotations

import numpy as np

from sim.biology.water import oxygen_saturation_mg_l
from sim.company.batch import Place
from sim.company.farm import Farm
from sim.core.journal import Record, Value
from sim.environment import water_quality
from sim.environment.water_quality import Waters
from sim.facts import canonical_json


def note_transition(
    farm: Farm, workflow: Record, source: Place, dest: Place, noted: Record | None
) -> Record:
    """Record the water of the containers that are stocked by now, as their sensors will see it.

    Temperature is the mean of the day, the rest the mean over the hours of the readings with the
    fish that are there now. When the next boat of the same day has come, it is noted anew.
    """
    stock, layout, knobs = farm.stock, farm.layout, farm.scenario.instruments
    units = np.array([unit for unit in dest.grant.units if stock.batch[unit] >= 0])
    recording, today = farm.scenario.recording, np.full(len(units), farm.today)
    hours = np.array(recording.reading_hours, dtype=np.int64)
    site = layout.site_of[units]
    degc = stock.temperature(units, farm.today)
    salinity = farm.surroundings.water.salinity_ppt[
        site, farm.today - farm.surroundings.water.first_day
    ]
    waters = Waters(
        degc=degc[:, None],
        salinity_ppt=salinity[:, None],
        saturation_mg_l=oxygen_saturation_mg_l(degc, salinity)[:, None],
        density=(stock.biomass_kg(units) / layout.volume_m3[units])[:, None],
        load=stock.load[units][:, None],
        tide=water_quality.tide(today, hours, np.array([layout.sites[at].key for at in site])),
        hours=hours[None, :].astype(np.float64),
        after_meal=water_quality.after_meal(
            hours, recording.feeding_hours, knobs.course.meal_hours
        )[None, :],
        oxygen_loss=stock.condition.oxygen_loss[units][:, None],
    )
    truth = (
        water_quality.at_sea(waters, knobs, farm.geography.sea)
        if layout.at_sea[units[0]]
        else water_quality.in_halls(waters, knobs)
    )

    def seen(parameter: str) -> float:
        """The mean of what sensors show, which is never beyond their range."""
        sensor = knobs.sensors.of(parameter)
        return float(np.clip(truth[parameter](), sensor.low, sensor.high).mean())

    temperature = round(float(degc.mean()), 2)
    left_degc = round(float(stock.temperature(np.array(source.grant.units), farm.today).mean()), 2)
    values: dict[str, Value] = {
        "temperature": temperature,
        "oxygen": seen("Dissolved Oxygen"),
        "salinity": seen("Salinity") if "Salinity" in truth else 0.0,
        "ph": seen("pH"),
        "additional_parameters": canonical_json(
            {
                "containers": len(units),
                "source_temperature": left_degc,
                "temperature_difference": round(temperature - left_degc, 2) + 0.0,  # not -0.0
            }
        ),
        "notes": "",
        "batch_transfer_workflow": workflow.key,
    }
    if noted is None:
        return farm.lane.create("stage_environment", farm.env.now, **values)
    farm.lane.change(noted, farm.env.now, **values)
    return noted
