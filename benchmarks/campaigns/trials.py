"""What became of a trial, where it is kept, and the tables that are made from it.

A campaign gives its trials by number. What a trial does follows from the seed and its number alone,
so that a slice can be done again, on its own or by another machine.
"""

from __future__ import annotations

import json
import platform
import random
import resource
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial that was done.

    Attributes:
        campaign: the campaign's name.
        kind: which row of its table the trial counts in.
        name: what was tried: enough to do it again.
        outcome: what came of it, in a word or two.
        faults: what must not be, one sentence each; none: the trial passed.
        seconds: how long it took.
    """

    campaign: str
    kind: str
    name: str
    outcome: str
    faults: tuple[str, ...] = ()
    seconds: float = 0.0


def luck(campaign: str, seed: int, number: int) -> random.Random:
    """The luck of one trial."""
    return random.Random(f"{campaign}/{seed}/{number}")  # noqa: S311 - repeatable on purpose


def sliced(text: str) -> tuple[int, int]:
    """Read ``i/n``: the i-th of n slices, from 1.

    Raises:
        ValueError: this is no slice.
    """
    number, _, of = text.partition("/")
    if not 1 <= int(number) <= int(of):
        raise ValueError(text)
    return int(number), int(of)


def numbers(trials: int, part: tuple[int, int]) -> range:
    """The numbers of the trials of a slice."""
    return range(part[0] - 1, trials, part[1])


def keep(trials: Iterable[Trial], file: Path | None, about: dict[str, object]) -> Iterator[Trial]:
    """Append each trial to a file as a line of JSON, as soon as it is done."""
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    for trial in trials:
        if file is not None:
            line = asdict(trial) | about | machine
            with file.open("a", encoding="utf-8") as results:
                results.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
        if trial.faults:
            print(f"{trial.kind}: {trial.name}", file=sys.stderr)
            for fault in trial.faults:
                print(f"    {fault}", file=sys.stderr)
        yield trial


def read(files: Iterable[Path]) -> list[Trial]:
    """The trials of some files; one that was done again counts as it came out last."""
    found: dict[tuple[str, ...], Trial] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            trial = Trial(*(row[name] for name in Trial.__dataclass_fields__))
            number = trial.name.partition(":")[0]
            found[(trial.campaign, trial.kind, number, str(row.get("seed")))] = trial
    return list(found.values())


def table(trials: Iterable[Trial]) -> str:
    """The Markdown tables: per campaign, a row for each kind of trial."""
    campaigns: dict[str, dict[str, list[Trial]]] = defaultdict(lambda: defaultdict(list))
    for trial in trials:
        campaigns[trial.campaign][trial.kind].append(trial)
    lines: list[str] = []
    for campaign, kinds in campaigns.items():
        lines += [
            f"### {campaign}",
            "",
            "| kind | trials | came to | failed |",
            "|---|---:|---|---:|",
        ]
        for kind, done in sorted(kinds.items()):
            outcomes = Counter(trial.outcome for trial in done).most_common()
            told = ", ".join(f"{outcome}: {number}" for outcome, number in outcomes)
            lines.append(f"| {kind} | {len(done)} | {told} | {sum(bool(t.faults) for t in done)} |")
        whole = [trial for done in kinds.values() for trial in done]
        failed = [trial for trial in whole if trial.faults]
        lines += [f"| **all** | **{len(whole)}** | | **{len(failed)}** |", ""]
        for trial in failed:
            lines += [f"- {trial.kind}, `{trial.name}`: {'; '.join(trial.faults)}"]
        lines += [""] if failed else []
    return "\n".join(lines)


def peak_mb(usage: resource.struct_rusage) -> float:
    """Peak memory of a process, in MB: Linux counts in kB, macOS in bytes."""
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
