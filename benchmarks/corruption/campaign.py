"""The campaign: a small company, a change in a copy of its files, and what verify says of it."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.corruption.changes import Corruption, changes
from benchmarks.processes import ROOT
from persistence.checks.engine.guard import DAMAGE
from persistence.mapping import mappings
from persistence.recompute import recompute

RESULTS = ROOT / "runs" / "benchmarks" / "corruption.jsonl"
COMPANY = (
    "name=checks", "schedule.batches=6", "schedule.stagger_days=25", "schedule.tail_days=45",
    "recording.reading_hours=[8, 16]", "recording.growth_sample_fish=4",
    "geographies.0.stations=1", "geographies.1.stations=1", "geographies.0.areas=1",
    "geographies.1.areas=1", "geographies.0.barge_kg=9000", "geographies.1.barge_kg=15000",
    "feed_supply.opening_t=10", *(f"feeds.{feed}.shelf_life_days=120" for feed in range(4)),
)  # fmt: skip
"""Batches wait, move, use what others have left, and two of three of a geography are harvested."""
SEEN, NOTHING, ALIKE, MISSED = "seen", "nothing to change", "no cell differs", "missed"
EVERY = 50
_FAILED = 3
_MAPPED = {mapping.table for mapping in mappings()}


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a change.

    Attributes:
        kind: which row of the table it counts in; ``name`` which one it was.
        outcome: seen, nothing to change, no cell differs, or missed.
        by: the first check that saw it.
        faults: what must not be; none: the trial passed.
    """

    campaign: str
    kind: str
    name: str
    outcome: str
    by: str = ""
    faults: tuple[str, ...] = ()
    seconds: float = 0.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--slice", default="1/1", metavar="I/N", help="the I-th of N parts")
    parser.add_argument("--kind", action="append", help="only trials of this kind")
    parser.add_argument("--results", type=Path, default=RESULTS, help="file they are appended to")
    parser.add_argument("--tables", action="store_true", help="only print the tables of that file")


def campaign(options: argparse.Namespace) -> None:
    """Do a slice of the trials, or print the tables; ends with 1 if one failed."""
    if not options.tables:
        number, _, of = options.slice.partition("/")
        chosen = [
            change for change in changes() if not options.kind or change.kind in options.kind
        ][int(number) - 1 :: int(of)]
        options.results.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="smoltflow-corruption-") as folder:
            for trial in trials(SoundCompany.made(Path(folder)), chosen):
                _keep(trial, options.results)
    done = read(options.results)
    print(table(done))
    if any(trial.faults for trial in done):
        raise SystemExit(1)


@dataclass(frozen=True, slots=True)
class SoundCompany:
    """A run that is in order: in one file, and in a file for each geography.

    Attributes:
        folder: where copies are made.
        files: the databases, by ``whole``, ``first`` and ``second``.
        counted: the digests of its tables.
    """

    folder: Path
    files: Mapping[str, Path]
    counted: Mapping[str, str]

    @classmethod
    def made(cls, folder: Path) -> SoundCompany:
        """Run it."""
        whole = folder / "whole.db"
        _say(["run", *_run(folder / "one"), "--database", f"sqlite:///{whole}"], 0)
        _say(["run", *_run(folder / "two")], 0)
        first, second = sorted((folder / "two").glob("*.sqlite"))
        return cls.of(folder, {"whole": whole, "first": first, "second": second})

    @classmethod
    def of(cls, folder: Path, files: Mapping[str, Path]) -> SoundCompany:
        """Take one that has been run."""
        with closing(sqlite3.connect(files["whole"])) as connection:
            (manifest,) = connection.execute("SELECT manifest FROM smoltflow_run").fetchone()
        told = json.loads(manifest)
        return cls(folder, files, {**told["digests"], **told["own_digests"]})

    def copy(self, change: Corruption) -> list[Path]:
        """Copy what verify needs to look at after a change, the changed file first."""
        names = ("whole",) if change.file == "whole" else ("second", "first")
        (self.folder / "copies").mkdir(exist_ok=True)
        return [
            Path(shutil.copy(self.files[name], self.folder / "copies" / f"{name}.db"))
            for name in names
        ]


def trials(
    company: SoundCompany, chosen: Iterable[Corruption], every: int = EVERY
) -> Iterator[Tried]:
    """Do some trials."""
    for number, change in enumerate(chosen):
        began = time.monotonic()
        paths = company.copy(change)
        outcome, by, faults = _trial(company, change, paths, asked=number % every == every - 1)
        seconds = round(time.monotonic() - began, 2)
        yield Tried("corruption", change.kind, change.name, outcome, by, faults, seconds)


def _trial(
    company: SoundCompany, change: Corruption, paths: Sequence[Path], *, asked: bool
) -> tuple[str, str, tuple[str, ...]]:
    if not change.do(paths[0]):
        return NOTHING, "", ()
    urls = [f"sqlite:///{path}" for path in paths]
    if not asked and change.table in _MAPPED and change.file == "whole":
        try:
            found = recompute(urls, 1, tables={change.table})[change.table].hex()
        except DAMAGE:
            return SEEN, "digests", ()
        except KeyError:
            found = ""
        if found != company.counted.get(change.table, ""):
            return SEEN, "digests", ()
    code, failed, complaint = verified(urls)
    if code == _FAILED:
        return SEEN, failed, ()
    if not change.table and code == 0 and _alike(company.files["whole"], paths[0]):
        return ALIKE, "", ()
    return MISSED, "", (f"verify ended with {code}: {complaint}",)


def verified(urls: Sequence[str]) -> tuple[int, str, str]:
    """What verify ends with, the first check that failed, and what it complained of."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _command(["verify", *urls, "--workers", "1", "--json"])
    try:
        checks = json.loads(out.getvalue())["checks"]
        failed = next((check["name"] for check in checks if not check["passed"]), "")
    except ValueError:
        failed = ""
    return code, failed, err.getvalue().strip().splitlines()[-1] if err.getvalue() else ""


def _command(words: Sequence[str]) -> int:
    from sim.cli import main

    try:
        main(list(words))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _say(words: Sequence[str], expected: int) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        code = _command(words)
    if code != expected:
        raise SystemExit(f"smoltflow {' '.join(words)} ended with {code}")


def _run(out: Path) -> list[str]:
    sets = [word for knob in COMPANY for word in ("--set", knob)]
    smoke = str(ROOT / "scenarios" / "smoke.yaml")
    return [smoke, "--out", str(out), "--workers", "1", "--no-progress", *sets]


def _alike(good: Path, other: Path) -> bool:
    """Whether two files hold the same schema and rows: a byte that nobody reads differs."""
    try:
        contents = []
        for path in (good, other):
            with closing(sqlite3.connect(path)) as connection:
                contents.append(list(connection.iterdump()))
    except sqlite3.Error:
        return False
    return contents[0] == contents[1]


def _keep(trial: Tried, file: Path) -> None:
    about = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    with file.open("a", encoding="utf-8") as results:
        results.write(json.dumps(asdict(trial) | about, sort_keys=True) + "\n")
    for fault in trial.faults:
        print(f"{trial.kind}: {trial.name}: {fault}", file=sys.stderr)


def read(file: Path) -> list[Tried]:
    """The trials of a file; one that was done again counts as it came out last."""
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row["faults"] = tuple(row["faults"])
        trial = Tried(*(row[name] for name in Tried.__dataclass_fields__))
        found[trial.kind, trial.name] = trial
    return list(found.values())


_UNSEEN = """
a note in smoltflow_key of a row that a wiped run left: nothing else tells of it
a row in smoltflow_run of an older run that is not finished: one stopped at once looks the same
-0.0 in place of 0.0 in a column of doubles: they are equal
two rows that nothing refers to and that change ids: the same rows are there
a seal or a digest worked out anew over what was changed: checksums tell of no forgery
bytes of a file that no row, index or page uses
on PostgreSQL, an index that disagrees with its table: what only reads cannot tell; amcheck can
"""
"""What cannot be seen, and why."""


def table(done: Iterable[Tried]) -> str:
    """The Markdown tables: a row for each kind of trial, what saw them, and what was missed."""
    kinds: dict[str, list[Tried]] = defaultdict(list)
    for trial in done:
        kinds[trial.kind].append(trial)
    lines = ["| change | trials | seen | nothing to change | no cell differs | missed | seen by |",
             "|---|---:|---:|---:|---:|---:|---|"]  # fmt: skip
    for kind, mine in sorted(kinds.items()):
        outcomes = Counter(trial.outcome for trial in mine)
        by = Counter(trial.by or "the command" for trial in mine if trial.outcome == SEEN)
        told = ", ".join(f"{name} {count}" for name, count in by.most_common(4))
        counts = " | ".join(str(outcomes[name]) for name in (SEEN, NOTHING, ALIKE, MISSED))
        lines.append(f"| {kind} | {len(mine)} | {counts} | {told} |")
    lines += [
        "",
        "What cannot be seen, and why:",
        "",
        *(f"- {reason}" for reason in _UNSEEN.strip().splitlines()),
    ]
    missed = [trial for mine in kinds.values() for trial in mine if trial.faults]
    lines += ["", *(f"- missed: {t.kind}, {t.name}: {'; '.join(t.faults)}" for t in missed)]
    return "\n".join(lines).rstrip()
