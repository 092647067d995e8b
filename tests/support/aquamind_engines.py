"""What AquaMind's engines make of a run's rows: a recompute of daily states, a live projection.

Written from what its application looks up (``apps/batch/services/growth_assimilation.py``,
``live_projection_engine.py`` and ``apps/scenario/services/calculations/`` of aquarian247/AquaMind),
as far as weights go:

- models by the scenario of the batch's pinned run; a stage's growth by the name of the lifecycle
  stage, else the model's base value; no fish weighs more than the cap of its stage;
- the day's water by the batch's day number in the model's profile, since the measured one is
  looked up under a parameter name that nobody has;
- a recomputed day is rounded to 0.01 g before the next one goes on from it; growth samples anchor
  it; a container that nobody was moved into starts from its assignment's weight;
- thresholds by the only constraint under some words, and a default without one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CAPS_G = {
    "egg": 1.0, "alevin": 1.0, "fry": 10.0, "parr": 100.0, "smolt": 250.0, "post smolt": 700.0,
    "harvest": 8000.0, "adult": 8000.0,
}  # fmt: skip
HARVEST, HARVEST_G = ("Adult", "Harvest", "adult", "harvest"), 5000.0
TRANSFER, TRANSFER_G = ("Smolt", "smolt"), 100.0


@dataclass(frozen=True)
class Day:
    """A container's day: its date, what the engine has it weigh, and what the run's row says."""

    date: str
    engine_g: float
    ours_g: float

    @property
    def off(self) -> float:
        return abs(self.engine_g / self.ours_g - 1)


@dataclass(frozen=True)
class Assignment:
    """A batch in a container, with the models of its pinned run."""

    key: int
    batch: int
    weight_g: float
    stage: str
    scenario: int
    tgc_model: int
    profile: int
    tgc: float
    constraints: int
    days: int


class Engines:
    """AquaMind's engines on a run's SQLite file.

    ``by_name`` False is the run as it would be without the values under lifecycle stages' names.
    """

    def __init__(self, path: Path, *, by_name: bool = True) -> None:
        self.rows = sqlite3.connect(path)
        self.by_name = by_name
        self.degc = {
            (profile, day): degc
            for profile, day, degc in self.ask(
                "SELECT profile_id, day_number, temperature FROM scenario_temperaturereading"
            )
        }
        self.last = dict(sorted(self.degc))
        words = {word for (word,) in self.ask("SELECT DISTINCT lifecycle_stage FROM"
                                               " scenario_stage_constraint")}  # fmt: skip
        self.tgc = {
            (model, name): float(tgc)
            for model, name, tgc in self.ask(
                "SELECT tgc_model_id, lifecycle_stage, tgc_value FROM scenario_tgc_model_stage"
            )
            if by_name or name in words
        }
        self.stages = self.ask(
            'SELECT name, expected_weight_max_g FROM batch_lifecyclestage ORDER BY "order"'
        )

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.rows.execute(sql, values).fetchall()

    def assignments(self, stage: str) -> Iterator[Assignment]:
        """The assignments of a stage."""
        for row in self.ask(
            """
            SELECT a.id, a.batch_id, a.avg_weight_g, l.name, s.scenario_id, g.model_id,
                   g.profile_id, g.tgc_value, s.biological_constraints_id, s.duration_days
            FROM batch_batchcontainerassignment a
            JOIN batch_lifecyclestage l ON l.id = a.lifecycle_stage_id
            JOIN batch_batch b ON b.id = a.batch_id
            JOIN scenario_projection_run r ON r.run_id = b.pinned_projection_run_id
            JOIN scenario s ON s.scenario_id = r.scenario_id
            JOIN scenario_tgcmodel g ON g.model_id = s.tgc_model_id
            WHERE l.name = ? ORDER BY a.id
            """,
            stage,
        ):
            yield Assignment(*row)

    def grown_g(self, whose: Assignment, stage: str, weight_g: float, degc: float) -> float:
        """A day's growth."""
        tgc = self.tgc.get((whose.tgc_model, stage), whose.tgc)
        grown = (weight_g ** (1 / 3) + tgc / 1000 * degc) ** 3
        plain = stage.lower().replace("_", " ").replace("-", " ")
        cap = CAPS_G.get(plain) or next((g for key, g in CAPS_G.items() if key in plain), 7000.0)
        return min(grown, cap)

    def recompute(self, whose: Assignment) -> list[Day]:
        """Daily states worked out anew, from the first day on which the assignment has one."""
        anchors = dict(self.ask(
            "SELECT sample_date, avg_weight_g FROM batch_growthsample WHERE assignment_id = ?",
            whose.key))  # fmt: skip
        came = self.ask(
            "SELECT measured_avg_weight_g FROM batch_transferaction WHERE dest_assignment_id = ?"
            " ORDER BY id LIMIT 1", whose.key)  # fmt: skip
        weight_g, stage = (came[0][0] if came else whose.weight_g), whose.stage
        days = []
        for date, number, ours_g in self.ask(
            "SELECT date, day_number, avg_weight_g FROM batch_actualdailyassignmentstate"
            " WHERE assignment_id = ? ORDER BY date", whose.key):  # fmt: skip
            if date in anchors:
                weight_g = anchors[date]
            else:
                degc = self.degc[whose.profile, number]
                weight_g = round(self.grown_g(whose, stage, weight_g, degc), 2)
            stage = self._stage_of(stage, weight_g)
            days.append(Day(date, weight_g, ours_g))
        return days

    def _stage_of(self, stage: str, weight_g: float) -> str:
        """The stage of fish that outgrow theirs is the next one."""
        names = [name for name, _ in self.stages]
        place = names.index(stage)
        most_g = self.stages[place][1]
        outgrown = most_g is not None and weight_g >= most_g
        return names[min(place + 1, len(names) - 1)] if outgrown else stage

    def project(self, whose: Assignment) -> list[Day]:
        """Its live projection from the last daily state, beside the run's own of that evening."""
        date, number, weight_g = self.ask(
            "SELECT date, day_number, avg_weight_g FROM batch_actualdailyassignmentstate"
            " WHERE assignment_id = ? ORDER BY date DESC LIMIT 1", whose.key)[0]  # fmt: skip
        days = []
        for when, day, bias, ours_g in self.ask(
            "SELECT projection_date, day_number, temp_bias_c, projected_weight_g"
            " FROM batch_liveforwardprojection WHERE assignment_id = ? AND computed_date = ?"
            " ORDER BY day_number", whose.key, date):  # fmt: skip
            number += 1
            assert day == number
            degc = self.degc[whose.profile, min(day, self.last[whose.profile])] + bias
            weight_g = self.grown_g(whose, whose.stage, weight_g, degc)
            days.append(Day(when, weight_g, ours_g))
        return days

    def threshold_g(self, whose: Assignment, words: tuple[str, ...], default_g: float) -> float:
        """The greatest weight of the only constraint under these words."""
        found = self.ask(
            "SELECT max_weight_g FROM scenario_stage_constraint WHERE constraint_set_id = ?"
            f" AND lifecycle_stage IN ({', '.join('?' * len(words))})",
            whose.constraints, *words)  # fmt: skip
        assert len(found) <= 1, "AquaMind wants one"
        return float(found[0][0]) if found else default_g
