"""What can go wrong with the rows of weather, light and stage transitions."""

from __future__ import annotations

WEATHER, LIGHT, TRANSITION = (
    "environmental_weatherdata",
    "environmental_photoperioddata",
    "environmental_stagetransitionenvironmental",
)


def _changed(table: str, change: str, where: str = "1") -> str:
    return f"UPDATE {table} SET {change} WHERE id = (SELECT min(id) FROM {table} WHERE {where})"


def _removed(table: str) -> str:
    return f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})"


DAMAGE: list[tuple[str, str]] = [
    ("weather.complete", _removed(WEATHER)),
    ("weather.complete", _changed(WEATHER, "timestamp = replace(timestamp, '02:', '03:')")),
    ("weather.complete", _changed(WEATHER, "timestamp = '2031-01-01 02:00:00'")),
    ("weather.complete", _changed(WEATHER, "timestamp = '2001-01-01 02:00:00'")),
    *(
        ("weather.values", _changed(WEATHER, change))
        for change in (
            "temperature = 61", "temperature = NULL", "wind_speed = -1", "wind_direction = 360",
            "precipitation = -0.1", "cloud_cover = 101", "wave_direction = -1", "wave_height = 21",
            "wave_period = -1",
        )
    ),
    ("weather.waves", _changed(WEATHER, "wind_speed = wind_speed / 20", "wave_height > 0.2")),
    ("weather.waves", _changed(WEATHER, "wave_period = 0.3 * wave_period", "wave_height > 0.2")),
    ("weather.waves", _changed(WEATHER, "wave_direction = (wind_direction + 90) % 360")),
    ("daylight.astronomy", _removed(LIGHT)),
    ("daylight.astronomy", _changed(LIGHT, "date = '2031-01-01'")),
    ("daylight.astronomy", _changed(LIGHT, "day_length_hours = day_length_hours + 0.02")),
    ("daylight.astronomy", _changed(LIGHT, "light_intensity = light_intensity + 0.02")),
    ("daylight.astronomy", _changed(LIGHT, "light_intensity = NULL")),
    ("daylight.astronomy", _changed(LIGHT, "is_interpolated = 1")),
    ("daylight.astronomy", _changed(WEATHER, "cloud_cover = (cloud_cover + 50) % 100")),
    ("transitions.noted", _removed(TRANSITION)),
    ("transitions.noted",
     f"""INSERT INTO {TRANSITION} SELECT id + 100000, temperature, oxygen, salinity, ph,
         additional_parameters, notes, created_at, updated_at, batch_transfer_workflow_id
         FROM {TRANSITION} WHERE id = (SELECT min(id) FROM {TRANSITION})"""),
    ("transitions.water", _changed(TRANSITION, "temperature = temperature + 0.02")),
    ("transitions.water", _changed(TRANSITION, "salinity = 12", "salinity = 0")),
    ("transitions.water", _changed(TRANSITION, "salinity = 0", "salinity > 0")),
    ("transitions.water", _changed(TRANSITION, "oxygen = 21")),
    ("transitions.water", _changed(TRANSITION, "ph = 3")),
]  # fmt: skip
