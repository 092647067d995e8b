"""Tells who gave a command a file of the other kind what to type instead."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from sim.scenario import ScenarioError


def program() -> str:
    """What the user types before a command's name."""
    is_script = PurePath(sys.argv[0]).stem == "smoltflow"
    return "smoltflow" if is_script else "python -m sim"


@contextmanager
def read_as_scenario(path: Path, study_command: str = "study") -> Iterator[None]:
    """While a file is read as a scenario: tell in one line if it is a study."""
    try:
        yield
    except ScenarioError as error:
        from sim.scenario.listing import of_kind

        raise of_kind(error, path, "scenario", f"{program()} {study_command}") from None


@contextmanager
def read_as_study(path: Path) -> Iterator[None]:
    """While a file is read as a study: tell in one line if it is a scenario."""
    try:
        yield
    except ScenarioError as error:
        from sim.scenario.listing import of_kind

        raise of_kind(error, path, "study", f"{program()} run") from None
