"""Texts of a scenario or a study: a name is one line, and nothing in a text commands a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import category

from sim.core.showing import quoted
from sim.scenario.problems import Problem, problem_at
from sim.scenario.tree import Node, nodes

_OF_LINES = frozenset({"description", "question"})
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of characters, separators of lines and paragraphs."""
_BREAKS = "\n\r\u2028\u2029"


def unfit_texts(root: Node) -> Iterator[Problem]:
    """Find texts, and names of knobs, that hold what no table, page or terminal should get."""
    for path, node in nodes(root):
        if not isinstance(node.value, str) or node.value.isprintable():
            continue
        allowed = "\n\t" if path and path[-1] in _OF_LINES else ""
        bad = next((c for c in node.value if c not in allowed and category(c) in _CONTROLS), None)
        if bad is not None:
            what = "a line break" if bad in _BREAKS else f"the control character U+{ord(bad):04X}"
            message = f"a text may not have {what} in it (found {quoted(repr(node.value), 60)})"
            yield problem_at(node.place, path, message)
