"""A scenario's files, and how they are laid over each other.

A file may extend one file or several. Each file is laid down once, above all that it extends; where
two files of a list say different things, the later one wins. So ``extends: [base.yaml,
biology/calibrated.yaml]`` is a company with another biology, and a file that both extend lies below
both. A file is named as seen from the one that names it; ``smoltflow:base.yaml`` is a shipped one.

Mappings are merged knob by knob; lists and single values replace what was there, and so does null,
which thereby removes it. A mapping over a list whose entries have names changes those entries that
it names: ``stages: {Adult: {tgc: 2.7}}``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from sim.scenario.entries import NotFound, entry_named, names_of
from sim.scenario.modelwalk import default_at, is_list, taken_from, types_at
from sim.scenario.problems import KnobPath, Problem, SourcePlace, problem_at
from sim.scenario.shipped import NotThere, referred
from sim.scenario.tree import Node, child_of, filled_in, nodes
from sim.scenario.yamltext import read_file

MAX_PARENTS = 8


@dataclass
class Layers:
    """A scenario's files.

    Attributes:
        roots: what each file says, lowest first, without ``extends``.
        files: their names in the order of reading, the scenario itself first.
        problems: what is wrong with them; ``complete`` whether all of them could be read.
    """

    roots: list[Node] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True

    def refuse(self, place: SourcePlace, message: str, suggestion: str | None = None) -> None:
        """Note a reason why the files cannot be put together."""
        self.problems.append(problem_at(place, ("extends",), message, suggestion))
        self.complete = False


def read_layers(path: Path) -> Layers:
    """Read a scenario's file and all that it extends."""
    layers = Layers()
    _read(layers, path, None, {}, set())
    return layers


def layers_of(root: Node, folder: Path) -> Layers:
    """Read all that values extend which are in no file: files, as seen from a folder."""
    layers = Layers(files=[root.at.file])
    if isinstance(root.value, dict):
        done: set[Path] = set()
        for parent, place in _parents(
            layers, folder / root.at.file, root.value.pop("extends", None)
        ):
            _read(layers, parent, place, {}, done)
    layers.roots.append(root)
    return layers


def _read(
    layers: Layers,
    path: Path,
    asked_at: SourcePlace | None,
    below: dict[Path, str],
    done: set[Path],
) -> None:
    """Read a file, after those that it extends; ``below`` are the files that ask for it."""
    identity = path.resolve()
    if asked_at and identity in below:
        names = " -> ".join((*below.values(), str(path)))
        layers.refuse(asked_at, f"the files extend each other: {names}")
        return
    if identity in done:
        return
    done.add(identity)
    parsed = read_file(path, asked_at)
    layers.files.append(str(path))
    layers.problems += parsed.problems
    if parsed.root is None or not isinstance(parsed.root.value, dict):
        layers.complete = False
        return
    if asked_at and len(below) > MAX_PARENTS:
        layers.refuse(asked_at, f"more than {MAX_PARENTS} files extend each other")
        return
    extends = parsed.root.value.pop("extends", None)
    for parent, place in _parents(layers, path, extends):
        _read(layers, parent, place, {**below, identity: str(path)}, done)
    layers.roots.append(parsed.root)


def _parents(
    layers: Layers, child: Path, extends: Node | None
) -> Iterator[tuple[Path, SourcePlace]]:
    if extends is None or extends.value is None:
        return
    listed = extends.value if isinstance(extends.value, list) else [extends]
    if not listed:
        layers.refuse(extends.place, "the list names no file")
    seen: set[str] = set()
    for entry in listed:
        if not isinstance(entry.value, str) or not entry.value:
            layers.refuse(entry.place, "expected a file, given as text such as base.yaml")
        elif entry.value in seen:
            layers.refuse(entry.place, f"{entry.value} is named twice")
        else:
            seen.add(entry.value)
            try:
                yield referred(entry.value, child.parent), entry.at
            except NotThere as error:
                layers.refuse(entry.at, str(error), error.suggestion)


def laid_over(below: Node, above: Node, problems: list[Problem], path: KnobPath = ()) -> Node:
    """Lay a file's values over those of the files below it, and note what has no entry there."""
    if not isinstance(above.value, dict):
        return above
    if isinstance(below.value, dict):
        together = dict(below.value)
        for name, child in above.value.items():
            here = (*path, name)
            old = together.get(name)
            together[name] = child if old is None else laid_over(old, child, problems, here)
        return Node(together, above.at, above.key)
    if isinstance(below.value, list) and names_of(below.value):
        return Node(_changed(below.value, above.value, problems, path), below.at, below.key)
    return above


def _changed(
    entries: list[Node], changes: dict[str, Node], problems: list[Problem], path: KnobPath
) -> list[Node]:
    """Entries of a list, some of them changed by their names, or removed by null."""
    changed: list[Node | None] = list(entries)
    for name, change in changes.items():
        found = entry_named(entries, name)
        if isinstance(found, NotFound):
            problems.append(
                problem_at(change.heading, (*path, name), found.message, found.suggestion)
            )
        elif change.value is None:
            changed[found] = None
        else:
            changed[found] = laid_over(entries[found], change, problems, (*path, name))
    return [entry for entry in changed if entry is not None]


def change_defaults(root: Node, model: type[BaseModel], problems: list[Problem]) -> None:
    """Where a mapping stands for a list that no file gives, change the entries of its default."""
    for path, node in _mappings_for_lists(root, model):
        default = default_at(model, path)
        if default and isinstance(default, list):
            node.value = laid_over(filled_in(default, node.heading), node, problems, path).value


def change_taken(root: Node, model: type[BaseModel], problems: list[Problem]) -> None:
    """Where a mapping stands for a list that is taken from elsewhere, change its entries.

    So ``geographies: {Scotland: {stages: {Adult: {tgc: 2.6}}}}`` are the scenario's stages with
    another TGC. Overrides come first: what is taken over is what they leave.
    """
    for path, node in _mappings_for_lists(root, model):
        source = child_of(root, taken_from(model, path) or "")
        if source is not None and isinstance(source.value, list):
            node.value = laid_over(source, node, problems, path).value


def _mappings_for_lists(root: Node, model: type[BaseModel]) -> list[tuple[KnobPath, Node]]:
    return [
        (path, node)
        for path, node in nodes(root)
        if isinstance(node.value, dict)
        and (kinds := types_at(model, path))
        and all(map(is_list, kinds))
    ]
