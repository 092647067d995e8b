"""Weather and light of the areas: complete, possible, and what astronomy says.

The notes of weather are many, so they are looked at once: a working table has a row per area and
day with the number of notes and of those that cannot be. Waves are held against the wind that
raises them over the geography's longest open water, by the formula of the Shore Protection Manual
(CERC 1984); since SQL has no powers, chords between some winds stand for the power of 1.23, which
they never undercut.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from itertools import pairwise
from typing import Final

from persistence.checks.engine.rule import Finding, Rule
from persistence.checks.engine.session import Session
from persistence.checks.rules import daylight

_BANDS: Final = (0, 2, 5, 10, 15, 20, 30, 40, 60, 100)
_GRAVITY: Final = 9.81
_UTMOST: Final = 7  # standard deviations that an hour can be away from the day's course
_RANGES = """
    w.temperature BETWEEN -60 AND 50 AND w.wind_speed BETWEEN 0 AND 75
    AND w.wind_direction BETWEEN 0 AND 359 AND w.wave_direction BETWEEN 0 AND 359
    AND w.precipitation BETWEEN 0 AND 300 AND w.cloud_cover BETWEEN 0 AND 100
    AND w.wave_height BETWEEN 0 AND 20 AND w.wave_period BETWEEN 0 AND 25
"""

_COMPLETE = Rule(
    "weather.complete",
    "integrity",
    "An area's weather is noted at each of the scenario's hours of every day, and never else",
    "our_area_day",
    "days of areas",
    """
    SELECT area, DATE_OF(day) AS day, notes, due, odd AS "at another hour or day" FROM our_area_day
    WHERE notes <> due OR odd > 0
    """,
)
_VALUES = Rule(
    "weather.values",
    "integrity",
    "Weather is what can be on Earth, and what falls falls from clouds",
    "our_area_day",
    "days of areas",
    """
    SELECT area, DATE_OF(day) AS day, outside AS "out of range", blue AS "rain from a blue sky"
    FROM our_area_day WHERE outside > 0 OR blue > 0
    """,
)
_WAVES = Rule(
    "weather.waves",
    "integrity",
    "Waves are no higher than the wind can raise them, do not break, and come from where it comes",
    "our_area_day",
    "days of areas",
    """
    SELECT area, DATE_OF(day) AS day, high AS "too high", steep AS "too steep",
           astray AS "from elsewhere"
    FROM our_area_day WHERE high > 0 OR steep > 0 OR astray > 0
    """,
)
_NOTES = (_COMPLETE, _VALUES, _WAVES)


def look(session: Session) -> list[Finding]:
    """Look at all weather and light of a database."""
    began = time.perf_counter()
    _make_areas(session)
    _make_days(session)
    making = (time.perf_counter() - began) / len(_NOTES)
    found = [rule.look(session) for rule in _NOTES]
    return [*(replace(one, seconds=one.seconds + making) for one in found), daylight.look(session)]


def _make_areas(session: Session) -> None:
    """The run's areas, and how high its open water lets a wind of 1 m/s raise the waves."""
    session.execute("CREATE TEMPORARY TABLE our_reach (name TEXT, reach FLOAT)")
    reach = [
        {"name": name, "reach": 1.6e-3 * 0.71 * (1000 * km / _GRAVITY) ** 0.5}
        for name, km in session.knobs.weather.longest_fetch_km.items()
    ]
    session.execute("INSERT INTO our_reach (name, reach) VALUES (:name, :reach)", reach)
    session.execute(
        "CREATE TEMPORARY TABLE our_area"
        " (id ROW_KEY, name TEXT, latitude FLOAT, to_day INTEGER, reach FLOAT)"
    )
    session.execute(
        """
        INSERT INTO our_area SELECT a.id, a.name, a.latitude, g.to_day, r.reach
        FROM smoltflow_key k
        JOIN infrastructure_area a ON a.id = k.id
        JOIN our_geography g ON g.id = a.geography_id
        JOIN our_reach r ON r.name = g.name
        WHERE k.run_id = RUN_ID AND k.table_name = 'infrastructure_area'
        """
    )


def _make_days(session: Session) -> None:
    """A row per area and day that has notes, or should have."""
    knobs = session.knobs.weather
    (last,) = session.row("SELECT max(to_day) FROM our_area")
    session.execute("CREATE TEMPORARY TABLE our_day (day INTEGER)")
    days = [{"day": day} for day in range(session.knobs.first_day, last or 0)]
    if days:
        session.execute("INSERT INTO our_day (day) VALUES (:day)", days)
    hours = ", ".join(f"'{hour:02d}:00:00'" for hour in knobs.hours)
    near = math.ceil(_UTMOST * knobs.wave_spread_degrees) + 1
    turn = "abs(w.wave_direction - w.wind_direction)"
    wrong = {
        "odd": f"UTC_CLOCK(w.timestamp) NOT IN ({hours})",
        "outside": f"NOT COALESCE({_RANGES}, FALSE)",
        # What fell since the note before may have fallen from clouds that nobody noted.
        "blue": f"w.precipitation > 0 AND w.cloud_cover < {knobs.rain_cloud_percent}"
        f" AND {len(knobs.hours)} = 24",
        "high": f"w.wave_height > a.reach * ({_power('w.wind_speed')}) + 0.0051",
        # A wave breaks when it is steeper than 1 : 7; its length is g T2 / 2 pi.
        "steep": "7 * (w.wave_height - 0.005) > 1.5613"
        " * (w.wave_period + 0.005) * (w.wave_period + 0.005)",
        "astray": f"{turn} > {near} AND {turn} < {360 - near}",
    }
    columns = ", ".join(f"{name} INTEGER" for name in wrong)
    sums = ", ".join(f"sum(CASE WHEN {bad} THEN 1 ELSE 0 END)" for bad in wrong.values())
    session.execute(
        "CREATE TEMPORARY TABLE our_noted_day"
        f" (area_id BIGINT, day INTEGER, notes INTEGER, cloud BIGINT, {columns})"
    )
    session.execute(
        f"""
        INSERT INTO our_noted_day
        SELECT w.area_id, UTC_DAY(w.timestamp), count(*), sum(w.cloud_cover), {sums}
        FROM environmental_weatherdata w LEFT JOIN our_area a ON a.id = w.area_id
        WHERE OURS(w.id, environmental_weatherdata)
        GROUP BY w.area_id, UTC_DAY(w.timestamp)
        """  # noqa: S608
    )
    session.execute("CREATE INDEX our_noted_day_index ON our_noted_day (area_id, day)")
    session.execute(
        "CREATE TEMPORARY TABLE our_area_day (area_id BIGINT, area TEXT, latitude FLOAT,"
        f" day INTEGER, due INTEGER, notes INTEGER, cloud BIGINT, {columns})"
    )
    found = ", ".join(f"COALESCE(n.{name}, 0)" for name in ("notes", "cloud", *wrong))
    session.execute(
        f"""
        INSERT INTO our_area_day
        SELECT a.id, a.name, a.latitude, d.day, {len(knobs.hours)}, {found}
        FROM our_area a JOIN our_day d ON d.day < a.to_day
        LEFT JOIN our_noted_day n ON n.area_id = a.id AND n.day = d.day
        UNION ALL
        SELECT n.area_id, 'area ' || n.area_id, NULL, n.day, 0, {found}
        FROM our_noted_day n LEFT JOIN our_area a ON a.id = n.area_id
        WHERE a.id IS NULL OR n.day >= a.to_day OR n.day < {session.knobs.first_day}
        """  # noqa: S608
    )


def _power(wind: str) -> str:
    """A chord above the power of 1.23 of a wind, in SQL."""
    cases = [
        f"WHEN {wind} <= {high} THEN {low**1.23!r}"
        f" + ({wind} - {low}) * {(high**1.23 - low**1.23) / (high - low)!r}"
        for low, high in pairwise(_BANDS)
    ]
    return f"CASE {' '.join(cases)} END"
