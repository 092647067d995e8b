"""``python -m benchmarks COMMAND``: measure, try, or tell what was measured."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import acceptance, corruption, load, model, page, parts, scaling, shipped
from benchmarks.machine import machine
from benchmarks.processes import ROOT, positive
from benchmarks.tables import Report, Result, show
from sim.scenario import ScenarioError
from sim.scenario.problems import PlanProblem

SCENARIOS = ROOT / "scenarios"
MEASURING = (load, model, scaling, parts)
OVER_SCENARIOS = (acceptance, shipped)
OTHERS = {"corruption": corruption, "write": page}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = whole.add_subparsers(
        required=True,
        metavar="load|model|scaling|parts|acceptance|shipped|corruption|write",
    )
    named = {module.__name__.rpartition(".")[2]: module for module in (*MEASURING, *OVER_SCENARIOS)}
    for name, module in {**named, **OTHERS}.items():
        says = (module.__doc__ or "").partition("\n")[0]
        command = commands.add_parser(name, help=says, description=says)
        command.set_defaults(command=name)
        if name in OTHERS:
            OTHERS[name].arguments(command)
            continue
        if module in OVER_SCENARIOS:
            command.add_argument("scenarios", nargs="*", metavar="NAME", help="default: all")
        else:
            command.add_argument("scenario", nargs="?", default=str(SCENARIOS / "production.yaml"))
            command.add_argument("--runs", type=positive, default=1, help="medians are shown")
        command.add_argument(
            "--set", dest="sets", action="append", default=[], metavar="PATH=VALUE",
            help="change a knob",
        )  # fmt: skip
        command.add_argument("--json", action="store_true", help="print one JSON object")
        module.arguments(command)
        command.set_defaults(measure=module.measure)
    return whole


def main(args: Sequence[str] | None = None) -> None:
    """Do one benchmark and print what it found, or write results into the page."""
    given = list(sys.argv[1:] if args is None else args)
    options = parser().parse_args(given)
    try:
        if options.command == "write":
            page.write([Path(name) for name in options.results], options.page)
        elif options.command == "corruption":
            corruption.campaign(options)
        else:
            _measure(options, given)
    except (ScenarioError, PlanProblem) as error:
        raise SystemExit(str(error)) from None


def _measure(options: argparse.Namespace, given: Sequence[str]) -> None:
    measure: Callable[[argparse.Namespace], Report] = options.measure
    here = machine()
    report = measure(options)
    result = Result(**report, command=_command(given), machine=here)
    if options.json:
        json.dump(result, sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        show(result)


def _command(given: Sequence[str]) -> str:
    """The command as anybody could give it: without where its output and its files went."""
    words = iter(given)
    shown = []
    for word in words:
        if word in ("--folder", "--plot"):
            next(words)
        elif word != "--json" and not word.startswith(("--folder=", "--plot=")):
            shown.append(word)
    return shlex.join(["python", "-m", "benchmarks", *shown])


if __name__ == "__main__":
    main()
