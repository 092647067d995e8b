"""Put results into README.md: what ``--json`` printed goes to the places that are marked for it.

A result's place is between ``<!-- measured NAME -->`` and ``<!-- /measured -->``; its goals go to
the place called ``goals``, where those of other results stay. Everything else is written by hand,
and nothing that was not measured gets onto the page.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks import parts
from benchmarks.tables import Result, columns, is_number, text, told

PAGE = Path(__file__).parent / "README.md"
GOALS = "goals"
_PLACE = re.compile(r"<!-- measured ([\w-]+) -->\n(.*?)\n<!-- /measured -->", re.DOTALL)
_HEAD = ("| goal | figure | limit | reached | result |", "|---|---:|---|---|---|")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("results", nargs="+", help="files with what --json printed")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page with the places")


def write(files: Sequence[Path], page: Path) -> None:
    """Fill the places of some results; all results are looked at before anything is written."""
    results = [_read(file) for file in files]
    content = page.read_text(encoding="utf-8")
    there = dict(_PLACE.findall(content))
    for file, result in zip(files, results, strict=True):
        if not {result["name"], GOALS} <= there.keys():
            raise SystemExit(f"{file}: {page} has no place for {result['name']}")
    if any(result["name"].startswith("parts-") for result in results):
        parts.require_plots("the picture of a result of parts")
    filled = {result["name"]: _told(result, page) for result in results}
    filled[GOALS] = _goals(results, there[GOALS])
    page.write_text(_PLACE.sub(lambda place: _place(place, filled), content), encoding="utf-8")
    for name in filled:
        print(f"{page}: {name}")


def _read(file: Path) -> Result:
    try:
        result: Result = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemExit(f"{file}: {error.strerror}") from None
    except ValueError:
        raise SystemExit(f"{file} is not what --json prints") from None
    if not isinstance(result, dict) or not Result.__required_keys__ <= result.keys():
        raise SystemExit(f"{file} is not what --json prints")
    return result


def _place(place: re.Match[str], filled: dict[str, str]) -> str:
    name, before = place.groups()
    return f"<!-- measured {name} -->\n{filled.get(name, before)}\n<!-- /measured -->"


def _told(result: Result, page: Path) -> str:
    """What the page says of a result: how and where it was measured, its table, its picture."""
    names = columns(result)
    lines = [
        f"`{result['command']}`: {told(result['about'])}.<br>",
        f"{told(result['machine'])}.",
        "",
        f"| {' | '.join(names)} |",
        f"|{''.join('---:|' if is_number(result, name) else '---|' for name in names)}",
        *(f"| {' | '.join(text(row.get(name, '')) for name in names)} |" for row in result["rows"]),
    ]
    if result["name"].startswith("parts-"):
        picture = page.parent / "pictures" / f"{result['name']}.png"
        parts.draw(result["rows"], picture)
        link = picture.relative_to(page.parent).as_posix()
        lines += ["", f"![Where the time goes: {result['name']}]({link})"]
    return "\n".join(lines)


def _goals(results: Sequence[Result], before: str) -> str:
    """The table of goals: those of the results, and of other results what was there."""
    fresh = {result["name"] for result in results}
    kept = [
        line
        for line in before.splitlines()
        if line.startswith("| ") and line != _HEAD[0] and _result_of(line) not in fresh
    ]
    lines = [
        f"| {goal['goal']} | {text(goal['figure'])} | {goal['limit']} |"
        f" {'yes' if goal['reached'] else '**no**'} | {result['name']} |"
        for result in results
        for goal in result["goals"]
    ]
    found = sorted([*kept, *lines], key=_result_of)
    return "\n".join([*_HEAD, *found]) if found else before


def _result_of(line: str) -> str:
    return line.rstrip(" |").rpartition("| ")[2]
