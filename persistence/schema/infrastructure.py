"""Places and what stands there: geographies, areas, stations, halls, containers, sensors."""

from persistence.schema.base import entity
from persistence.schema.columns import (
    boolean,
    check,
    date,
    key,
    numeric,
    ref,
    text,
    timestamptz,
    unique,
    varchar,
)

GEOGRAPHY = entity(
    "infrastructure_geography",
    key(),
    varchar("name", 100),
    text("description"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    unique("name"),
)

# A NULL parent is distinct from every other NULL: root groups are kept unique by their writer.
AREA_GROUP = entity(
    "infrastructure_areagroup",
    key(),
    varchar("name", 100),
    varchar("code", 32),
    boolean("active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("geography_id", "infrastructure_geography"),
    ref("parent_id", "infrastructure_areagroup", null=True),
    unique("geography_id", "parent_id", "name"),
)

AREA = entity(
    "infrastructure_area",
    key(),
    varchar("name", 100),
    numeric("latitude", 9, 6),
    numeric("longitude", 9, 6),
    numeric("max_biomass", 12, 2),
    boolean("active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("geography_id", "infrastructure_geography"),
    ref("area_group_id", "infrastructure_areagroup", null=True),
)

FRESHWATER_STATION = entity(
    "infrastructure_freshwaterstation",
    key(),
    varchar("name", 100),
    varchar("station_type", 20, choices=("FRESHWATER", "BROODSTOCK")),
    numeric("latitude", 9, 6),
    numeric("longitude", 9, 6),
    text("description"),
    boolean("active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("geography_id", "infrastructure_geography"),
)

HALL = entity(
    "infrastructure_hall",
    key(),
    varchar("name", 100),
    text("description"),
    numeric("area_sqm", 10, 2, null=True),
    boolean("active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("freshwater_station_id", "infrastructure_freshwaterstation"),
)

CONTAINER_TYPE = entity(
    "infrastructure_containertype",
    key(),
    varchar("name", 100),
    varchar("category", 20, choices=("TANK", "PEN", "TRAY", "OTHER")),
    numeric("max_volume_m3", 10, 2),
    text("description"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
)

TRANSPORT_CARRIER = entity(
    "infrastructure_transportcarrier",
    key(),
    varchar("name", 100),
    varchar("carrier_type", 20, choices=("TRUCK", "VESSEL")),
    numeric("capacity_m3", 10, 2),
    varchar("license_plate", 32),
    varchar("imo_number", 20),
    varchar("captain_contact", 255),
    boolean("active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("geography_id", "infrastructure_geography"),
    unique("name"),
)

CONTAINER = entity(
    "infrastructure_container",
    key(),
    varchar("name", 100),
    numeric("volume_m3", 10, 2),
    numeric("max_biomass_kg", 10, 2),
    boolean("active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("area_id", "infrastructure_area", null=True),
    ref("container_type_id", "infrastructure_containertype"),
    ref("hall_id", "infrastructure_hall", null=True),
    boolean("feed_recommendations_enabled"),
    ref("carrier_id", "infrastructure_transportcarrier", null=True),
    varchar("hierarchy_role", 20, choices=("HOLDING", "STRUCTURAL")),
    ref("parent_container_id", "infrastructure_container", null=True),
    check(
        "one_place",
        "(area_id IS NULL AND carrier_id IS NULL AND hall_id IS NOT NULL) OR "
        "(area_id IS NOT NULL AND carrier_id IS NULL AND hall_id IS NULL) OR "
        "(area_id IS NULL AND carrier_id IS NOT NULL AND hall_id IS NULL)",
    ),
)

SENSOR = entity(
    "infrastructure_sensor",
    key(),
    varchar("name", 100),
    varchar("sensor_type", 20, choices=("TEMPERATURE", "OXYGEN", "PH", "SALINITY", "CO2", "OTHER")),
    varchar("serial_number", 100),
    varchar("manufacturer", 100),
    date("installation_date", null=True),
    date("last_calibration_date", null=True),
    boolean("active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("container_id", "infrastructure_container"),
)

FEED_CONTAINER = entity(
    "infrastructure_feedcontainer",
    key(),
    varchar("name", 100),
    varchar("container_type", 20, choices=("SILO", "BARGE", "TANK", "OTHER")),
    numeric("capacity_kg", 10, 2),
    boolean("active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("area_id", "infrastructure_area", null=True),
    ref("hall_id", "infrastructure_hall", null=True),
    check(
        "one_place",
        "(area_id IS NULL AND hall_id IS NOT NULL) OR (area_id IS NOT NULL AND hall_id IS NULL)",
    ),
)
