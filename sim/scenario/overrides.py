"""Applies ``--set path=value`` to a scenario's values before they are validated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from sim.scenario.entries import NotFound, entry_named, names_of
from sim.scenario.modelwalk import default_at, is_list, taken_from, types_at
from sim.scenario.problems import SET, KnobPath, Problem, ScenarioError, SourcePlace, problem_at
from sim.scenario.tree import Node, child_of, filled_in
from sim.scenario.yamltext import parse

_SEGMENT = re.compile(
    r"""\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s.="'][^.=]*?))\s*"""
    r"(?P<end>[.=]|\Z)"
)


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    quoted: bool
    place: SourcePlace

    @property
    def index(self) -> int | None:
        """The segment as a list index, if it can be one."""
        could_be = self.text.isdecimal() and len(self.text) < 10 and not self.quoted
        return int(self.text) if could_be else None


def apply_overrides(root: Node, overrides: Sequence[str], model: type[BaseModel]) -> list[Problem]:
    """Change the values in place, one override after the other, and report those that cannot be."""
    problems: list[Problem] = []
    for ordinal, text in enumerate(overrides, 1):
        try:
            _apply(root, text, ordinal, model)
        except ScenarioError as error:
            problems += error.problems
    return problems


def knob_at(root: Node, path: str) -> KnobPath | None:
    """Find the knob that an override's path means; None if nothing stands there.

    Raises:
        ScenarioError: the text is no path.
    """
    *segments, rest = _split(f"{path}=", 1)
    if rest.text:
        raise _refused(rest.place, (), f"'{path}' is no path")
    node: Node | None = root
    found: KnobPath = ()
    for segment in segments:
        try:
            key = _key(node or Node(None, segment.place), found, segment)
        except ScenarioError:
            return None
        found = (*found, key)
        node = child_of(node, key) if node else None
        if node is None:
            return None
    return found


def _apply(root: Node, text: str, ordinal: int, model: type[BaseModel]) -> None:
    *outer, last, value_at = _split(text, ordinal)
    names = (*(segment.text for segment in outer), last.text)
    if names == ("extends",):
        raise _refused(last.place, names, "only a file can extend another")
    column = value_at.place.column
    parsed = parse(
        value_at.text,
        lambda line, at: SourcePlace(SET, ordinal, at + (1 if line else column)),
        names,
    )
    if parsed.root is None or parsed.problems:
        raise ScenarioError(parsed.problems)
    node = root
    path: KnobPath = ()
    for segment in outer:
        path = (*path, _key(node, path, segment))
        node = _descend(node, path, segment, model)
    parsed.root.key = last.place
    _put(node, _key(node, path, last), parsed.root)


def _split(text: str, ordinal: int) -> list[_Segment]:
    """Take an override apart: the path's segments, then the value."""
    segments: list[_Segment] = []
    position, end = 0, "."
    while end == ".":
        match = _SEGMENT.match(text, position)
        if match is None:
            break
        kind = next(kind for kind in ("double", "single", "bare") if match[kind] is not None)
        place = SourcePlace(SET, ordinal, match.start(kind) + 1)
        segments.append(_Segment(match[kind], kind != "bare", place))
        position, end = match.end(), match["end"]
    if end != "=":
        place = SourcePlace(SET, ordinal, position + 1)
        raise _refused(place, (), f"expected path=value, such as stages.0.tgc=2.9, found '{text}'")
    return [
        *segments,
        _Segment(text[position:], quoted=False, place=SourcePlace(SET, ordinal, position + 1)),
    ]


def _key(node: Node, path: KnobPath, segment: _Segment) -> str | int:
    """Find what a segment stands for: a knob's name, or an entry's index in its list."""
    if isinstance(node.value, dict):
        return segment.text
    if not isinstance(node.value, list):
        raise _refused(segment.place, path, f"is a single value; it has no '{segment.text}'")
    entries = node.value
    index = segment.index
    if index is not None and index < len(entries):
        return index
    here = (*path, segment.text if index is None else index)
    names = names_of(entries, segment.text)
    if segment.text not in names and (index is not None or not names):
        count = f"there {'is' if len(entries) == 1 else 'are'} {len(entries) or 'none'}"
        count += f" (0 to {len(entries) - 1})" if entries else ""
        raise _refused(segment.place, here, f"no such entry; {count}")
    found = entry_named(entries, segment.text)
    if isinstance(found, NotFound):
        raise _refused(segment.place, here, found.message, found.suggestion)
    return found


def _descend(node: Node, path: KnobPath, segment: _Segment, model: type[BaseModel]) -> Node:
    """Go into a value. One that is not given is its default, of which then a part is changed."""
    child = child_of(node, path[-1])
    if child is not None and child.value is not None:
        return child
    default = default_at(model, path)
    if taken_from(model, path):
        child = Node({}, segment.place)
    elif default is not None:
        child = filled_in(default, segment.place)
    elif any(map(is_list, types_at(model, path))):
        raise _refused(segment.place, path, "has no entries to change; give the list as a whole")
    else:
        child = Node({}, segment.place)
    child.key = segment.place
    _put(node, path[-1], child)
    return child


def _put(node: Node, key: str | int, child: Node) -> None:
    if isinstance(node.value, dict):
        node.value[str(key)] = child
    elif isinstance(node.value, list) and isinstance(key, int):
        node.value[key] = child


def _refused(
    place: SourcePlace, path: KnobPath, message: str, suggestion: str | None = None
) -> ScenarioError:
    return ScenarioError([problem_at(place, path, message, suggestion)])
