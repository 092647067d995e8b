"""A run's folder is a path, whatever its letters, and its databases are the files in it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from persistence.stores import StoreError, file_url, mask, parse
from sim.api.folders import folder_given, made_folders
from sim.api.targets import databases_at, sqlite_path
from sim.core.failures import Failure, OptionProblem
from tests.support.command_line import MONTHS, SMOKE, USAGE, Done, fingerprint, query, say

UGLY = 'what?if %20{geography} it\'s "x" #1 北\n:memory:'
ALONE = [*MONTHS, "--workers", "1", "--no-progress"]

DAMAGED = 3  # exit code


# Paths and URLs


@pytest.mark.parametrize(
    "name",
    ["a?b", "c%20d", "50%", "e{geography}f", "a#b", "it's", '"q"', "a b", "北é", "a\nb", "-x", "~",
     ":memory:", "file:x?mode=ro", "u:p@h", "sqlite:", "a\\b", "$HOME", "*", "a\x1b[31m", "\udcff"],
)  # fmt: skip
def test_the_url_of_a_file_means_that_file(name: str) -> None:
    for path in (Path(name) / "x.sqlite", Path("/tmp") / name / f"{name}.sqlite"):
        url = file_url(path)
        assert sqlite_path(url) == path
        assert "{geography}" not in url
        assert url.isprintable()
        assert mask(url) == url


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_the_url_of_any_file_means_that_file(name: str) -> None:
    path = Path("runs") / name
    assert sqlite_path(file_url(path)) == path


def test_an_ordinary_path_stands_in_its_url_as_it_is() -> None:
    assert file_url(Path("/data/a#b c/é.db")) == "sqlite:////data/a#b c/é.db"


def test_a_question_mark_in_a_url_is_no_letter_of_a_file() -> None:
    with pytest.raises(StoreError, match="written as %3F"):
        parse("sqlite:///a?b.db")
    assert parse("sqlite:///a%3Fb.db").database == "a?b.db"


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 300, "taken", "taken/below", "link"])
@pytest.mark.parametrize("option", ["--out", "--log-dir"])
def test_what_can_be_no_folder_is_refused(
    name: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").touch()
    (tmp_path / "link").symlink_to("nowhere")
    before = sorted(tmp_path.rglob("*"))
    done = say(capsys, "run", SMOKE, *ALONE, option, name).expect(USAGE)
    assert f"Invalid value for '{option}'" in done.err
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(OptionProblem):
        folder_given("out", Path(name or "taken"))


def test_what_can_be_no_folder_is_refused_from_python_too() -> None:
    for option in "out", "log_dir":
        with pytest.raises(Failure, match=rf"{option}: .* is no path"):
            sim.run(SMOKE, **{option: "a\0b"}, workers=1)
        with pytest.raises(Failure, match=f"{option}: an empty text is no path"):
            sim.run(SMOKE, **{option: ""}, workers=1)


# What is made for a run that cannot begin


def test_folders_that_stay_empty_go_again(tmp_path: Path) -> None:
    deep, there = tmp_path / "a" / "b", tmp_path / "there"
    there.mkdir()

    def fail() -> None:
        with made_folders([deep, there], [deep / "x.sqlite", there / "y.sqlite"]):
            (deep / "x.sqlite").touch()
            (there / "y.sqlite").write_text("rows")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert sorted(tmp_path.rglob("*")) == [there, there / "y.sqlite"]


def test_folders_stay_where_something_was_written(tmp_path: Path) -> None:
    with made_folders([tmp_path / "a"]):
        pass
    assert (tmp_path / "a").is_dir()


# A run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two months in a folder with an ugly name."""
    out = tmp_path_factory.mktemp("folders") / UGLY
    few = {"schedule.batches": 2, "schedule.tail_days": 5, "recording.reading_hours": [8]}
    result = sim.run(SMOKE, overrides=few, out=out, workers=1, progress=False)
    assert result.paths["scotland"] == out / "scotland.sqlite"
    assert len(result.table("batch_batch")) == 2
    return out


@pytest.fixture
def out(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Such a run in the working folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made, tmp_path / UGLY)
    return Path(UGLY)


def again(capsys: pytest.CaptureFixture[str], folder: str, *more: str) -> Done:
    few = ("schedule.batches=2", "schedule.tail_days=5", "recording.reading_hours=[8]")
    knobs = [word for knob in few for word in ("--set", knob)]
    return say(capsys, "run", SMOKE, *knobs, "--workers", "1", "--out", folder, *more)


def test_a_run_writes_into_its_folder_and_nowhere_else(made: Path) -> None:
    assert sorted(path.name for path in made.parent.iterdir()) == [UGLY]
    names = {path.name for path in made.iterdir()}
    assert names == {"faroe_islands.sqlite", "scotland.sqlite", "manifest.json", "sessions"}


def test_a_copy_is_wiped_and_the_run_stays(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = Path("copy")
    shutil.copytree(out, copy)
    before = fingerprint(out)
    done = say(capsys, "wipe", str(copy), "--confirm").expect(0)
    assert "sqlite:///copy/scotland.sqlite" in done.out
    assert fingerprint(out) == before
    for name in ("scotland", "faroe_islands"):
        assert query(f"sqlite:///copy/{name}.sqlite", "SELECT count(*) FROM batch_batch") == [(0,)]


@pytest.mark.parametrize("command", [["verify"], ["report"], ["wipe", "--confirm"]])
@pytest.mark.parametrize("left", ["nothing", "empty files"])
def test_a_copy_without_its_databases_says_so(
    command: list[str], left: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path("copy")
    copy.mkdir()
    shutil.copy(out / "manifest.json", copy)
    if left == "empty files":
        for name in ("scotland", "faroe_islands"):
            (copy / f"{name}.sqlite").touch()
    before = fingerprint(Path())
    code, words = USAGE, "'copy' holds no databases of a run"
    if left == "empty files":
        code = {"verify": DAMAGED, "wipe": 0}.get(command[0], USAGE)
        words = "no such table" if command[0] == "verify" else "holds no run"
    done = say(capsys, *command, "copy").expect(code)
    assert words in done.out + done.err
    assert fingerprint(Path()) == before


@pytest.mark.parametrize("how", ["moved", "linked", "absolute", "from within"])
def test_a_folder_is_found_wherever_it_is(
    how: str, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = {"moved": "elsewhere", "linked": "link", "absolute": str(tmp_path / out)}.get(how, ".")
    if how == "moved":
        out.rename(place)
    elif how == "linked":
        Path(place).symlink_to(out)
    elif how == "from within":
        monkeypatch.chdir(out)
    files = [sqlite_path(url) for url in databases_at([place])]
    assert files == [Path(place) / "faroe_islands.sqlite", Path(place) / "scotland.sqlite"]
    assert all(path is not None and path.exists() for path in files)


def test_databases_that_never_were_in_the_folder_are_found_where_they_are(
    out: Path, tmp_path: Path
) -> None:
    told = json.loads((out / "manifest.json").read_text())
    urls = [f"sqlite:///{tmp_path}/data/x.db", "postgresql://me:***@host/db"]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.db").touch()
    (out / "manifest.json").write_text(json.dumps(told | {"database": urls, "in_folder": False}))
    assert list(databases_at([str(out)])) == [urls[0], "postgresql://me:@host/db"]


def test_a_manifest_that_is_gone_is_written_again(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (out / "manifest.json").read_text()
    (out / "manifest.json").unlink()
    again(capsys, UGLY).expect(0)
    assert (
        json.loads((out / "manifest.json").read_text())["digests"]
        == (json.loads(before)["digests"])
    )


def test_a_moved_run_is_told_with_its_new_place(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out.rename("new")
    told = again(capsys, "new", "--json").expect(0).manifest
    assert told["database"] == [f"sqlite:///new/{name}.sqlite"
                                for name in ("faroe_islands", "scotland")]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"database": []}', '{"database": 3}', '{"database": [3]}', "\xff",
             '{"database": ["x"]}', "[" * 99_999]
)  # fmt: skip
def test_what_is_no_manifest_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="latin-1")
    done = say(capsys, "wipe", str(tmp_path), "--confirm").expect(USAGE)
    assert "manifest.json is not the manifest of a run" in done.err


def test_no_text_is_no_folder(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(out)
    done = say(capsys, "wipe", "", "--confirm").expect(USAGE)
    assert "'' is neither a database URL nor the folder of a run" in done.err
