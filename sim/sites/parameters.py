"""What sensors measure: a line per parameter of the water, and where it is measured.

Whoever adds one adds its line here, its true value to :mod:`sim.environment.water_quality`, and its
instrument (noise, drift, step, range) to :mod:`sim.scenario.knobs.instruments`; the rows of master
data, sensors, readings and defects follow from these.
"""

from __future__ import annotations

from typing import NamedTuple


class Parameter(NamedTuple):
    """A parameter of the water.

    Attributes:
        sensor_type: AquaMind's choice for a sensor of it.
        in_halls, at_sea: whether tanks, whether rings have a sensor of it.
    """

    name: str
    unit: str
    description: str
    sensor_type: str
    in_halls: bool = True
    at_sea: bool = False


TABLE = (
    Parameter("Temperature", "°C", "Water temperature", "TEMPERATURE", at_sea=True),
    Parameter("Dissolved Oxygen", "mg/L", "Dissolved oxygen", "OXYGEN", at_sea=True),
    Parameter("pH", "pH", "Acidity", "PH", at_sea=True),
    Parameter("CO2", "mg/L", "Dissolved carbon dioxide", "CO2"),
    Parameter("NO2", "mg/L", "Nitrite nitrogen", "OTHER"),
    Parameter("NO3", "mg/L", "Nitrate nitrogen", "OTHER"),
    Parameter("NH4", "mg/L", "Total ammonia nitrogen", "OTHER"),
    Parameter("Salinity", "ppt", "Salinity", "SALINITY", in_halls=False, at_sea=True),
)
"""In the order of their keys; a container's sensors are in this order too."""

PARAMETERS = tuple(parameter.name for parameter in TABLE)
FRESHWATER_PARAMETERS = tuple(parameter.name for parameter in TABLE if parameter.in_halls)
SEA_PARAMETERS = tuple(parameter.name for parameter in TABLE if parameter.at_sea)
SENSOR_TYPES = {parameter.name: parameter.sensor_type for parameter in TABLE}
