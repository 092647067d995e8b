"""The farm on the ground: sites, containers, sensors and feed stores of one geography.

A container's index is its shard-local key; arrays over containers are in that order: the halls'
holding containers station by station, then the rings area by area. Racks, which hold no fish, come
after them, and the broodstock's tanks, which no batch claims, come last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.streams import stream, uniform
from sim.scenario import Scenario
from sim.scenario.knobs.farm import ContainerType, Geography, Stage
from sim.sites import names
from sim.sites.parameters import FRESHWATER_PARAMETERS, SEA_PARAMETERS


@dataclass(frozen=True, slots=True)
class Site:
    """A hall or an area: a group of containers with common water and feed stores.

    Attributes:
        index: its place among the geography's sites; ``key`` its place among halls or areas.
        stage: order of the stage that lives here (of a hall), or None at sea.
        containers: indices of its holding containers.
        stores: names of its feed stores; container i is served by store i * stores // containers.
    """

    index: int
    key: int
    name: str
    station: int | None
    stage: int | None
    containers: tuple[int, ...]
    stores: tuple[str, ...]
    store_kg: float
    latitude: float
    longitude: float


class Layout:
    """All sites and containers of a geography, with the columns that the array steps need.

    Attributes:
        halls: hall of (station index, stage order); ``areas`` in order of their number.
        sites: halls, then areas; ``site_named`` by their names.
        site_of: site index per container.
        at_sea: whether a container is a ring.
        volume_m3, limit_kg: per container; beyond ``full_kg`` nobody is fed.
        first_sensor: shard-local key of a container's first sensor.
    """

    def __init__(self, scenario: Scenario, index: int) -> None:
        self.scenario = scenario
        self.geography: Geography = scenario.geographies[index]
        self.geography_key = index
        self.stages: list[Stage] = scenario.stages_in(self.geography)
        self.types = {kind.name: kind for kind in scenario.container_types}
        self.type_keys = {kind.name: key for key, kind in enumerate(scenario.container_types)}
        self.sites: list[Site] = []
        self.halls: dict[tuple[int, int], Site] = {}
        self.areas: list[Site] = []
        self.names: list[str] = []
        self.type_of: list[ContainerType] = []
        for station in range(self.geography.stations):
            for order, stage in enumerate(self.stages):
                if stage.hall is not None:
                    self._add_hall(station, order, stage)
        for area in range(self.geography.areas):
            self._add_area(area)
        self.holding = len(self.names)
        self.site_named = {site.name: site for site in self.sites}
        self.site_of = np.concatenate(
            [np.full(len(site.containers), site.index, dtype=np.int64) for site in self.sites]
        )
        self.at_sea = np.array([site.stage is None for site in self.sites])[self.site_of]
        self.volume_m3 = np.array([kind.volume_m3 for kind in self.type_of])
        self.limit_kg = np.array([kind.max_biomass_kg for kind in self.type_of])
        self.full_kg = self.limit_kg * np.array([kind.fed_until_share for kind in self.type_of])
        counts = np.where(self.at_sea, len(SEA_PARAMETERS), len(FRESHWATER_PARAMETERS))
        self.first_sensor: NDArray[np.int64] = np.concatenate([[0], np.cumsum(counts)[:-1]])

    @property
    def first_broodstock_tank(self) -> int:
        """Key of the first broodstock tank: they come after the racks."""
        racks = {rack for site in self.sites for rack in self.racks(site).values()}
        return self.holding + len(racks)

    def parameters_of(self, container: int) -> tuple[str, ...]:
        """What a container's sensors measure."""
        return SEA_PARAMETERS if self.at_sea[container] else FRESHWATER_PARAMETERS

    @property
    def sea_stage(self) -> int | None:
        """Order of the first stage at sea, if any."""
        orders = [order for order, stage in enumerate(self.stages) if stage.role == "sea"]
        return orders[0] if orders else None

    def place(self, *names: object) -> tuple[float, float]:
        """Latitude and longitude of a site, spread about the geography's."""
        geography = self.geography
        key = stream(0, geography.name, "place", *names)
        spread = uniform(key, np.arange(2)) - 0.5
        return (
            round(geography.latitude + geography.spread_north_degrees * float(spread[0]), 6),
            round(geography.longitude + geography.spread_east_degrees * float(spread[1]), 6),
        )

    def _add_hall(self, station: int, order: int, stage: Stage) -> None:
        prefix = f"{self.station_name(station)}-{stage.hall}"
        first = len(self.names)
        count = stage.containers_per_hall
        self.names += [f"{prefix}-C{number + 1:02d}" for number in range(count)]
        self.type_of += [self.types[stage.container_type]] * count
        latitude, longitude = self.place("station", station)
        site = Site(
            len(self.sites),
            len(self.sites),
            f"{self.station_name(station)}-Hall-{stage.hall}",
            station,
            order,
            tuple(range(first, first + count)),
            (f"{prefix}-Silo",),
            stage.silo_kg,
            latitude,
            longitude,
        )
        self.sites.append(site)
        self.halls[station, order] = site

    def _add_area(self, area: int) -> None:
        name = names.area(self.geography.prefix, area + 1)
        first, count = len(self.names), self.geography.rings_per_area
        sea = self.sea_stage
        if sea is None:
            return
        self.names += [names.ring(name, number + 1) for number in range(count)]
        self.type_of += [self.types[self.stages[sea].container_type]] * count
        latitude, longitude = self.place("area", area)
        site = Site(
            len(self.sites),
            area,
            name,
            None,
            None,
            tuple(range(first, first + count)),
            tuple(f"{name}-Barge-{n + 1}" for n in range(self.geography.barges_per_area)),
            self.geography.barge_kg,
            latitude,
            longitude,
        )
        self.sites.append(site)
        self.areas.append(site)

    def station_name(self, station: int) -> str:
        """``FI-FW-01`` for the first station."""
        return f"{self.geography.prefix}-FW-{station + 1:02d}"

    def stores_of(self, site: Site, containers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which of a site's feed stores serves each container: rings are shared out in order."""
        return (containers - site.containers[0]) * len(site.stores) // len(site.containers)

    def racks(self, site: Site) -> dict[int, int]:
        """Key of the rack above each tray of a site, by the tray's place; most sites have none."""
        every = self.geography.racks_every_stations
        if site.stage != 0 or not every or (site.station or 0) % every:
            return {}
        per_rack = self.geography.trays_per_rack
        first = self.holding
        for other in self.sites[: site.index]:
            if other.stage == 0 and (other.station or 0) % every == 0:
                first += -(-len(other.containers) // per_rack)
        return {place: first + place // per_rack for place in range(len(site.containers))}
