"""Results are kept exactly once and whole; rounds and the digest depend on nothing but numbers."""

from __future__ import annotations

import csv
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from persistence.study_results import (
    FILE,
    StudyFileError,
    StudyFolderError,
    StudyResults,
    StudyVariant,
    explained_results,
    wipe_results,
)
from sim.api.study_book import StudyBook
from sim.scenario import Scenario
from sim.study.conduct import conduct
from sim.study.executor import InProcess, Watch, failed
from sim.study.loader import StudyPlan, load_study
from sim.study.results import TABLES, UNDIGESTED, Replication, Task
from tests.support.command_line import ROOT
from tests.support.study_work import fake

SMOKE = ROOT / "scenarios" / "smoke.yaml"
STUDY = f"""\
name: trial
base: {SMOKE}
factors:
  - name: areas
    paths: [geographies.Scotland.areas]
    values: [1, 2, 3]
"""


def plan(folder: Path, more: str = "replications: 3") -> StudyPlan:
    def catalogue(_: Scenario) -> list[str]:
        return ["tonnes", "fcr"]

    (folder / "study.yaml").write_text(f"{STUDY}{more}\n")
    return load_study(folder / "study.yaml", catalogue=catalogue)


class Nobody:
    """Watches nothing, and remembers the rounds."""

    def __init__(self) -> None:
        self.rounds: list[tuple[int, int]] = []
        self.replications = 0

    def round(self, done: int, total: int, replications: int) -> None:
        self.rounds.append((done, total))
        self.replications = replications

    def beat(self, beat: object) -> None: ...

    def recorded(self, replication: object) -> None: ...


class Disorderly(InProcess):
    """Does tasks in another order, some of them in vain, and is interrupted after a number."""

    def __init__(self, seed: int, fails: Sequence[tuple[int, int]] = (), after: int = 999) -> None:
        super().__init__(fake)
        self.order, self.fails, self.after = random.Random(seed), fails, after

    def run(self, tasks: Sequence[Task], watch: Watch) -> Iterator[Replication]:
        for task in self.order.sample(tasks, len(tasks)):
            if self.after == 0:
                raise KeyboardInterrupt
            self.after -= 1
            bad = task.unit in self.fails
            yield failed(task, "no luck") if bad else next(super().run([task], watch))


def kept(folder: Path) -> StudyResults:
    return StudyResults(folder, TABLES, write=True)


def done(folder: Path, study: StudyPlan, executor: InProcess) -> tuple[str, int]:
    """Conduct a study; returns the digest and the replications of each variant."""
    with kept(folder) as results:
        ended = conduct(study, StudyBook(results, len(study.variants)), executor, Nobody())
        return results.digest(ended.replications, UNDIGESTED), ended.replications


def test_tables_are_the_same_in_any_order(tmp_path: Path):
    study = plan(tmp_path)
    orders = [done(tmp_path / str(seed), study, Disorderly(seed)) for seed in range(3)]
    assert len(set(orders)) == 1
    for seed in range(3):
        with StudyResults(tmp_path / str(seed), TABLES) as results:
            results.export(3)
    for table in ("kpis", "waits", "usage"):
        texts = {(tmp_path / str(seed) / f"{table}.csv").read_text() for seed in range(3)}
        assert len(texts) == 1
        assert len(texts.pop().splitlines()) == 1 + {"kpis": 27, "waits": 9, "usage": 0}[table]


def test_a_digest_sees_the_last_digit_and_no_clock(tmp_path: Path):
    def digest(name: str, kpi: float, seconds: float) -> str:
        with kept(tmp_path / name) as results:
            StudyBook(results, 1).record(
                Replication(0, 0, 1, kpis={"x": kpi}, seconds=seconds, worker=name)
            )
            return results.digest(1, UNDIGESTED)

    first = digest("a", 0.1 + 0.2, 1.0)
    assert digest("b", 0.1 + 0.2, 2.0) == first
    assert digest("c", 0.3, 1.0) != first


def test_an_interrupted_study_goes_on_where_it_was(tmp_path: Path):
    study = plan(tmp_path)
    whole = done(tmp_path / "whole", study, InProcess(fake))
    folder = tmp_path / "broken"
    for seed, after in enumerate((2, 3)):
        with pytest.raises(KeyboardInterrupt):
            done(folder, study, Disorderly(seed, after=after))
    with kept(folder) as results:
        assert len(results.done()) == 5
        view = Nobody()
        conduct(study, StudyBook(results, 3), InProcess(fake), view)
        assert view.rounds == [(5, 9)]
    assert done(folder, study, Disorderly(9, after=0)) == whole


def test_a_failed_replication_is_a_row_and_is_tried_again(tmp_path: Path):
    study, folder = plan(tmp_path), tmp_path / "out"
    done(folder, study, Disorderly(1, fails=[(1, 2), (2, 0)]))
    with StudyResults(folder, TABLES) as results:
        errors = {row[:2]: row[6] for row in results.rows("replications")}
        assert len(errors) == 9
        assert {unit for unit, error in errors.items() if error == "no luck"} == {(1, 2), (2, 0)}
        values = StudyBook(results, 3).values(3)["tonnes"]
        assert np.isnan(values).sum() == 2
        assert np.isnan(values[1, 2])
    assert done(folder, study, InProcess(fake)) == done(tmp_path / "b", study, InProcess(fake))
    with StudyResults(folder, TABLES) as results:
        assert len(list(results.rows("replications"))) == 9


def test_more_replications_do_only_what_is_missing(tmp_path: Path):
    folder = tmp_path / "out"
    done(folder, plan(tmp_path), InProcess(fake))
    more = plan(tmp_path, "replications: 5")
    with kept(folder) as results:
        view = Nobody()
        conduct(more, StudyBook(results, 3), InProcess(fake), view)
        assert view.rounds == [(9, 15)]
        # Fewer again: what is beyond them does not count.
        assert len(list(results.rows("kpis", 3))) == 27
        digest = results.digest(3, UNDIGESTED)
    assert digest == done(tmp_path / "b", plan(tmp_path), InProcess(fake))[0]


def test_rounds_go_on_until_the_mean_is_known(tmp_path: Path):
    rule = "replications: {{until: {{tonnes: {share}}}, at_least: 3, at_most: 12, each_round: 4}}"
    loose = done(tmp_path / "loose", plan(tmp_path, rule.format(share=0.5)), InProcess(fake))
    assert loose[1] == 3
    strict = plan(tmp_path, rule.format(share=0.0001))
    assert done(tmp_path / "strict", strict, InProcess(fake))[1] == 12
    between = plan(tmp_path, rule.format(share=0.0035))
    found = [done(tmp_path / f"b{seed}", between, Disorderly(seed)) for seed in range(3)]
    assert len(set(found)) == 1
    assert found[0][1] in (7, 11)


def test_a_resumed_study_stops_at_the_same_round(tmp_path: Path):
    """Replications beyond the round at which the question is answered change nothing."""
    rule = "replications: {until: {tonnes: 0.5}, at_least: 3, at_most: 12}"
    done(tmp_path / "a", plan(tmp_path, "replications: 9"), InProcess(fake))
    found = done(tmp_path / "a", plan(tmp_path, rule), InProcess(fake))
    assert found == done(tmp_path / "b", plan(tmp_path, rule), InProcess(fake))


def test_a_replication_is_kept_whole_or_not_at_all(tmp_path: Path):
    with kept(tmp_path) as results:
        book = StudyBook(results, 2)
        good = fake(Task(0, 0, 1, "{}", None, "test"), lambda _: None)
        book.record(good)
        broken = replace(good, variant=1, waits=[("North", "rings", "rings", object(), 1, 1, 1)])
        with pytest.raises(sqlite3.Error):
            book.record(broken)
        assert results.done() == {(0, 0)}
        assert {row[:2] for row in results.rows("kpis")} == {(0, 0)}
        book.record(replace(good, kpis={"tonnes": 7.0}))
        assert list(results.rows("kpis")) == [(0, 0, "tonnes", 7.0)]


def test_one_study_at_a_time_writes_into_a_folder(tmp_path: Path):
    with kept(tmp_path), pytest.raises(StudyFolderError, match="another study is being written"):
        kept(tmp_path)
    with kept(tmp_path):
        pass


def test_wiping_leaves_other_files_alone(tmp_path: Path):
    with kept(tmp_path) as results:
        results.begin([StudyVariant(0, "base", {"areas": 2}, "{}")], name="trial")
        results.export(1)
    (tmp_path / "notes.txt").write_text("mine")
    wipe_results(tmp_path, list(TABLES))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "notes.txt"]


def test_tables_as_csv_and_parquet_say_the_same(tmp_path: Path):
    from pyarrow import parquet

    with kept(tmp_path) as results:
        variants = [StudyVariant(0, "base", {"areas": 2, "pace": None}, "{}")]
        variants.append(StudyVariant(1, "areas=3", {"areas": 3, "pace": "slow"}, "{}"))
        results.begin(variants)
        for variant in range(2):
            task = Task(variant, 0, 1, "{}", None, "test")
            StudyBook(results, 2).record(fake(task, lambda _: None))
        written = results.export(1)
    assert {path.suffix for path in written} == {".csv", ".parquet"}
    for table in ("variants", *TABLES):
        with (tmp_path / f"{table}.csv").open(newline="") as file:
            head, *rows = csv.reader(file)
        columns = parquet.read_table(tmp_path / f"{table}.parquet").to_pydict()
        assert list(columns) == head
        texts = [["" if value is None else str(value) for value in columns[name]] for name in head]
        assert [list(row) for row in zip(*texts, strict=True)] == rows
    assert not (tmp_path / FILE).with_suffix(".csv").exists()


@pytest.mark.parametrize(
    ("message", "words", "passing"),
    [
        ("database or disk is full", "the disk is full", True),
        ("disk I/O error", "cannot be read or written", True),
        ("file is not a database", "this is not a file of results", False),
        ("no such table: replications", "this is not a file of results", False),
        ("attempt to write a readonly database", "read-only", False),
    ],
)
def test_what_sqlite_complains_of_is_told_in_a_sentence(
    message: str, words: str, passing: bool, tmp_path: Path
) -> None:
    def fail() -> None:
        with explained_results(tmp_path):
            raise sqlite3.OperationalError(message)

    with pytest.raises(StudyFileError, match=words) as error:
        fail()
    assert error.value.passing is passing
    assert str(tmp_path / "results.sqlite") in str(error.value)


@pytest.mark.parametrize("name", ["a?b", "c%20d", "e#f"])
def test_results_that_are_removed_meanwhile_are_missed(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    task = Task(0, 0, 1, "{}", None, "test")
    with StudyResults(folder, TABLES, write=True) as results:
        book = StudyBook(results, 1)
        book.record(fake(task, lambda _: None))
        (folder / FILE).unlink()
        with pytest.raises(StudyFileError, match="was removed while it was written"):
            book.record(fake(replace(task, replication=1), lambda _: None))
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]
