"""Imports point down one way, read from the source: the table of rooms, and what some may not know.

Every import counts: inside functions, and for typing only.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST = 350

ROOMS = (
    ("sim.facts",),
    ("sim.core",),
    ("sim.biology", "sim.resources"),
    ("sim.scenario",),
    ("sim.sites",),
    ("sim.environment",),
    ("sim.fish",),
    ("sim.master_data",),
    ("sim.company",),
    ("sim.processes", "sim.observations"),
    ("sim.world",),
    ("sim.runner", "sim.kpi"),
    ("sim.planner", "sim.study", "sim.progress", "persistence"),
    ("sim.report",),
    ("sim.api",),
    ("sim.cli",),
    ("sim.__main__",),
)
"""From the lowest: a room may import those of earlier lines, and no other of its own line."""

PROCESSES = (
    ("sim.processes.waiting",),
    ("sim.processes.feeding", "sim.processes.office"),
    ("sim.processes.health",),
    ("sim.processes.life",),
    ("sim.processes.day",),
)
PERSISTENCE = (
    ("persistence.schema",),
    ("persistence.digest", "persistence.mapping", "persistence.keys", "persistence.ledger",
     "persistence.tally", "persistence.readback", "persistence.study_results"),
    ("persistence.stores",),
    ("persistence.recompute", "persistence.checks.engine"),
    ("persistence.checks.rules", "persistence.kpi"),
    ("persistence.checks.figures",),
    ("persistence.checks",),
)  # fmt: skip
"""Within the second line of it, rooms are ordered by the absence of circles alone."""


def modules() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    found = {}
    for top in ("sim", "persistence", "benchmarks"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports_of(source: str, name: str, *, is_package: bool) -> Iterator[str]:
    """Dotted names of everything a module imports."""
    package = name.split(".") if is_package else name.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                is_module = f"{stem}.{alias.name}" in MODULES
                yield f"{stem}.{alias.name}" if is_module else stem


IMPORTS = {
    name: set(imports_of(path.read_text("utf-8"), name, is_package=path.stem == "__init__"))
    for name, path in MODULES.items()
}


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def arrows(source: str, *targets: str, but: tuple[str, ...] = ()) -> list[str]:
    """Imports of the targets by modules of a room, except by some of them."""
    return [
        f"{name} imports {imported}"
        for name, imported_names in IMPORTS.items()
        if within(name, source) and not any(within(name, room) for room in but)
        for imported in sorted(imported_names)
        if any(within(imported, target) for target in targets)
    ]


def level_of(name: str, rooms: tuple[tuple[str, ...], ...]) -> tuple[int, str] | None:
    """A module's line in a table, and its room: that of the longest name that fits."""
    found = [
        (room, level) for level, line in enumerate(rooms) for room in line if within(name, room)
    ]
    return None if not found else max((len(room), level, room) for room, level in found)[1:]


def upward(rooms: tuple[tuple[str, ...], ...]) -> list[str]:
    """Imports between the rooms of a table that do not point down."""
    found = []
    for name, imported_names in IMPORTS.items():
        here = level_of(name, rooms)
        for imported in sorted(imported_names):
            there = level_of(imported, rooms)
            if here and there and here[1] != there[1] and there[0] >= here[0]:
                found.append(f"{name} imports {imported}")
    return found


def circles(graph: dict[str, set[str]]) -> list[str]:
    """A path of each circle that is met."""
    found: list[str] = []
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append(" -> ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for target in sorted(graph[name]):
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())
    return found


def test_the_reader_of_imports_sees_all_kinds() -> None:
    source = (
        "import a.b as c\nfrom d import e\nfrom .near import f\nfrom ..far import g\n"
        "from . import h\ndef late():\n    import i\n"
        "if TYPE_CHECKING:\n    from j.k import L\nfrom sim import world\n"
    )
    found = set(imports_of(source, "sim.room.module", is_package=False))
    assert found == {"a.b", "d", "sim.room.near", "sim.far", "sim.room", "i", "j.k", "sim.world"}
    assert set(imports_of("from .f import x", "sim.room", is_package=True)) == {"sim.room.f"}


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a -> b -> c -> a"]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_every_module_has_a_room() -> None:
    homeless = [
        name
        for name in MODULES
        if name not in ("sim", "persistence") and not within(name, "benchmarks")
        if level_of(name, ROOMS) is None
    ]
    assert homeless == []
    for rooms in (ROOMS, PROCESSES, PERSISTENCE):
        empty = [
            room for line in rooms for room in line if not any(within(n, room) for n in MODULES)
        ]
        assert empty == []


@pytest.mark.parametrize("rooms", [ROOMS, PROCESSES], ids=["rooms", "processes"])
def test_no_arrow_points_up(rooms: tuple[tuple[str, ...], ...]) -> None:
    assert upward(rooms) == []


def test_an_arrow_that_points_up_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, imported in (
        ("sim.core.clock", "sim.biology.growth"),
        ("sim.sites.layout", "sim.master_data.finance"),
        ("sim.environment.water", "sim.fish.stock"),
        ("sim.fish.stock", "sim.company.batch"),
        ("sim.resources.feed", "sim.sites.layout"),
    ):
        with monkeypatch.context() as changed:
            changed.setitem(IMPORTS, name, {imported})
            assert upward(ROOMS) == [f"{name} imports {imported}"]
    with monkeypatch.context() as changed:
        changed.setitem(IMPORTS, "sim.processes.office.money", {"sim.processes.life.harvest"})
        assert len(upward(PROCESSES)) == 1


def test_rooms_of_persistence_point_down() -> None:
    assert [arrow for arrow in upward(PERSISTENCE) if not _are_beside(arrow)] == []


def _are_beside(arrow: str) -> bool:
    """Whether both ends of an arrow are in the same line of the table of persistence."""
    here, _, there = arrow.partition(" imports ")
    ends = [level_of(name, PERSISTENCE) for name in (here, there)]
    return ends[0] is not None and ends[1] is not None and ends[0][0] == ends[1][0]


def test_imports_make_no_circle() -> None:
    graph = {name: {t for t in names if t in MODULES} - {name} for name, names in IMPORTS.items()}
    graph["sim"] = set()  # its names are looked up when they are asked for
    assert circles(graph) == []


def test_the_model_knows_nothing_of_databases() -> None:
    databases = ("persistence", "sqlalchemy", "psycopg", "sqlite3")
    assert arrows("sim", *databases, but=("sim.api", "sim.cli")) == []


def test_persistence_knows_nothing_of_the_model_but_its_facts_and_measures() -> None:
    known = ("sim.facts", "sim.core.pool", "sim.kpi.measures", "sim.kpi.compose")
    beyond = [
        arrow
        for arrow in arrows("persistence", "sim")
        if not any(within(arrow.rpartition(" ")[2], name) for name in known)
    ]
    assert beyond == []
    assert arrows("persistence", "simpy") == []


def test_nothing_depends_on_benchmarks_and_tests() -> None:
    assert arrows("benchmarks.load", "sim.sites")
    for top in ("sim", "persistence"):
        assert arrows(top, "benchmarks", "tests") == []


def test_biology_is_pure() -> None:
    allowed = (
        "numpy",
        "math",
        "sim.biology",
        "sim.core",
        "__future__",
        "typing",
        "collections.abc",
    )
    found = {
        imported
        for name, names in IMPORTS.items()
        if within(name, "sim.biology")
        for imported in names
    }
    assert {n for n in found if not any(within(n, room) for room in allowed)} == set()


def test_the_statistics_of_a_study_know_arrays_only() -> None:
    rooms = ("statistics", "selection", "sensitivity", "gains", "evidence", "effort", "answer")
    known = (*(f"sim.study.{room}" for room in (*rooms, "wording")), "sim.core")
    found = {
        imported
        for room in rooms
        for imported in IMPORTS[f"sim.study.{room}"]
        if within(imported, "sim") and not any(within(imported, name) for name in known)
    }
    assert found == set()


@pytest.mark.parametrize(
    ("room", "unknown"),
    [
        ("sim.study", ("sim.runner", "sim.observations", "sim.planner")),
        ("sim.study.engines", ("sim.study.conduct", "sim.study.loader", "sim.study.findings")),
        ("sim.kpi", ("sim.runner", "sim.observations")),
        ("sim.kpi.measures", ("simpy", "sim.scenario", "sim.company", "sim.world")),
        ("sim.kpi.compose", ("simpy", "sim.scenario", "sim.company", "sim.world")),
        ("sim.kpi.figures", ("simpy", "sim.company", "sim.world", "sim.kpi.model")),
        ("sim.report", ("simpy", "sim.company", "sim.world", "sim.runner", "sim.planner")),
        ("sim.scenario", ("simpy", "sim.resources")),
        ("sim.facts", ("simpy",)),
        ("sim.core.streams", ("sim.core.clock", "simpy", "random")),
        ("sim.core.clock", ("sim.core.streams", "simpy", "time")),
    ],
)  # fmt: skip
def test_some_rooms_know_less_than_they_might(room: str, unknown: tuple[str, ...]) -> None:
    assert any(within(name, room) for name in MODULES)
    assert arrows(room, *unknown) == []


def test_randomness_has_names_only() -> None:
    assert arrows("sim", "random", "numpy.random", "secrets", "uuid") == []


def test_a_class_name_stands_in_one_file_only() -> None:
    """Who reads or looks for a name finds one thing."""
    names: Counter[str] = Counter()
    for path in MODULES.values():
        tree = ast.parse(path.read_text("utf-8"))
        names.update({node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)})
    assert {name for name, count in names.items() if count > 1} == set()


def test_array_types_are_declared_once() -> None:
    declared = Counter(
        line.split(" = ")[0]
        for path in MODULES.values()
        for line in path.read_text("utf-8").splitlines()
        if line.endswith((" = NDArray[np.int64]", " = NDArray[np.float64]"))
    )
    assert declared == Counter(("Ints", "Floats", "Index"))


def test_no_module_is_too_long_to_read() -> None:
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}
