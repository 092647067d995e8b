"""What can be wrong with a scenario, and where it stands in which file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sim.core.showing import quoted

_MOST = 800
"""Characters of a finding, which quotes what was found."""

KnobPath = tuple[str | int, ...]

SET = "--set"
"""Stands for a file's name where a value was given by an override."""

# A segment that could be taken for something else than a name is quoted, as in an override.
_NEEDS_QUOTES = re.compile(r"""[.="']|^\s|\s$|^[0-9]*$""")


def path_text(path: KnobPath) -> str:
    """Write a path as an override would: ``stages.0.tgc``."""
    return ".".join(_segment_text(segment) for segment in path)


def _segment_text(segment: str | int) -> str:
    if isinstance(segment, int) or not _NEEDS_QUOTES.search(segment):
        return str(segment)
    quote = "'" if '"' in segment else '"'
    return f"{quote}{segment}{quote}"


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """Where something was written; lines and columns count from 1.

    For an override the file is ``--set`` and the line is the override's ordinal.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, said in one line; line 0 means the file as such."""

    file: str
    line: int
    column: int
    path: KnobPath
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: "
        knob = f"{path_text(self.path)}: " if self.path else ""
        hint = f" (did you mean '{self.suggestion}'?)" if self.suggestion else ""
        # What was found is quoted as it stands, and may hold anything.
        return quoted(f"{where}{knob}{self.message}{hint}", _MOST)


def problem_at(
    place: SourcePlace, path: KnobPath, message: str, suggestion: str | None = None
) -> Problem:
    """Make the problem of a knob that stands at a place."""
    return Problem(place.file, place.line, place.column, path, message, suggestion)


class ScenarioError(Exception):
    """A scenario that cannot be used, with everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class PlanProblem(ValueError):  # noqa: N818 - what validators raise reads as a finding
    """Several findings of one validator.

    Each is the knob's path, seen from the model that is validated, and what is wrong with it.
    """

    def __init__(self, items: Iterable[tuple[KnobPath, str]]) -> None:
        self.items = list(items)
        super().__init__(self.items)

    def __str__(self) -> str:
        return "; ".join(
            f"{path_text(path)}: {message}" if path else message for path, message in self.items
        )


def in_order(problems: Iterable[Problem], files: Sequence[str]) -> list[Problem]:
    """Sort by position: files as they extend each other, overrides last; each problem once."""
    rank = {file: number for number, file in enumerate(files)}
    return sorted(
        dict.fromkeys(problems),
        key=lambda problem: (rank.get(problem.file, len(rank)), problem.line, problem.column),
    )
