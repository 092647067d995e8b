"""``python -m benchmarks.campaigns fuzz|companies|...``: many trials of what must hold."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.campaigns import trials
from benchmarks.processes import positive

CAMPAIGNS = ("fuzz", "companies", "faults", "differential")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="python -m benchmarks.campaigns", description=__doc__)
    commands = whole.add_subparsers(dest="command", required=True)
    for name in CAMPAIGNS:
        module = importlib.import_module(f"benchmarks.campaigns.{name}")
        says = (module.__doc__ or "").partition("\n")[0]
        command = commands.add_parser(name, help=says, description=says)
        command.add_argument("--trials", type=positive, default=module.NIGHT,
                             help=f"in all slices; default {module.NIGHT}")  # fmt: skip
        command.add_argument("--slice", type=trials.sliced, default=(1, 1), metavar="I/N",
                             help="do only the I-th of N parts")  # fmt: skip
        command.add_argument("--seed", type=int, default=1, help="of the trials' luck")
        command.add_argument("--only", type=int, help="do one trial, by its number from 0")
        command.add_argument("--results", type=Path, help="append to this file, a line a trial")
        if hasattr(module, "arguments"):
            module.arguments(command)
    command = commands.add_parser("table", help="make the tables from results")
    command.add_argument("results", type=Path, nargs="+")
    return whole


def main(args: Sequence[str] | None = None) -> int:
    """Do a campaign, or a slice of it; return 1 if any trial failed."""
    options = parser().parse_args(args)
    if options.command == "table":
        print(trials.table(trials.read(options.results)))
        return 0
    module = importlib.import_module(f"benchmarks.campaigns.{options.command}")
    wanted = trials.numbers(options.trials, options.slice)
    if options.only is not None:
        wanted = range(options.only, options.only + 1)
    began = time.monotonic()
    about = {"seed": options.seed, "date": time.strftime("%Y-%m-%d")}
    more = {"scenario": options.scenario} if "scenario" in options else {}
    found = module.trials(options.seed, wanted, **more)
    done = list(trials.keep(found, options.results, about))
    print(trials.table(done))
    print(f"{len(done)} trials in {time.monotonic() - began:.0f} s")
    return int(any(trial.faults for trial in done))


if __name__ == "__main__":
    sys.exit(main())
