"""A schedule as a scenario of its own: ``extends`` the one it was planned for, entry by entry.

What was changed on the command line is written too, so that a run of the file is the run that was
proved. The text depends on nothing but the schedule: the same plan gives the same bytes. Before it
takes its place the file is loaded once and compared with the scenario that was proved.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sim.scenario import Scenario, load
from sim.scenario.layers import read_layers
from sim.scenario.shipped import reference_to

MARK = "# A schedule, found and proved by `python -m sim plan`. To change it, plan again."
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./&-]*( [A-Za-z0-9_./&-]+)*\Z")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_OWN = ("start", "end", "batches", "stagger_days", "entries")


class WriteProblem(Exception):  # noqa: N818 - a message for the user
    """Why a schedule cannot be written to a file."""


def check_target(out: Path, scenario: Path) -> None:
    """Refuse a file that cannot or should not be written, before any work is done.

    Raises:
        WriteProblem: its folder is not there, or something else stands there.
    """
    if not out.parent.is_dir():
        raise WriteProblem(f"the folder {out.parent} does not exist")
    if out.is_dir():
        raise WriteProblem(f"{out} is a folder")
    if out.resolve() in {Path(file).resolve() for file in read_layers(scenario).files}:
        raise WriteProblem(f"{out} is the scenario that is planned, or one that it extends")
    if out.exists() and not _is_ours(out):
        raise WriteProblem(f"{out} was not written by plan; remove it or choose another file")


def _is_ours(out: Path) -> bool:
    if not out.is_file():  # a device, a pipe
        return False
    with out.open(encoding="utf-8", errors="replace") as file:
        return file.read(len(MARK)) == MARK


def schedule_name(out: Path) -> str:
    """The scenario's name: that of the file, as far as a name may have its characters."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", out.stem).lstrip("_.-")[:100]
    return name or "schedule"


def write_schedule(
    out: Path, base: Path, overrides: Sequence[str], planned: Scenario, description: str
) -> None:
    """Write a planned scenario as a file that extends the one it was planned for.

    Args:
        out: the file.
        base: the scenario's file.
        overrides: ``path=value`` each, with which it was loaded.
        planned: the scenario with its entries.
        description: what it is, in one line.

    Raises:
        WriteProblem: the file would not mean the scenario that was proved.
    """
    planned = planned.model_copy(update={"name": schedule_name(out), "description": description})
    text = _text(out, base, overrides, planned)
    draft = out.with_name(f".{out.name}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        if load(draft).scenario != planned:
            raise WriteProblem(
                "what --set changes cannot be said in a file that extends the scenario:"
                " write it into a scenario of its own and plan that"
            )
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def _text(out: Path, base: Path, overrides: Sequence[str], planned: Scenario) -> str:
    beside = os.path.relpath(base.resolve(), out.resolve().parent).replace(os.sep, "/")
    above = reference_to(base) or beside
    changes = _changes(base, overrides) if overrides else {}
    schedule: dict[str, Any] = dict(changes.pop("schedule", {}))
    for name in _OWN:
        schedule.pop(name, None)
    for name in ("name", "description"):
        changes.pop(name, None)
    plan = planned.schedule
    schedule |= {
        "start": plan.start,
        "end": plan.end,
        "batches": plan.batches,
        "stagger_days": plan.stagger_days,
    }
    lines = [MARK]
    head = {"extends": above, "name": planned.name, "description": planned.description}
    lines += _block({**head, **changes, "schedule": schedule}, 0)
    lines.append("  entries:")
    for entry in plan.entries:
        given = entry.model_dump(exclude_none=True)
        lines.append(f"    - {_flow(given)}")
    return "\n".join(lines) + "\n"


def _changes(base: Path, overrides: Sequence[str]) -> dict[str, Any]:
    """What overrides change of a scenario, as a file says it."""
    found = _difference(load(base).resolved, load(base, overrides).resolved)
    return found if isinstance(found, dict) else {}


def _difference(old: Any, new: Any) -> Any:
    """What to lay over ``old`` to get ``new``."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            name: _difference(old.get(name), value)
            for name, value in new.items()
            if name not in old or old[name] != value
        }
    names = _names(new)
    if names is not None and names == _names(old):
        return {
            name: _difference(before, after)
            for name, before, after in zip(names, old, new, strict=True)
            if before != after
        }
    return new


def _names(entries: Any) -> list[str] | None:
    """The names of a list's entries, if all have one of their own."""
    if not isinstance(entries, list) or not entries:
        return None
    if not all(isinstance(entry, dict) for entry in entries):
        return None
    names = [entry.get("name", entry.get("code")) for entry in entries]
    unique = len(set(names)) == len(names) and all(isinstance(name, str) for name in names)
    return [str(name) for name in names] if unique else None


def _block(mapping: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Lines of a mapping; what is no mapping stands on one line."""
    for name, value in mapping.items():
        if isinstance(value, dict) and value:
            yield f"{'  ' * depth}{_scalar(name)}:"
            yield from _block(value, depth + 1)
        else:
            yield f"{'  ' * depth}{_scalar(name)}: {_flow(value)}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """A value as YAML: dates as they are, plain words unquoted, everything else as JSON."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
