"""Command lines that nobody would type: never a traceback, and nothing is written."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sim.cli import cli
from sim.core.failures import Failure
from tests.support.command_line import SMOKE, USAGE, fingerprint, say

STUDY = str(Path(SMOKE).parent / "studies" / "sea_rings.yaml")
BASES = {
    "run": ["run", SMOKE, "--dry-run"],
    "study": ["study", STUDY, "--dry-run"],
    "plan": ["plan", SMOKE],
    "report": ["report", "nowhere"],
    "verify": ["verify", "nowhere"],
    "wipe": ["wipe", "nowhere"],
    "scenario check": ["scenario", "check", SMOKE],
    "scenario show": ["scenario", "show", SMOKE],
    "scenario schema": ["scenario", "schema"],
    "scenario list": ["scenario", "list"],
}
VALUES = (
    "", " ", "a\0b", "a\nb", "-1", "0", "nan", "inf", "1e999", "9" * 400, "x" * 70_000, "\udcff",
    "[/b]", "%", "{", "}{", "{geography}", "--", "-", "\x1b[2J", "北", "٣", "sqlite:///", "://",
    "http://[", "postgresql://[::1", "a=b=c", "=", "..", "a.b.c=[", "0x10", "1_000", "none",
    "/dev/null", "/dev/null/x", "/proc/self/x", ".", "smoltflow:", "~/x", "2025-02-30", "today",
)  # fmt: skip


def command_of(name: str) -> click.Command:
    found: click.Command = cli
    for word in name.split():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), word) or pytest.fail(word)
    return found


def lines(name: str) -> Iterator[list[str]]:
    """A command with each of its options and arguments having each of the values."""
    base = BASES[name]
    for param in command_of(name).params:
        for value in VALUES:
            if isinstance(param, click.Argument):
                yield [*name.split(), value]
                yield [*name.split(), "--", value]
            elif not (param.is_flag or param.count):  # type: ignore[attr-defined]
                yield [*base, f"{param.opts[-1]}={value}"]
                yield [*base, param.opts[0], value]
            else:
                yield [*base, f"{param.opts[-1]}={value}"]
        yield [*base, param.opts[-1]]
        yield [*base, param.opts[-1], param.opts[-1]]


ALL = [line for name in BASES for line in lines(name)]


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def stop(*_: object) -> None:
        raise Failure("a plan would be made", USAGE)

    planning = importlib.import_module("sim.planner.planning")
    monkeypatch.setattr(planning, "plan_schedule", stop)


def try_lines(some: list[list[str]], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = fingerprint(folder), sorted(folder.rglob("*"))
    for line in some:
        done = say(capsys, *line)
        told = f"{[word[:80] for word in line]}: {done.code}\n{done.err[:2000]}"
        assert done.code in (0, USAGE), told
        assert "unforeseen" not in done.err, told
        assert "Traceback" not in done.err, told
        assert len(done.err) < 3_000, told
        assert all(char.isprintable() or char == "\n" for char in done.err), told
        assert done.code == 0 or done.err.strip(), told
        if line[:2] == ["scenario", "schema"] and done.code == 0:
            for path in folder.iterdir():  # as it was asked to
                path.unlink()
        assert (fingerprint(folder), sorted(folder.rglob("*"))) == before, told


def test_odd_command_lines_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try_lines(ALL[::59], tmp_path, capsys)


@pytest.mark.long
@pytest.mark.parametrize("part", range(8))
def test_all_odd_command_lines_are_refused(
    part: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try_lines(ALL[part::8], tmp_path, capsys)


@pytest.mark.parametrize(
    "line",
    [
        [], ["--"], ["-v"], [""], ["\0"], ["x" * 70_000], ["--x" + "y" * 70_000], ["\x1b[2J"],
        ["scenario"], ["scenario", ""], ["scenario", "x" * 70_000],
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused(
    line: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try_lines([line], tmp_path, capsys)
