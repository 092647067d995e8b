"""Random valid companies: run, verify, report; one that fails is shrunk and written to a file.

A company is the smoke scenario with a few random knobs, each inside its bounds in the schema. What
the check refuses is taken back, one knob after the other; what it accepts must run and verify.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.campaigns.inside import Said, say, shortened, warm
from benchmarks.campaigns.mutations import Place, holder, places
from benchmarks.campaigns.trials import Trial, luck
from benchmarks.processes import ROOT, sets

NIGHT = 1_000
MOST_KNOBS = 10
MOST_ROWS = 300_000
LIMIT_S = 300
SMALL = ("schedule.batches=3", "recording.reading_hours=[8]", "recording.growth_sample_fish=5")
_NOT = (
    "writing",
    "acceptance",
    "extends",
    "description",
    "name",
    "seed",
)  # nothing is simulated from these
_NAMES = (
    "a[/b]c",
    "$\\frac{x$ a",
    "<b>&amp;",
    "Ørsta 'n' \"Å\"",
    "{geography}",
    "%s %d",
    "名前",
    "a\u202eb",
    "x" * 60,
)


class SmokeKnobs:
    """The knobs that there are: the smoke company's values, and the schema's bounds."""

    def __init__(self, values: dict[str, Any]) -> None:
        schema = ROOT / "scenarios" / "scenario.schema.json"
        self._schema: dict[str, Any] = json.loads(schema.read_text(encoding="utf-8"))
        self._values = values
        leaves = [place for place in places(values) if place[0] not in _NOT]
        self._leaves = [p for p in leaves if not isinstance(self._value(p), dict | list)]

    def change(self, chance: random.Random) -> str | None:
        """One knob's new value as ``PATH=VALUE``, or None if this one cannot be changed."""
        block = chance.choice(
            sorted({place[0] for place in self._leaves}, key=str)
        )  # not only long lists
        place = chance.choice([place for place in self._leaves if place[0] == block])
        new = _new(self._value(place), self._bounds(place), place, chance)
        if new is None or any("." in str(key) or "=" in str(key) for key in place):
            return None
        return f"{'.'.join(map(str, place))}={json.dumps(new, ensure_ascii=False)}"

    def _value(self, place: Place) -> Any:
        return holder(self._values, place)[place[-1]]

    def _bounds(self, place: Place) -> dict[str, Any]:
        """The schema of a place."""
        here = self._schema
        for key in place:
            here = self._plain(here)
            if isinstance(key, int):
                here = here.get("prefixItems", [here.get("items", {})] * (key + 1))[key]
            else:
                other = here.get("additionalProperties")
                here = here.get("properties", {}).get(key, other if isinstance(other, dict) else {})
        return self._plain(here)

    def _plain(self, node: dict[str, Any]) -> dict[str, Any]:
        """A node without references, and without that it may be null."""
        while True:
            if "$ref" in node:
                node = self._schema["$defs"][node["$ref"].rpartition("/")[2]]
            elif "anyOf" in node:
                node = next(part for part in node["anyOf"] if part.get("type") != "null")
            else:
                return node


def _new(value: Any, bounds: dict[str, Any], place: Place, chance: random.Random) -> Any:
    """Another value of a knob, mostly near the one that it has."""
    if isinstance(value, bool):
        return not value
    if "enum" in bounds:
        return chance.choice([choice for choice in bounds["enum"] if choice is not None])
    if isinstance(value, int | float):
        return _number(value, bounds, chance)
    if isinstance(value, str):
        try:
            moved = date.fromisoformat(value) + timedelta(chance.randint(-400, 400))
        except ValueError:
            return chance.choice(_NAMES) if place[-1] == "name" else None
        return moved.isoformat()
    return None


def _number(value: float, bounds: dict[str, Any], chance: random.Random) -> float | int:
    least = bounds.get("minimum", bounds.get("exclusiveMinimum", -math.inf))
    most = bounds.get("maximum", bounds.get("exclusiveMaximum", math.inf))
    if chance.random() < 0.1 and "minimum" in bounds:
        new: float = least
    elif chance.random() < 0.05 and "maximum" in bounds:
        new = most
    elif value:
        new = value * 10 ** chance.uniform(-0.5, 0.5)
    else:
        new = chance.uniform(0, 1 if isinstance(value, float) else 5)
    new = min(max(new, least), most)
    return round(new) if isinstance(value, int) else float(f"{new:.4g}")


def trials(seed: int, wanted: Iterable[int]) -> Iterator[Trial]:
    """Make companies, and run, verify and report each."""
    warm()
    home = Path(tempfile.mkdtemp(prefix="smoltflow-companies-"))
    try:
        shown = say(["scenario", "show", "smoke", "--json"], home, home / "said")
        knobs = SmokeKnobs(json.loads(shown.text))
        for number in wanted:
            yield trial(number, seed, knobs, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def trial(number: int, seed: int, knobs: SmokeKnobs, home: Path) -> Trial:
    """One company, shrunk to the knobs that matter and written down if it fails."""
    chance = luck("companies", seed, number)
    began = time.monotonic()
    changes = valid(company(knobs, chance), chance, home)
    fault = lived(changes, home)
    if fault is not None:
        step = fault.partition(":")[0]
        changes = shrunk(
            changes, lambda fewer: (lived(fewer, home) or "").partition(":")[0] == step
        )
        fault = lived(changes, home) or fault
        _write(changes, Path(f"company-{seed}-{number}.yaml"), home)
    took = round(time.monotonic() - began, 1)
    name = f"{number}: {' '.join(changes)}"
    if fault is None:
        return Trial("companies", "companies", name, "sound", (), took)
    return Trial("companies", "companies", name, f"failed {step}", (fault,), took)


def company(knobs: SmokeKnobs, chance: random.Random) -> list[str]:
    """Random changes of the smoke company."""
    found = (knobs.change(chance) for _ in range(chance.randint(1, MOST_KNOBS)))
    return [*SMALL, f"seed={chance.randrange(1000)}", *(change for change in found if change)]


def valid(changes: list[str], chance: random.Random, home: Path) -> list[str]:
    """As many of the changes as a company of small size can have."""
    while len(changes) > len(SMALL) + 1:
        said = say(["run", "smoke", *sets(changes), "--dry-run", "--json"], home, home / "said")
        if said.code == 0 and sum(json.loads(said.text)["rows"].values()) <= MOST_ROWS:
            break
        changes = [*changes]
        changes.pop(chance.randrange(len(SMALL) + 1, len(changes)))
    return changes


def lived(changes: list[str], home: Path) -> str | None:
    """Run, verify and report a company; return what went wrong."""
    folder = home / "company"
    folder.mkdir()
    steps = (
        ("run", "smoke", *sets(changes), "--out", "out", "--workers", "1", "--no-progress"),
        ("verify", "out", "--workers", "1", "--json"),
        ("report", "out"),
    )
    try:
        for args in steps:
            said = say(args, folder, home / "said", LIMIT_S)
            faults = said.faults or ([_told(said)] if said.code else [])
            if faults:
                return f"{args[0]}: exit {said.code}: {'; '.join(faults)}"
        return None
    finally:
        shutil.rmtree(folder)


def _told(said: Said) -> str:
    """What a command said that failed; of verify, the checks that failed."""
    if said.code != 3:
        return shortened(said.text, 1500)
    checks = json.JSONDecoder().raw_decode(said.text[said.text.index("{") :])[0]["checks"]
    failed = [check for check in checks if check["state"] == "failed"]
    return shortened(json.dumps(failed, ensure_ascii=False), 1500)


def shrunk(changes: list[str], fails: Callable[[list[str]], bool]) -> list[str]:
    """Leave out every change without which a company still fails."""
    for change in changes:
        fewer = [other for other in changes if other is not change]
        if fails(fewer):
            changes = fewer
    return changes


def _write(changes: list[str], file: Path, home: Path) -> None:
    said = say(["scenario", "show", "smoke", *sets(changes)], home, home / "said")
    file.write_text(f"# smoke, {' '.join(sets(changes))}\n{said.text}", encoding="utf-8")
