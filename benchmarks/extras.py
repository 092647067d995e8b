"""What only benchmarks need: asked for before anything is measured, with a way to get it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

_INSTALL = "pip install -e '.[benchmarks]'"


def require(module: str, package: str, what_for: str) -> None:
    """End with a message unless a module can be imported."""
    if importlib.util.find_spec(module) is None:
        raise SystemExit(f"{what_for} needs {package}: {_INSTALL}")


def program(name: str, what_for: str, otherwise: str) -> str:
    """Find a program beside the interpreter or on the path, or end with a message."""
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    found = shutil.which(name, path=places)
    if found is None:
        raise SystemExit(f"{what_for} needs {name}: {_INSTALL} ({otherwise})")
    return found


def require_proc(what_for: str) -> None:
    """End with a message where a process does not tell what its children use."""
    if not Path("/proc/self/stat").exists():
        raise SystemExit(f"{what_for} reads /proc, which this system ({sys.platform}) has not")
