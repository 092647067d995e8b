"""Every shipped scenario at full size, one after the other: run, verified, removed.

Each is a run of the program as its users start it, in a folder of its own, and then a ``verify``.
All of them take hours and, for the largest, some 100 GB; names choose some.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.acceptance import shipped
from benchmarks.processes import ROOT, note
from benchmarks.tables import Goal, Report, Row


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--folder", help="where databases are made and removed (another disk)")


def measure(options: argparse.Namespace) -> Report:
    """Run and verify some scenarios, and count those that fail."""
    rows = [_one(name, options) for name in options.scenarios or sorted(shipped())]
    failed = sum(row["failed checks"] != "none" for row in rows)
    goals = [Goal(goal="that fail", figure=failed, limit="at most 0", reached=not failed)]
    return Report(name="shipped", about={"scenarios": len(rows)}, rows=rows, goals=goals)


def _one(name: str, options: argparse.Namespace) -> Row:
    note(f"{name}: run and verify")
    with TemporaryDirectory(prefix=f"smoltflow_{name}_", dir=options.folder) as folder:
        out = Path(folder) / "out"
        sets = [word for change in options.sets for word in ("--set", change)]
        began = time.monotonic()
        ran = _call("run", str(shipped()[name]), "--out", str(out), "--json", *sets)
        run_s = time.monotonic() - began
        if ran.returncode:
            return _row(name, 0, run_s, 0.0, ran.stderr.strip().splitlines()[-1:] or ["run failed"])
        rows = sum(json.loads(ran.stdout)["rows"].values())
        began = time.monotonic()
        checked = _call("verify", str(out), "--json", *_profile(name))
        verify_s = time.monotonic() - began
        shutil.rmtree(out)
    if checked.returncode not in (0, 3):
        return _row(name, rows, run_s, verify_s, checked.stderr.strip().splitlines()[-1:])
    found = [check["name"] for check in json.loads(checked.stdout)["checks"] if _is_bad(check)]
    return _row(name, rows, run_s, verify_s, found)


def _profile(name: str) -> list[str]:
    return ["--profile", "calibrated"] if name == "calibrated" else []


def _is_bad(check: dict[str, object]) -> bool:
    return check["state"] == "failed"


def _row(name: str, rows: int, run_s: float, verify_s: float, failed: list[str]) -> Row:
    return {
        "scenario": name,
        "rows": rows,
        "run, s": round(run_s, 1),
        "verify, s": round(verify_s, 1),
        "failed checks": ", ".join(failed) or "none",
    }


def _call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sim", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
