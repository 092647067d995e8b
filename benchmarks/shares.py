"""Who is at work while the model runs: SimPy, NumPy or our code, as py-spy sees it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import extras

ROOT = Path(__file__).parent.parent
_LOOKS_PER_SECOND = 200
_WORK = (
    "import sys; from pathlib import Path; from benchmarks.model import advance;"
    " from sim.scenario import load;"
    " scenario = load(Path(sys.argv[1]), sys.argv[2:]).scenario; advance(scenario)"
)


def spy() -> str:
    """Find py-spy, or end with a message."""
    return extras.program("py-spy", "the shares of SimPy and NumPy", "or leave out: --no-shares")


def shares(program: str, scenario: str, changes: Sequence[str]) -> dict[str, float]:
    """Per cent of the model's time, by the innermost frame that is SimPy's, NumPy's or ours."""
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as file:
        command = [program, "record", "--native", "--rate", str(_LOOKS_PER_SECOND)]
        command += ["--format", "raw", "-o", file.name, "--", sys.executable, "-c", _WORK]
        command += [str(Path(scenario).resolve()), *changes]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SystemExit(f"py-spy failed: {why} (leave it out with --no-shares)")
        return count(file)


def count(lines: Iterable[str]) -> dict[str, float]:
    """Count stacks: frames from the outermost on, then how often it was seen."""
    seen: Counter[str] = Counter()
    for line in lines:
        stack, _, times = line.rpartition(" ")
        if "advance (" in stack:
            seen[_owner(stack.split(";"))] += int(times)
    total = sum(seen.values()) or 1
    return {name: 100 * seen[name] / total for name in ("SimPy", "NumPy", "our code")}


def _owner(stack: Sequence[str]) -> str:
    """Whose the innermost frame is; what Python itself does counts for who called it."""
    for frame in reversed(stack):
        if "numpy" in frame or "umath" in frame:
            return "NumPy"
        if "simpy" in frame:
            return "SimPy"
        if "(sim/" in frame or "/sim/" in frame:
            return "our code"
    return "our code"  # at least the function that advances it
