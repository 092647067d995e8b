"""Given values together with where they were written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sim.scenario.problems import KnobPath, SourcePlace

Scalar = str | int | float | bool | None


@dataclass(slots=True)
class Node:
    """A value and where it stands.

    ``key`` is where the knob's name stands; list entries and whole files have none. A default that
    was filled in because an override changes a part of it is not ``given``; it stands where the
    override does.
    """

    value: dict[str, Node] | list[Node] | Scalar
    at: SourcePlace
    key: SourcePlace | None = None
    given: bool = True

    @property
    def heading(self) -> SourcePlace:
        """Where the knob begins: at its name if it has one."""
        return self.key or self.at

    @property
    def place(self) -> SourcePlace:
        """Where to look at the value: for a block of lines below its name, that is the name."""
        block = isinstance(self.value, dict | list) and self.heading.line != self.at.line
        return self.heading if block else self.at


def plain(node: Node) -> Any:
    """Return the values alone. A knob that is set to null is left out: it takes its default."""
    if isinstance(node.value, dict):
        return {name: plain(child) for name, child in node.value.items() if child.value is not None}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def filled_in(value: Any, at: SourcePlace) -> Node:
    """Make the tree of a default's values, which an override at a place is about to change."""
    tree: dict[str, Node] | list[Node] | Scalar
    if isinstance(value, dict):
        tree = {str(name): filled_in(child, at) for name, child in value.items()}
    elif isinstance(value, list):
        tree = [filled_in(child, at) for child in value]
    else:
        tree = value
    return Node(tree, at, given=False)


def child_of(node: Node, segment: str | int) -> Node | None:
    """Return the value under a knob's name or a list index, if there is one."""
    if isinstance(node.value, dict):
        return node.value.get(str(segment))
    if isinstance(node.value, list) and isinstance(segment, int):
        return node.value[segment] if 0 <= segment < len(node.value) else None
    return None


def place_of(root: Node, path: KnobPath) -> SourcePlace:
    """Tell where a knob's value stands; if it stands nowhere, the mapping that would have it."""
    node = root
    for segment in path:
        child = child_of(node, segment)
        if child is None:
            return node.heading
        node = child
    return node.place


def heading_of(root: Node, path: KnobPath) -> SourcePlace:
    """Tell where a knob's name stands; if it stands nowhere, the mapping that would have it."""
    node = root
    for segment in path:
        node = child_of(node, segment) or node
    return node.heading


def nodes(node: Node, path: KnobPath = ()) -> Iterator[tuple[KnobPath, Node]]:
    """Go through all values, a mapping before what is in it."""
    yield path, node
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            yield from nodes(child, (*path, name))
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from nodes(child, (*path, index))
