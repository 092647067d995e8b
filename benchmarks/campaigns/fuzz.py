"""Spoilt scenarios, studies, schedules, command lines: a message, exit code 2, nothing written."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.campaigns import mutations
from benchmarks.campaigns.inside import Said, contents, say, shortened, warm
from benchmarks.campaigns.trials import Trial, luck
from benchmarks.processes import ROOT

NIGHT = 10_000
SECONDS, VARIANT_SECONDS, PEAK_MB = 2.0, 0.02, 300.0
MOST_VARIANTS = 10_000
"""More than these are not to be had: a study of more is refused."""
OUTSIDE_SHARE = 0.02
"""How many of the commands are processes of their own, as users start them."""

SHIPPED = ("smoke", "small_20", "tight", "dirty", "ten_rings", "dense", "three_geographies")
STUDIES = ("stagger", "fallow", "sea_rings", "barges_and_lead_times", "harvest_plant")
ENTRIES = """\
extends: smoltflow:smoke.yaml
name: planned
schedule:
  entries:
    - {geography: Faroe Islands, start: 2024-01-01, eggs: 40000}
    - {geography: Scotland, start: 2024-01-21, batch_number: SCO-2024-001, station: 2}
    - {geography: Faroe Islands, start: 2024-02-10, target_weight_kg: 0.6}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A spoilt input: how it was spoilt, the command, and the file it reads if there is one."""

    kind: str
    how: str
    args: tuple[str, ...]
    file: str | bytes | None = None
    seconds: float = SECONDS


def _file(name: str) -> str:
    return (ROOT / "scenarios" / f"{name}.yaml").read_text(encoding="utf-8")


def _at_home(text: str, folder: str) -> str:
    """A shipped file that is read from elsewhere."""
    here = ROOT / "scenarios" / folder
    return re.sub(r"(?m)^(extends|base): (?!smoltflow:)", rf"\1: {here}/", text)


def _spoilt(text: str, chance: random.Random) -> tuple[str, str | bytes]:
    way = chance.random()
    if way < 0.6:
        return mutations.spoil_value(yaml.safe_load(text), chance)
    if way < 0.95:
        return mutations.spoil_text(text, chance)
    return "bytes", mutations.spoil_bytes(text, chance)


def unspoilt() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every input before it is spoilt: name, text, and the command that reads it."""
    for name in SHIPPED:
        yield name, _at_home(_file(name), ""), ("run",)
    yield "entries", ENTRIES, ("run",)
    for name in STUDIES:
        yield name, _at_home(_file(f"studies/{name}"), "studies"), ("study",)


def scenarios(chance: random.Random) -> Case:
    """A spoilt scenario, checked, shown or looked at."""
    name = chance.choice(SHIPPED)
    how, text = _spoilt(_at_home(_file(name), ""), chance)
    command = chance.choice((("scenario", "check"), ("scenario", "show"), ("run", "--dry-run")))
    return Case("scenario", f"{name}: {how}", (*command, "case.yaml"), text)


def schedules(chance: random.Random) -> Case:
    """A spoilt list of batches."""
    how, text = _spoilt(ENTRIES, chance)
    command = chance.choice((("scenario", "check"), ("run", "--dry-run")))
    return Case("schedule", how, (*command, "case.yaml"), text)


def studies(chance: random.Random) -> Case:
    """A spoilt study, listed."""
    name = chance.choice(STUDIES)
    how, text = _spoilt(_at_home(_file(f"studies/{name}"), "studies"), chance)
    return Case("study", f"{name}: {how}", ("study", "--dry-run", "case.yaml"), text)


_COMMANDS: dict[str, tuple[str, ...]] = {
    "run": (
        "smoke", "--dry-run", "--seed", "7", "--workers", "1", "--until", "2024-03-01",
        "--index", "full", "--memory-limit", "500MB", "--retry", "0", "--out", "x", "--database",
        "sqlite:///x/{geography}.db", "--set", "schedule.batches=2", "--log-dir", "logs",
    ),
    "study": ("stagger", "--dry-run", "--engine", "processes", "--workers", "1", "--out", "x",
              "--set", "replications=2", "--scheduler", "tcp://127.0.0.1:1"),
    "plan": (
        "smoke", "--years", "-1", "--stagger", "20", "--batches", "3", "--saturation", "0.5",
        "--seed", "1", "--simulations", "1", "--late-days", "1", "--output", "y.yaml",
    ),
    "verify": ("nowhere", "--profile", "default", "--workers", "1", "--json"),
    "wipe": ("nowhere", "--confirm", "--all"),
    "report": ("nowhere", "--out", "page.html", "--json"),
    "scenario": ("check", "smoke", "--set", "schedule.batches=2"),
}  # fmt: skip
_WORDS = (
    "", " ", "-", "--", "---", "-1", "0", "1e400", "nan", "9" * 400, "x" * 5000, "a?b", "c%20d",
    "é\u202e", "\x1b[31m", "/", "/proc/1/mem", "/dev/null", ".", "..", "sqlite://", "sqlite:///",
    "postgresql://u:pw@127.0.0.1:1/x", "postgresql://u:pw@/x?host=/nowhere", "mysql://x", "://",
    "postgresql+psycopg://[::1", "duckdb:///x", "=", "a=", "=b", "schedule.batches=",
    "schedule.batches=[", "schedule.batches={a: &a [*a]}", "eggs.count_min=1e400",
    "stages.Adult.tgc=nan", "stages.99.tgc=1", "geographies.Nowhere.areas=2", "seed=-1",
    "[/red]", "{geography}", "{x}", "--set", "--help", "--json", "--resume", "--fresh",
    "--append", "2024-13-01", "0001-01-01", "9999-12-31", "1GB", "-5MB", "0B", "0.0000001B",
    "1e30TB", "INFMB", "~", "$HOME", "`true`", "a\nb",
)  # fmt: skip


def command_lines(chance: random.Random) -> Case:
    """A spoilt command line: words that are changed, added, moved, gone."""
    command = chance.choice(list(_COMMANDS))
    words = list(_COMMANDS[command])
    fixed = 2 if command in ("run", "study") else 1
    for _ in range(chance.choice((1, 1, 2, 3))):
        way, at = chance.randrange(4), chance.randrange(fixed, len(words) + 1)
        if way == 0:
            words.insert(at, chance.choice(_WORDS))
        elif at == len(words):
            words[0] = chance.choice(_WORDS)
        elif way == 1:
            words[at] = chance.choice(_WORDS)
        elif way == 2:
            words[at] = mutations.misspelt(words[at], chance)
        else:
            del words[at]
        if len(words) <= fixed:
            break
    words = [word.replace("\x00", "") for word in words]
    return Case("command line", f"{command} {words}"[:200], (command, *words))


MAKERS: tuple[Callable[[random.Random], Case], ...] = (
    scenarios, scenarios, schedules, studies, command_lines,
)  # fmt: skip


def trials(seed: int, wanted: Iterable[int]) -> Iterator[Trial]:
    """Spoil inputs and give them to the commands."""
    warm()
    home = Path(tempfile.mkdtemp(prefix="smoltflow-fuzz-"))
    try:
        for number in wanted:
            chance = luck("fuzz", seed, number)
            yield trial(
                number, chance.choice(MAKERS)(chance), chance.random() < OUTSIDE_SHARE, home
            )
    finally:
        shutil.rmtree(home, ignore_errors=True)


def trial(number: int, case: Case, outside: bool, home: Path) -> Trial:
    """Give one input to its command, in a folder of its own."""
    folder = home / "here"
    folder.mkdir()
    if case.file is not None:
        data = (
            case.file if isinstance(case.file, bytes) else case.file.encode(errors="surrogatepass")
        )
        (folder / "case.yaml").write_bytes(data)
    before = contents(folder)
    began = time.monotonic()
    said = _outside(case, folder) if outside else say(case.args, folder, home / "said")
    took = time.monotonic() - began
    faults = said.faults
    if said.code not in (0, 2) and not (said.code == 1 and "database" in said.text):
        faults.append(f"exit code {said.code}: {shortened(said.text)}")
    if said.code == 2 and not said.text.strip():
        faults.append("refused without a word")
    if contents(folder) != before:
        faults.append(f"left {sorted(set(contents(folder)) ^ set(before)) or 'a changed file'}")
    if len(said.text) > 20_000 and said.code == 2:
        faults.append(f"a message of {len(said.text)} letters: {shortened(said.text, 100)}")
    limit = case.seconds + (VARIANT_SECONDS * said.text.count("\n") if case.kind == "study" else 0)
    if said.seconds > limit:
        faults.append(f"took {said.seconds:.1f} s of a core, at most {limit:.1f}")
    if said.peak_mb > PEAK_MB:
        faults.append(f"took {said.peak_mb:.0f} MB, at most {PEAK_MB:.0f}")
    shutil.rmtree(folder)
    return Trial("fuzz", case.kind, f"{number}: {case.how} ({' '.join(case.args)[:160]!r})",
                 f"exit {said.code}", tuple(faults), round(took, 3))  # fmt: skip


def _outside(case: Case, folder: Path) -> Said:
    """The command as users start it; its imports are not counted, and its memory is not known."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "sim", *case.args], cwd=folder, capture_output=True, timeout=60,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Said(-9, "went on for 60 seconds", 60, 0)
    text = (done.stdout + done.stderr).decode(errors="replace")
    return Said(done.returncode, text, 0, 0)
