"""How much disk a benchmark takes, looked at before it starts."""

from __future__ import annotations

import shutil
from pathlib import Path

from persistence.schema import IndexSet
from sim.cli.dry_run import size_of
from sim.scenario import Scenario
from sim.sites.schedule import Plan

_DATABASE: dict[tuple[str, IndexSet], float] = {
    ("sqlite", "none"): 1.0,
    ("sqlite", "minimal"): 1.2,
    ("sqlite", "full"): 2.6,
    ("postgresql", "none"): 1.3,
    ("postgresql", "minimal"): 1.7,
    ("postgresql", "full"): 2.8,
}
"""The most that a run's databases and what sorting takes are of what ``--dry-run`` tells."""
_FILES = 1.2
"""The same of the server's files in binary form."""
_SERVER_MB = 2500  # its log of changes, and databases as it makes them


def run_mb(scenario: Scenario, plan: Plan, until: int, store: str, index: IndexSet) -> float:
    """Megabytes that a run takes while it is made."""
    told = float(size_of(scenario, plan, until)["size_mb"])
    return told * _DATABASE[store, index] + (_SERVER_MB if store == "postgresql" else 0)


def load_mb(scenario: Scenario, plan: Plan, store: str, index: IndexSet) -> float:
    """Megabytes that a run and its floor take, of which some is removed between the two."""
    run = run_mb(scenario, plan, plan.end_day, store, index)
    if store == "sqlite":
        return 2 * run
    return run + _FILES * float(size_of(scenario, plan, plan.end_day)["size_mb"])


def require(folder: Path, needed_mb: float) -> None:
    """End with a message unless there is so much room."""
    free_mb = shutil.disk_usage(folder).free / 1e6
    if free_mb < needed_mb:
        raise SystemExit(
            f"{folder} has {free_mb / 1000:.1f} GB free, and this takes about"
            f" {needed_mb / 1000:.1f} GB: name a folder on another disk with --folder"
        )
