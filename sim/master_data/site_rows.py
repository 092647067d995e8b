"""The rows of a geography's sites: areas, stations, halls, containers, sensors, stores, vehicles.

They stand in the database since before the first simulated day, as sites do.
"""

from __future__ import annotations

import numpy as np

from sim.core.clock import MICROSECONDS_PER_DAY
from sim.core.journal import Value, rows_of
from sim.facts import Block
from sim.master_data.carriers import carrier_rows
from sim.master_data.finance import finance_blocks
from sim.master_data.growth_models import growth_model_blocks
from sim.master_data.parents import tank_rows
from sim.sites.layout import Layout, Site
from sim.sites.names import sea_areas
from sim.sites.parameters import SENSOR_TYPES
from sim.sites.sensors import Calibrations


class _Rows(list[dict[str, Value]]):
    """Rows of site facts that stand in the database since before the first simulated day."""

    def __init__(self, built: int) -> None:
        super().__init__()
        self.stamp = built * MICROSECONDS_PER_DAY

    def add(self, **values: Value) -> int:
        self.append({**values, "created_at": self.stamp, "updated_at": self.stamp})
        return len(self) - 1


def site_blocks(layout: Layout, first_day: int) -> list[Block]:
    """The infrastructure rows of a geography, in the order of their foreign keys."""
    built = first_day - layout.scenario.schedule.built_days_before
    rows = {
        kind: _Rows(built)
        for kind in (
            "transport_carrier",
            "area_group",
            "area",
            "station",
            "hall",
            "container",
            "feed_container",
        )
    }
    geography = layout.geography
    group = rows["area_group"].add(
        name=sea_areas(geography.name),
        code=f"{geography.prefix}-SEA",
        active=True,
        geography=layout.geography_key,
    )
    for station in range(geography.stations):
        latitude, longitude = layout.place("station", station)
        rows["station"].add(
            name=layout.station_name(station),
            station_type="FRESHWATER",
            latitude=latitude,
            longitude=longitude,
            description=f"Freshwater station in {geography.name}",
            active=True,
            geography=layout.geography_key,
        )
    for site in layout.sites:
        if site.stage is None:
            _area_rows(layout, site, group, rows)
        else:
            _hall_rows(layout, site, rows)
    _rack_rows(layout, rows["container"])
    for tank in tank_rows(layout):
        rows["container"].add(**tank)
    for carrier in carrier_rows(layout):
        rows["transport_carrier"].add(**carrier)
    blocks = [rows_of(kind, kept) for kind, kept in rows.items() if kept]
    blocks.append(sensor_block(layout, first_day))
    return [*blocks, *finance_blocks(layout, built), *growth_model_blocks(layout, built)]


def _area_rows(layout: Layout, site: Site, group: int, rows: dict[str, _Rows]) -> None:
    area = rows["area"].add(
        name=site.name,
        latitude=site.latitude,
        longitude=site.longitude,
        max_biomass=float(layout.limit_kg[list(site.containers)].sum()),
        active=True,
        geography=layout.geography_key,
        area_group=group,
    )
    _container_rows(layout, site, rows, area=area, hall=None)
    for name in site.stores:
        rows["feed_container"].add(
            name=name, container_type="BARGE", capacity_kg=site.store_kg, active=True, area=area
        )


def _hall_rows(layout: Layout, site: Site, rows: dict[str, _Rows]) -> None:
    stage, kind = layout.stages[site.stage or 0], layout.type_of[site.containers[0]]
    hall = rows["hall"].add(
        name=site.name,
        description=f"Hall {stage.hall}: {stage.name}",
        area_sqm=float(layout.volume_m3[list(site.containers)].sum() / kind.depth_m),
        active=True,
        freshwater_station=site.station,
    )
    _container_rows(layout, site, rows, area=None, hall=hall)
    for name in site.stores:
        rows["feed_container"].add(
            name=name, container_type="SILO", capacity_kg=site.store_kg, active=True, hall=hall
        )


def _container_rows(
    layout: Layout, site: Site, rows: dict[str, _Rows], *, area: int | None, hall: int | None
) -> None:
    rack_of = layout.racks(site)
    for place, index in enumerate(site.containers):
        kind = layout.type_of[index]
        rows["container"].add(
            name=layout.names[index],
            volume_m3=kind.volume_m3,
            max_biomass_kg=kind.max_biomass_kg,
            active=True,
            area=area,
            container_type=layout.type_keys[kind.name],
            hall=hall,
            feed_recommendations_enabled=True,
            hierarchy_role="HOLDING",
            parent_container=rack_of.get(place),
        )


def _rack_rows(layout: Layout, rows: _Rows) -> None:
    for site in layout.sites:
        racks = sorted(set(layout.racks(site).values()))
        for number, _ in enumerate(racks):
            kind = layout.type_of[site.containers[0]]
            rows.add(
                name=f"{site.name}-Rack-{number + 1:02d}",
                volume_m3=0,
                max_biomass_kg=0,
                active=True,
                container_type=layout.type_keys[kind.name],
                hall=site.key,
                feed_recommendations_enabled=False,
                hierarchy_role="STRUCTURAL",
            )


def sensor_block(layout: Layout, first_day: int) -> Block:
    """A geography's sensors as they are before the first day: those of a container together."""
    calibrations = Calibrations(layout, first_day)
    installed = calibrations.installed.tolist()
    calibrated = calibrations.last(np.arange(layout.holding), first_day - 1)
    built = first_day - layout.scenario.schedule.built_days_before
    rows: list[dict[str, Value]] = []
    for container, last in enumerate(calibrated.tolist()):
        for parameter in layout.parameters_of(container):
            rows.append(
                {
                    "name": f"{layout.names[container]}-{parameter}",
                    "sensor_type": SENSOR_TYPES[parameter],
                    "serial_number": f"{layout.geography.prefix}{len(rows):07d}",
                    "manufacturer": "Aanderaa" if layout.at_sea[container] else "OxyGuard",
                    "installation_date": installed[container],
                    "last_calibration_date": last,
                    "active": True,
                    "container": container,
                    "created_at": built * MICROSECONDS_PER_DAY,
                    "updated_at": last * MICROSECONDS_PER_DAY,
                }
            )
    return rows_of("sensor", rows)
