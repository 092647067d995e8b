"""Reads YAML text by the core rules of YAML 1.2, and remembers where everything stands.

PyYAML follows YAML 1.1, where ``no`` is a boolean, ``12:30`` is 750, ``010`` is 8 and ``1e3`` is
text. In a scenario none of that is wanted: a word is a word unless it is true, false or null, a
number looks like one, and dates stay text until the model reads them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from sim.scenario.problems import KnobPath, Problem, SourcePlace, problem_at
from sim.scenario.tree import Node, Scalar

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_VALUES = 50_000

_TAG = "tag:yaml.org,2002:"
_NULL, _BOOL, _INT, _FLOAT = _TAG + "null", _TAG + "bool", _TAG + "int", _TAG + "float"
_STR, _SEQ, _MAP = _TAG + "str", _TAG + "seq", _TAG + "map"
_PLAIN_RULES = (
    (_NULL, re.compile(r"(?:~|null|Null|NULL|)\Z")),
    (_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")),
    (_INT, re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")),
    (
        _FLOAT,
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
    ),
)
_RULE_OF = dict(_PLAIN_RULES)
_KIND = {_NULL: "null", _BOOL: "true or false", _INT: "a whole number", _FLOAT: "a number"}
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")


def is_text(word: str) -> bool:
    """Tell whether a word without quotes would be read as text."""
    return not any(rule.match(word) for _, rule in _PLAIN_RULES)


class _RefusedError(Exception):
    """The text as a whole cannot be used, because of something at a mark."""

    def __init__(self, mark: yaml.Mark, message: str) -> None:
        super().__init__(message)
        self.mark = mark


class _CoreLoader(yaml.SafeLoader):
    """PyYAML's loader with the resolver of YAML 1.2's core schema and a limit on nesting."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._composed = 0

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        if kind is not ScalarNode or value is None:
            return _SEQ if kind is SequenceNode else _MAP
        if not implicit[0]:
            return _STR
        return next((tag for tag, rule in _PLAIN_RULES if rule.match(value)), _STR)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        # PyYAML composes by recursion, so this is where a bomb must be stopped.
        self._depth += 1
        self._composed += 1
        if self._depth > MAX_DEPTH or self._composed > 2 * MAX_VALUES:
            mark = parent.start_mark if parent else self.get_mark()
            raise _RefusedError(mark, _TOO_DEEP if self._depth > MAX_DEPTH else _TOO_MANY)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
_TOO_MANY = f"more than {MAX_VALUES:,} values, counting what aliases repeat"


@dataclass
class Parsed:
    """What a text says, or nothing if it cannot be read at all, and what is wrong with it."""

    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)


class _Builder:
    """Turns PyYAML's nodes into values with places."""

    def __init__(self, place: Callable[[yaml.Mark], SourcePlace]) -> None:
        self._place = place
        self._values = 0
        self._characters = 0
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, path: KnobPath) -> Node:
        # An alias is the very node that it names, so what it expands to is counted again each time.
        self._values += 1
        if len(path) > MAX_DEPTH:
            raise _RefusedError(node.start_mark, _TOO_DEEP)
        if self._values > MAX_VALUES or self._characters > MAX_BYTES:
            raise _RefusedError(node.start_mark, _TOO_MANY)
        at = self._place(node.start_mark)
        if isinstance(node, MappingNode):
            self._check_tag(node, _MAP, path)
            return self._mapping(node, path, at)
        if isinstance(node, SequenceNode):
            self._check_tag(node, _SEQ, path)
            entries = [self.build(child, (*path, i)) for i, child in enumerate(node.value)]
            return Node(entries, at)
        self._characters += len(node.value)
        return Node(self._scalar(node, path), at)

    def _mapping(self, node: MappingNode, path: KnobPath, at: SourcePlace) -> Node:
        values: dict[str, Node] = {}
        for key_node, value_node in node.value:
            name = self._name(key_node, path)
            if name is None:
                continue
            here = (*path, name)
            key = self._place(key_node.start_mark)
            value = self.build(value_node, here)
            value.key = key
            first = values.setdefault(name, value)
            if first is not value:
                self._report(key_node, here, f"given twice, first at {first.key}")
        return Node(values, at)

    def _name(self, node: yaml.Node, path: KnobPath) -> str | None:
        if not isinstance(node, ScalarNode):
            self._report(node, path, "a knob's name must be text, not a list or a mapping")
        elif node.value == "<<" and node.style is None:
            self._report(node, path, "merge keys (<<) are not supported; use 'extends'")
        elif node.tag != _STR:
            self._report(node, path, f"a knob's name must be text; quote it: '{node.value}'")
        else:
            self._characters += len(node.value)
            return str(self._scalar(node, path))
        return None

    def _scalar(self, node: yaml.Node, path: KnobPath) -> Scalar:
        text: str = node.value
        if node.tag == _STR:
            if _UNUSABLE.search(text):
                self._report(node, path, "has a character that no database can store")
            return text
        rule = _RULE_OF.get(node.tag)
        if rule is None:
            self._report(node, path, f"tags such as {_short(node.tag)} are not supported")
            return None
        if not rule.match(text):
            self._report(node, path, f"expected {_KIND[node.tag]}, found '{text[:40]}'")
            return None
        if node.tag == _BOOL:
            return text.lower() == "true"
        return None if node.tag == _NULL else self._number(node, path)

    def _number(self, node: yaml.Node, path: KnobPath) -> int | float | None:
        text: str = node.value.lower().replace(".inf", "inf").replace(".nan", "nan")
        if node.tag == _FLOAT:
            number = float(text)
            if not math.isfinite(number):
                self._report(node, path, f"must be a finite number (found {node.value[:40]})")
                return None
            return number
        # Python itself does not convert numbers of any length.
        whole = int(text, {"0x": 16, "0o": 8}.get(text[:2], 10)) if len(text) <= 40 else None
        if whole is None or not -(2**63) <= whole < 2**63:
            self._report(node, path, "the number is too large")
            return None
        return whole

    def _check_tag(self, node: yaml.Node, tag: str, path: KnobPath) -> None:
        if node.tag != tag:
            self._report(node, path, f"tags such as {_short(node.tag)} are not supported")

    def _report(self, node: yaml.Node, path: KnobPath, message: str) -> None:
        self.problems.append(problem_at(self._place(node.start_mark), path, message))


def _short(tag: str) -> str:
    return tag.replace(_TAG, "!!")[:40]


def parse(
    text: str,
    place: Callable[[int, int], SourcePlace],
    path: KnobPath = (),
    *,
    empty: str | None = None,
) -> Parsed:
    """Read one YAML document.

    Args:
        text: the document.
        place: tells the place of a line and a column of the text, both counted from 0.
        path: the knob that the text is the value of.
        empty: the message if there is no document; without it, that is null.
    """

    def at(mark: yaml.Mark) -> SourcePlace:
        return place(mark.line, mark.column)

    def refused(where: SourcePlace, message: str) -> Parsed:
        return Parsed(None, [problem_at(where, path, message)])

    try:
        loader = _CoreLoader(text)
    except ReaderError as error:
        before = text[: error.position].splitlines() or [""]
        where = place(len(before) - 1, len(before[-1]))
        return refused(where, f"the character #x{error.character:04x} is not allowed")
    builder = _Builder(at)
    try:
        node = loader.get_single_node()
        if node is None:
            where = place(0, 0)
            return refused(where, empty) if empty else Parsed(Node(None, where))
        return Parsed(builder.build(node, path), builder.problems)
    except _RefusedError as error:
        return refused(at(error.mark), str(error))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark or loader.get_mark()
        return refused(at(mark), _syntax_message(error))
    except (ValueError, OverflowError):
        # PyYAML lets escapes such as "\Uffffffff" fall through to Python.
        return refused(at(loader.get_mark()), "an escape stands for no character")
    finally:
        loader.dispose()


def _syntax_message(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or error.context)
    if "'\\t'" in problem:
        return "tabs cannot be used here; indent with spaces"
    if (error.context or "").startswith("expected a single document"):
        return "a scenario is one document; there is a second one here"
    mark = error.context_mark
    started = f" ({error.context}, line {mark.line + 1})" if error.context and mark else ""
    return f"not YAML: {problem}{started}"


def read_file(path: Path, asked_at: SourcePlace | None = None) -> Parsed:
    """Read a scenario file, which must be a mapping; it may be asked for by another file."""
    name = str(path)

    def refused(message: str) -> Parsed:
        if asked_at:
            return Parsed(None, [problem_at(asked_at, ("extends",), f"{name}: {message}")])
        return Parsed(None, [problem_at(SourcePlace(name, 1, 1), (), message)])

    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return refused("no such file")
    except IsADirectoryError:
        return refused("this is a directory, not a scenario file")
    except (OSError, ValueError) as error:
        return refused(f"cannot be read: {getattr(error, 'strerror', None) or error}")
    if len(content) > MAX_BYTES:
        return refused(f"larger than {MAX_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        return Parsed(None, [problem_at(SourcePlace(name, line, column), (), "not UTF-8 text")])
    parsed = parse(
        text,
        lambda line, column: SourcePlace(name, line + 1, column + 1),
        empty="the file is empty",
    )
    if parsed.root is not None and not isinstance(parsed.root.value, dict):
        place = parsed.root.at
        problem = problem_at(place, (), "a scenario is a mapping of knobs ('knob: value')")
        return Parsed(None, [*parsed.problems, problem])
    return parsed
