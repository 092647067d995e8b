"""Light of the areas, held against the sun and the notes of cloud.

Day length and light are worked out anew, from formulae with the same sources as the model's.
"""

from __future__ import annotations

import time

import numpy as np

from persistence.checks.engine.result import Group
from persistence.checks.engine.rule import SHOWN, Finding
from persistence.checks.engine.session import Session, describe
from sim.facts import Floats

_LIGHT: tuple[str, Group, str, str] = (
    "daylight.astronomy",
    "integrity",
    "An area has one note of light a day: the day's length by its latitude, noon dimmed by clouds",
    "days of areas",
)


def look(session: Session) -> Finding:
    """Day length and light of each area and day, worked out anew."""
    began = time.perf_counter()
    rows = session.rows(
        """
        SELECT x.area, x.day, x.latitude, x.cloud, x.notes, DATE_OF(x.day),
               WHOLE(p.day_length_hours, 2), WHOLE(p.light_intensity, 2),
               CASE WHEN p.is_interpolated THEN 1 ELSE 0 END
        FROM our_area_day x
        LEFT JOIN environmental_photoperioddata p ON p.area_id = x.area_id
              AND p.date = DATE_OF(x.day) AND OURS(p.id, environmental_photoperioddata)
        WHERE x.due > 0
        """
    )
    (noted,) = session.row(
        "SELECT count(*) FROM environmental_photoperioddata p"
        " WHERE OURS(p.id, environmental_photoperioddata)"
    )
    table = np.array(
        [[np.nan if value is None else float(value) for value in (*row[1:5], *row[6:])]
         for row in rows]
    ).reshape(-1, 7)  # fmt: skip
    day, latitude, cloud, notes, hours, lux, guessed = table.T
    hours_due, lux_due = _sun(day, latitude, cloud / 100 / np.maximum(notes, 1))
    lux_due *= session.knobs.weather.lumens_per_watt
    # Both are rounded to 0.01; the formulae are as good as floating-point numbers.
    right = (np.abs(hours - 100 * hours_due) <= 0.501) & (guessed == 0)
    right &= (np.abs(lux - 100 * lux_due) <= 0.501) | (notes == 0)
    names = ("area", "day", "day length", "due", "lux", "due")
    shown = tuple(
        describe(names, (rows[at][0], rows[at][5], _hundredth(hours[at]), hours_due[at],
                         _hundredth(lux[at]), lux_due[at]))
        for at in np.flatnonzero(~right)[:SHOWN].tolist()
    )  # fmt: skip
    stray = int(noted) - int((~np.isnan(hours)).sum())
    if stray:
        shown = (*shown, f"notes of light for no day or area of the run: {stray}")[:SHOWN]
    seconds = time.perf_counter() - began
    bad = int((~right).sum()) + abs(stray)
    return Finding(*_LIGHT, bad, len(rows), shown, seconds)


def _hundredth(value: float) -> float | None:
    return None if np.isnan(value) else value / 100


def _sun(day: Floats, latitude: Floats, cloud: Floats) -> tuple[Floats, Floats]:
    """Day length in hours, and radiation at noon in W/m2 under a share of cloud.

    The sun by the Astronomical Almanac's short formula (Michalsky 1988), its radiation by Haurwitz
    (1945), what clouds take of it by Kasten and Czeplak (1980).
    """
    since_2000 = day - 10957
    anomaly = np.radians(357.528 + 0.9856003 * since_2000)
    longitude = 280.460 + 0.9856474 * since_2000
    longitude = longitude + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly)
    tilt = np.radians(23.439 - 4e-7 * since_2000)
    sine = np.sin(tilt) * np.sin(np.radians(longitude))
    cosine = np.sqrt(1 - sine * sine)
    here = np.radians(latitude)
    level = (np.sin(np.radians(-0.8333)) - np.sin(here) * sine) / (np.cos(here) * cosine)
    height = np.maximum(np.sin(here) * sine + np.cos(here) * cosine, 0)
    clear = 1098 * height * np.exp(-0.057 / np.maximum(height, 1e-4))
    return np.degrees(np.arccos(np.clip(level, -1, 1))) / 7.5, clear * (1 - 0.75 * cloud**3.4)
