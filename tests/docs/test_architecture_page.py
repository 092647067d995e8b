"""docs/architecture.md: the rooms are those of the test of imports, and its answers are true."""

from __future__ import annotations

import re

import pytest

from tests.support.command_line import ROOT
from tests.test_architecture import MODULES, PERSISTENCE, ROOMS

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PATH = re.compile(r"`((?:sim|persistence|tests|benchmarks|docs)/[\w./{},]*)`")


def _expanded(path: str) -> list[str]:
    """Paths of one that names several files in braces."""
    found = re.fullmatch(r"(.*){(.*)}(.*)", path)
    if not found:
        return [path]
    return [f"{found[1]}{name}{found[3]}" for name in found[2].split(",")]


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md", "docs/testing.md"])
def test_what_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = [path for found in PATH.findall(text) for path in _expanded(found)]
    assert len(named) > 5
    unwritten = ("sim/shipped/", "persistence/stores/NAME.py")  # in an installation; an example
    gone = [path for path in named if path not in unwritten and not (ROOT / path).exists()]
    assert gone == []


def test_the_page_lists_every_room() -> None:
    rooms = {room for line in ROOMS for room in line} - {"sim.__main__", "persistence"}
    paths = {room: room.replace(".", "/") for room in rooms}
    listed = {
        room for room, path in paths.items() if f"`{path}/`" in PAGE or f"`{path}.py`" in PAGE
    }
    assert listed == rooms
    shown = PAGE[PAGE.index("| room of") : PAGE.index("Words that")]
    for room in (room for line in PERSISTENCE for room in line if "checks." not in room):
        assert room.split(".")[1] in shown, room


def test_every_question_is_answered_by_what_is_there() -> None:
    table = PAGE[PAGE.index("| question |") :].split("\n\n")[0].splitlines()[2:]
    assert len(table) == 18
    for row in table:
        _, question, answer, _ = (cell.strip() for cell in row.split("|"))
        assert question.endswith("?"), row
        paths = [path for path in PATH.findall(answer) if path.endswith(".py")]
        assert paths or PATH.findall(answer), row
        for path, names in re.findall(r"`([\w/]+\.py)`: ((?:`\w+`(?:, )?)+)", answer):
            source = (ROOT / path).read_text("utf-8")
            for name in re.findall(r"`(\w+)`", names):
                assert f"def {name}(" in source, (path, name)


def test_rooms_of_the_glossary_are_one_line_each() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    rows = [line for line in glossary.splitlines() if line.startswith("| ")]
    words = [row.split("|")[1].strip() for row in rows if row.split("|")[1].strip() != "word"]
    assert len(words) == len(set(words)) > 60
    for table in glossary.split("## ")[1:]:
        named = [row.split("|")[1].strip().lower() for row in table.splitlines() if row[:2] == "| "]
        named.remove("word")
        assert named == sorted(named)
    assert "sim.world" in MODULES
