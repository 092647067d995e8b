"""What the company is: the same in every geography, and its sites."""

from sim.facts.kinds.kind import kind

KINDS = (
    kind("user", "master", "username:text date_joined:time", stamps=False),
    kind("geography", "master", "name:text description:text"),
    kind(
        "container_type",
        "master",
        "name:text category:text max_volume_m3:decimal:2 description:text",
    ),
    kind(
        "species",
        "master",
        "name:text scientific_name:text description:text optimal_temperature_min?:decimal:2"
        " optimal_temperature_max?:decimal:2 optimal_oxygen_min?:decimal:2"
        " optimal_ph_min?:decimal:2 optimal_ph_max?:decimal:2",
    ),
    kind(
        "stage",
        "master",
        "species:key:species name:text order description:text expected_weight_min_g?:decimal:2"
        " expected_weight_max_g?:decimal:2 expected_length_min_cm?:decimal:2"
        " expected_length_max_cm?:decimal:2 typical_duration_days?",
    ),
    kind(
        "parameter",
        "master",
        "name:text unit:text description:text min_value?:decimal:2 max_value?:decimal:2"
        " optimal_min?:decimal:2 optimal_max?:decimal:2",
    ),
    kind(
        "feed",
        "master",
        "name:text brand:text size_category:text pellet_size_mm?:decimal:2"
        " protein_percentage?:decimal:2 fat_percentage?:decimal:2"
        " carbohydrate_percentage?:decimal:2"
        " description:text is_active:bool",
    ),
    kind("grade", "master", "code:text name:text description:text"),
    kind("supplier", "master", "name:text contact_details:text certifications:text"),
    kind(
        "transport_carrier",
        "site",
        "name:text carrier_type:text capacity_m3:decimal:2 license_plate:text imo_number:text"
        " captain_contact:text active:bool geography:key:geography",
    ),
    kind("area_group", "site", "name:text code:text active:bool geography:key:geography"),
    kind(
        "area",
        "site",
        "name:text latitude:decimal:6 longitude:decimal:6 max_biomass:decimal:2 active:bool"
        " geography:key:geography area_group?:key:area_group",
    ),
    kind(
        "station",
        "site",
        "name:text station_type:text latitude:decimal:6 longitude:decimal:6 description:text"
        " active:bool geography:key:geography",
    ),
    kind(
        "hall",
        "site",
        "name:text description:text area_sqm?:decimal:2 active:bool freshwater_station:key:station",
    ),
    kind(
        "container",
        "site",
        "name:text volume_m3:decimal:2 max_biomass_kg:decimal:2 active:bool area?:key:area"
        " container_type:key:container_type hall?:key:hall feed_recommendations_enabled:bool"
        " hierarchy_role:text parent_container?:key:container",
    ),
    kind(
        "sensor",
        "site",
        "name:text sensor_type:text serial_number:text manufacturer:text installation_date?:date"
        " last_calibration_date?:date active:bool container:key:container",
    ),
    kind(
        "feed_container",
        "site",
        "name:text container_type:text capacity_kg:decimal:2 active:bool area?:key:area"
        " hall?:key:hall",
    ),
)
