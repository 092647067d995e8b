"""The recorded smoke run: its digest, and the life of one of its batches as a page to read.

When the model was changed on purpose, make both files anew and read the difference::

    python -m tests.golden
    git diff tests/golden
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from persistence.stores import open_source

FOLDER = Path(__file__).parent
DIGEST = FOLDER / "smoke_digest.txt"
BATCH = FOLDER / "smoke_batch.txt"
SMOKE = FOLDER.parent.parent / "scenarios" / "smoke.yaml"
BATCH_NUMBER = "FAR-2025-001"

AGAIN = "python -m tests.golden"

_HEAD = f"# Made by: {AGAIN}\n"
_EVERY_DAYS = 3

_CREATIONS = """
SELECT w.actual_start_date, w.total_eggs_planned, w.total_mortality_on_arrival, w.egg_source_type,
       w.total_actions
FROM batch_creationworkflow w JOIN batch_batch b ON b.id = w.batch_id WHERE b.batch_number = '{}'
"""
_TRANSFERS = """
SELECT w.actual_start_date, w.actual_completion_date, d.name, w.actions_completed,
       w.total_transferred_count, w.total_biomass_kg, w.total_mortality_count
FROM batch_batchtransferworkflow w JOIN batch_batch b ON b.id = w.batch_id
JOIN batch_lifecyclestage d ON d.id = w.dest_lifecycle_stage_id
WHERE b.batch_number = '{}' ORDER BY w.id
"""
_STATES = """
SELECT s.date, l.name, count(*), sum(s.population), sum(s.biomass_kg), sum(s.mortality_count),
       sum(s.feed_kg), avg(s.temp_c)
FROM batch_actualdailyassignmentstate s JOIN batch_batch b ON b.id = s.batch_id
JOIN batch_lifecyclestage l ON l.id = s.lifecycle_stage_id
WHERE b.batch_number = '{}' GROUP BY s.date, l.name, l."order" ORDER BY s.date, l."order"
"""
_HARVESTS = """
SELECT date(e.event_date), c.name, sum(l.unit_count), sum(l.live_weight_kg), count(*)
FROM harvest_harvestevent e JOIN batch_batch b ON b.id = e.batch_id
JOIN harvest_harvestlot l ON l.event_id = e.id
JOIN batch_batchcontainerassignment a ON a.id = e.assignment_id
JOIN infrastructure_container c ON c.id = a.container_id
WHERE b.batch_number = '{}' GROUP BY e.id, e.event_date, c.name ORDER BY e.id
"""
_TREATMENTS = """
SELECT date(t.treatment_date), t.description, count(*), max(t.withholding_period_days),
       min(t.outcome)
FROM health_treatment t JOIN batch_batch b ON b.id = t.batch_id
WHERE b.batch_number = '{}' GROUP BY date(t.treatment_date), t.description
"""
_LICE = """
SELECT date(l.count_date), sum(l.count_value), sum(l.fish_sampled)
FROM health_licecount l JOIN batch_batch b ON b.id = l.batch_id
JOIN health_licetype y ON y.id = l.lice_type_id
WHERE b.batch_number = '{}' AND y.species = 'Lepeophtheirus salmonis'
      AND y.gender = 'female' AND y.development_stage = 'adult'
GROUP BY date(l.count_date)
"""
_JOURNAL = """
SELECT date(j.entry_date), j.category, j.severity, j.description
FROM health_journalentry j JOIN batch_batch b ON b.id = j.batch_id
WHERE b.batch_number = '{}' AND j.category IN ('issue', 'diagnosis') ORDER BY j.id
"""
_BATCH = (
    "SELECT status, start_date, actual_end_date, notes FROM batch_batch WHERE batch_number = '{}'"
)


def recorded() -> dict[str, str]:
    """The recorded digest and the numpy that made it."""
    lines = DIGEST.read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines if not line.startswith("#"))


def recorded_life() -> str:
    """The recorded page about a batch."""
    return BATCH.read_text(encoding="utf-8")


def life(url: str) -> str:
    """A page about one batch, from the rows of a database."""
    with closing(open_source(url)) as source:

        def ask(statement: str) -> list[Any]:
            return list(source.connection.exec_driver_sql(statement.format(BATCH_NUMBER)))

        (batch,) = ask(_BATCH)
        lines = [f"{BATCH_NUMBER}: {batch[0]}, {batch[1]} to {batch[2]}. {batch[3]}"]
        events = [*_creations(ask(_CREATIONS)), *_moves(ask(_TRANSFERS))]
        events += [*_weeks(ask(_STATES)), *_harvests(ask(_HARVESTS))]
        events += [*_treatments(ask(_TREATMENTS)), *_lice(ask(_LICE)), *_journal(ask(_JOURNAL))]
    lines += [f"{day}  {text}" for day, _, text in sorted(events, key=lambda event: event[:2])]
    return _HEAD + "\n".join(lines) + "\n"


_Event = tuple[str, int, str]
"""Day, rank within the day, text."""


def _creations(rows: list[Any]) -> Iterator[_Event]:
    for day, eggs, dead, origin, trays in rows:
        yield day, 0, f"{eggs:,} {origin.lower()} eggs into {trays} trays, {dead} dead on arrival"


def _moves(rows: list[Any]) -> Iterator[_Event]:
    for began, ended, stage, actions, fish, kg, dead in rows:
        text = f"moved to {stage} in {actions} actions until {ended}: {fish:,} fish,"
        yield began, 1, f"{text} {kg:,.2f} kg, {dead} died"


def _weeks(rows: list[Any]) -> Iterator[_Event]:
    """The state of every third day, with the deaths and the feed since the last one."""
    dead, fed = 0, 0.0
    first = date.fromisoformat(rows[0][0])
    for day, stage, containers, fish, kg, deaths, feed_kg, degc in rows:
        dead += deaths
        fed += feed_kg
        if (date.fromisoformat(day) - first).days % _EVERY_DAYS == 0:
            mean_g = 1000 * kg / fish if fish else 0.0
            text = f"{stage:<10} {containers} x {fish:>7,} fish {mean_g:>7.2f} g {kg:>10,.2f} kg"
            yield day, 2, f"{text} {degc:>5.2f} C  +{dead:>4} dead  +{fed:>9,.2f} kg feed"
            dead, fed = 0, 0.0


def _harvests(rows: list[Any]) -> Iterator[_Event]:
    for day, ring, fish, kg, lots in rows:
        yield day, 3, f"harvest of {ring}: {fish:,} fish, {kg:,.3f} kg in {lots} lots"


def _treatments(rows: list[Any]) -> Iterator[_Event]:
    for day, what, containers, days, outcome in rows:
        yield day, 4, f"{what}: {containers} containers, withheld {days} days, {outcome}"


def _lice(rows: list[Any]) -> Iterator[_Event]:
    for day, found, fish in rows:
        yield day, 5, f"{found} adult female lice on {fish} fish"


def _journal(rows: list[Any]) -> Iterator[_Event]:
    for day, category, severity, text in rows:
        yield day, 6, f"{category}, {severity}: {text}"


def make() -> None:
    """Run the smoke scenario and write both files."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "sim", "run", SMOKE, "--out", folder, "--json"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        told = life(f"sqlite:///{folder}/faroe_islands.sqlite")
    digest = json.loads(done.stdout)["digest"]
    DIGEST.write_text(f"{_HEAD}numpy {np.__version__}\ndigest {digest}\n", encoding="utf-8")
    BATCH.write_text(told, encoding="utf-8")
