"""What the program needs of the machine: its packages, and for some commands a POSIX system.

This module and what it imports must load where nothing is installed, since it says so.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("click", "numpy", "psycopg", "pydantic", "yaml", "rich", "simpy", "sqlalchemy")
"""What cannot be done without, as it is imported."""

POSIX_COMMANDS = ("run", "study")
"""They use signal masks, file locks and the system's account of memory."""

_BOOTSTRAP = Path(__file__).resolve().parents[2] / "bootstrap.py"


def without_packages(arguments: Sequence[str]) -> str | None:
    """What to type where packages are missing, in one line; None where all are there."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if not missing:
        return None
    is_clone = _BOOTSTRAP.is_file()
    instead = (
        ["python3", "bootstrap.py", *arguments] if is_clone else ["pip", "install", "smoltflow"]
    )
    return f"not installed for this Python: {', '.join(missing)}; type: {shlex.join(instead)}"


def without_posix(command: str) -> str | None:
    """Why a command does not work on this system, in one line; None where it does."""
    if sys.platform != "win32" or command not in POSIX_COMMANDS:
        return None
    return f"{command} needs Linux or another POSIX system; on Windows use WSL or the Docker image"
