"""Bad input: one clear message, the right exit code, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.command_line import FAULT, MONTHS, SMOKE, USAGE, Done, say_refused, sim

Say = Callable[..., Done]


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    return partial(say_refused, tmp_path, capsys)


# Knobs


KNOBS = {
    "schedule.bathces=3": "schedule.bathces: unknown knob (did you mean 'batches'?)",
    "schedule.batches=many": 'schedule.batches: expected a whole number, found "many"',
    "schedule.batches=2.5": "schedule.batches: expected a whole number, found 2.5",
    "schedule.batches=0": "schedule.batches: must be at least 1 (found 0)",
    "schedule.batches": "expected path=value",
    "schedule.end=2025-02-30": "schedule.end: expected a date",
    "schedule.start=2026-01-01": "schedule.end: the end 2025-12-31 is not after the start",
    "seed=-1": "seed: must be at least 0 (found -1)",
    "name=../elsewhere": "name: must match",
    "eggs.count_max=9000000": "each Incubation Tray holds 100 kg",
    "eggs.count_min=60000": "eggs.count_min: count_min 60000 is above count_max",
    "stages.Fry.containers_per_batch=3": "a batch takes 3 containers but a hall has 2",
    "stages.Adult.containers_per_batch=5": "5 rings but an area of Faroe Islands has 4",
    "stages.Smolt.hall=B": "hall B is another stage's",
    "stages.Fry.container_type=Frey Tank": "container_type: no container type is named",
    "stages.Fry.feeds=[{feed: Fodder}]": "stages.1.feeds.0.feed: no feed is named 'Fodder'",
    "geographies.0.wellboat_kg=100": "does not fit into a wellboat of 100 kg",
    "geographies.0.plant_kg_per_day=10": "is more than the plant takes in a day",
    "geographies.1.areas=0": "the stages end at sea but there is no area",
    "geographies.1.name=Faroe Islands": "geography 'Faroe Islands' is given twice",
    "geographies.Norway.areas=1": "no entry has that name; there are Faroe Islands, Scotland",
    "harvest.target_kg_mean=9": "target_kg_mean 9.0 is not between target_kg_min and _max",
    "recording.reading_hours=[8, 6]": "recording.reading_hours: the hours must rise and differ",
    "writing.chunk_days=0": "writing.chunk_days: must be at least 1",
}


@pytest.mark.parametrize("knob", KNOBS)
def test_a_knob_that_cannot_be_is_refused_by_its_path(knob: str, refused: Say) -> None:
    done = refused(USAGE, "run", SMOKE, "--set", knob)
    assert done.err.count("\n") == 1 or knob.startswith("eggs.count_max")
    assert KNOBS[knob] in done.err


def test_everything_that_is_wrong_is_told_at_once(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        f"name: bad\nextends: {SMOKE}\nschedule: {{bathces: 3}}\nseeed: 1\n"
    )
    done = refused(USAGE, "run", "bad.yaml", "--set", "eggs.weight_g=7")
    assert done.err.splitlines() == [
        "bad.yaml:3:12: schedule.bathces: unknown knob (did you mean 'batches'?)",
        "bad.yaml:4:1: seeed: unknown knob (did you mean 'seed'?)",
        "--set:1:15: eggs.weight_g: must be at most 1 (found 7)",
    ]


@pytest.mark.parametrize("pair", [("Nord-Vest", "Nord Vest"), ("北", "南")])
def test_geographies_whose_files_would_be_the_same_are_refused(
    pair: tuple[str, str], refused: Say
) -> None:
    names = [f"geographies.{number}.name={name}" for number, name in enumerate(pair)]
    refused(USAGE, "run", SMOKE, *MONTHS, "--set", names[0], "--set", names[1])


# Files


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)
FILES: dict[str, tuple[bytes | None, str]] = {
    "missing.yaml": (None, "missing.yaml:1:1: no such file"),
    "empty.yaml": (b"", "empty.yaml:1:1: the file is empty"),
    "list.yaml": (b"- a\n- b\n", "list.yaml:1:1: a scenario is a mapping"),
    "picture.yaml": (b"\x89PNG\r\n\x1a\n\xff\xfe", "picture.yaml:1:1: not UTF-8 text"),
    "broken.yaml": (b"name: [x\n", "broken.yaml:2:1: not YAML"),
    "bomb.yaml": (BOMB.encode(), "more than 50,000 values, counting what aliases repeat"),
    "deep.yaml": (b"a: " + b"[" * 5000, "nested more than 32 levels deep"),
    "twice.yaml": (b"name: x\nseed: 1\nseed: 2\n", "twice.yaml:3:1: seed: given twice"),
    "tag.yaml": (b"name: !!python/name:os.system x\n", "tags such as !!python"),
    "orphan.yaml": (b"extends: base.yaml\nname: x\n", "base.yaml: no such file"),
    "ring.yaml": (b"extends: ring.yaml\nname: x\n", "the files extend each other"),
    "huge.yaml": (b"#" * 1_000_001, "larger than 1,000,000 bytes"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("command", [["run"], ["scenario", "check"], ["scenario", "show"]])
def test_a_file_that_is_no_scenario_is_refused_at_its_place(
    name: str, command: list[str], refused: Say, tmp_path: Path
) -> None:
    content, words = FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert words in refused(USAGE, *command, name).err


def test_a_folder_is_no_scenario(refused: Say, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "folder:1:1: this is a directory" in refused(USAGE, "run", "folder").err


def test_a_file_that_cannot_be_read_is_refused(refused: Say) -> None:
    unreadable = Path("/proc/self/mem")  # for root too, who may read any ordinary file
    if not unreadable.exists():
        pytest.skip("there is no file here that nobody can read")
    assert f"{unreadable}:1:1: cannot be read: " in refused(USAGE, "run", str(unreadable)).err


# Options and commands


OPTIONS: dict[str, tuple[list[str], str]] = {
    "a day that is none": (["--until", "2025-13-01"], "'2025-13-01' is not a date"),
    "a word for a day": (["--until", "soon"], "'soon' is not a date (YYYY-MM-DD)"),
    "an end before the start": (
        ["--until", "2025-05-05"],
        "is not after the first day, 2025-05-05",
    ),
    "no worker": (["--workers", "0"], "'--workers': 0 is not in the range"),
    "a word for a number": (["--workers", "two"], "'two' is not a valid integer"),
    "a negative seed": (["--seed", "-3"], "'--seed'"),
    "two ways at once": (["--resume", "--fresh"], "at most one of --resume, --fresh and --append"),
    "a misspelt option": (["--databse", "x"], "No such option '--databse'"),
    "an option without its value": (["--database"], "requires an argument"),
    "two scenarios": ([SMOKE], "unexpected extra argument"),
}


@pytest.mark.parametrize("what", OPTIONS)
def test_options_that_make_no_sense_are_refused(what: str, refused: Say) -> None:
    args, words = OPTIONS[what]
    assert words in refused(USAGE, "run", SMOKE, *args).err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["rnu", SMOKE], "No such command 'rnu'. (did you mean 'run'?)"),
        (["scenarios"], "(did you mean 'scenario'?)"),
        (["xyzzy"], "No such command 'xyzzy'."),
        (["run"], "Missing argument 'SCENARIO'"),
        (["wipe"], "Missing argument"),
        (["scenario", "chek", SMOKE], "No such command 'chek'"),
    ],
)
def test_commands_that_are_not_there_are_refused(args: list[str], words: str, refused: Say) -> None:
    assert words in refused(USAGE, *args).err


@pytest.mark.parametrize("option", ["--out", "--log-dir"])
def test_a_file_where_a_folder_must_be_is_refused(
    option: str, refused: Say, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    done = refused(USAGE, "run", SMOKE, *MONTHS, "--workers", "1", option, "taken")
    assert "taken" in done.err


def test_the_program_itself_ends_with_the_code_and_without_a_traceback(tmp_path: Path) -> None:
    done = sim("run", "missing.yaml", folder=tmp_path).expect(USAGE)
    assert done.err == "missing.yaml:1:1: no such file\n"
    done = sim("run", SMOKE, "--database", "sqlite:///no/such/x.db", folder=tmp_path).expect(FAULT)
    assert "the folder no/such does not exist" in done.err
    assert list(tmp_path.iterdir()) == []
