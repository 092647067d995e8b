"""Imports point down: the arrows between the rooms, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST = 350


def modules() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    found = {}
    for room in ("sim", "persistence", "benchmarks"):
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports_of(source: str, name: str, *, is_package: bool) -> Iterator[str]:
    """Dotted names of everything a module imports, also inside functions and for typing only."""
    package = name.split(".") if is_package else name.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


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


def test_the_reader_of_imports_sees_all_kinds() -> None:
    source = (
        "import a.b as c\nfrom d import e\nfrom .near import f\nfrom ..far import g\n"
        "from . import h\ndef late():\n    import i\n"
        "if TYPE_CHECKING:\n    from j.k import L\n"
    )
    found = set(imports_of(source, "sim.room.module", is_package=False))
    assert found >= {
        "a.b", "d.e", "sim.room.near.f", "sim.far.g", "sim.room.h", "i", "j.k", "j.k.L",
    }  # fmt: skip
    assert "sim.room.module.f" in set(
        imports_of("from .f import x", "sim.room.module", is_package=True)
    )


def test_the_rooms_are_where_they_are_looked_for() -> None:
    for name in ("sim.facts", "sim.world", "sim.runner", "sim.processes.life.batch", "sim.cli"):
        assert name in MODULES
    assert "sim.scenario.model" in IMPORTS["sim.world"] | IMPORTS["sim.scenario"]
    assert arrows("sim.world", "sim.company.farm")


def test_the_model_knows_nothing_of_databases() -> None:
    databases = ("persistence", "sqlalchemy", "psycopg", "sqlite3")
    assert arrows("sim", *databases, but=("sim.cli",)) == []


def test_persistence_knows_nothing_of_the_model_but_its_facts_and_measures() -> None:
    found = [arrow for arrow in arrows("persistence", "sim") if not arrow.endswith(" sim")]
    known = tuple(f" imports sim.{name}" for name in ("facts", "kpi.measures", "kpi.compose"))
    assert [arrow for arrow in found if not any(name in arrow for name in known)] == []
    assert arrows("persistence", "simpy") == []


def test_nothing_depends_on_benchmarks() -> None:
    assert arrows("benchmarks.load", "sim.sites.schedule")
    assert arrows("sim", "benchmarks") == arrows("persistence", "benchmarks") == []


def test_biology_is_pure() -> None:
    allowed = (
        "numpy",
        "sim.biology",
        "sim.core.streams",
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
    known = (*(f"sim.study.{room}" for room in (*rooms, "wording")), "sim.core.streams")
    found = {
        imported
        for room in rooms
        for imported in IMPORTS[f"sim.study.{room}"]
        if within(imported, "sim") and not any(within(imported, name) for name in known)
    }
    assert found == set()


@pytest.mark.parametrize(
    ("room", "above"),
    [
        (
            "sim.resources",
            ("sim.processes", "sim.company.farm", "sim.world", "sim.runner", "sim.cli"),
        ),
        ("sim.processes", ("sim.world", "sim.runner", "sim.cli", "sim.observations")),
        ("sim.observations", ("sim.processes", "sim.world", "sim.runner", "sim.cli")),
        (
            "sim.company.farm",
            ("sim.processes", "sim.world", "sim.observations", "sim.runner", "sim.cli"),
        ),
        ("sim.world", ("sim.runner", "sim.cli")),
        ("sim.runner", ("sim.cli",)),
        ("sim.study", ("sim.cli", "sim.runner", "sim.observations", "sim.planner", "sim.report")),
        ("sim.study.engines", ("sim.study.conduct", "sim.study.loader", "sim.study.findings")),
        ("sim.core.worker_process", ("sim.scenario", "sim.world", "sim.study", "sim.cli")),
        ("sim.kpi", ("sim.runner", "sim.cli", "sim.study", "sim.planner", "sim.report")),
        ("sim.report", ("simpy", "sim.company.farm", "sim.world", "sim.runner", "sim.cli")),
        (
            "sim.kpi.measures",
            ("simpy", "sim.scenario", "sim.company.farm", "sim.world", "sim.kpi.model"),
        ),
        (
            "sim.kpi.compose",
            ("simpy", "sim.scenario", "sim.company.farm", "sim.world", "sim.kpi.model"),
        ),
        ("sim.kpi.figures", ("simpy", "sim.company.farm", "sim.world", "sim.kpi.model")),
        (
            "sim.scenario",
            ("simpy", "sim.company.farm", "sim.world", "sim.processes", "sim.resources"),
        ),
        ("sim.facts", ("sim.core.journal", "sim.company.farm", "sim.scenario", "simpy")),
        ("sim.core.streams", ("sim.core.clock", "sim.scenario", "simpy", "random")),
        ("sim.core.clock", ("sim.core.streams", "simpy", "time")),
    ],
)
def test_no_arrow_points_up(room: str, above: tuple[str, ...]) -> None:
    assert any(within(name, room) for name in MODULES)
    assert arrows(room, *above) == []


def test_randomness_has_names_only() -> None:
    assert arrows("sim", "random", "numpy.random", "secrets", "uuid") == []


def test_imports_make_no_circle() -> None:
    graph = {
        name: {target for target in names if target in MODULES and target != name}
        for name, names in _runtime_imports().items()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def _runtime_imports() -> dict[str, set[str]]:
    """What is imported when a module is: neither inside functions nor for typing only."""
    found = {}
    for name, path in MODULES.items():
        tree = ast.parse(path.read_text("utf-8"))
        top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        source = "\n".join(map(ast.unparse, top))
        names = set(imports_of(source, name, is_package=path.stem == "__init__"))
        parent = name.rpartition(".")[0]
        found[name] = names - {parent} if path.stem != "__init__" else names
    return found


def test_no_module_is_too_long_to_read() -> None:
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}
