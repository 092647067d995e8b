"""``python -m benchmarks load|model|scaling|parts [SCENARIO]``: measure, and print a table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import load, model, parts, scaling
from benchmarks.tables import Report, show

SCENARIOS = Path(__file__).parent.parent / "scenarios"


def main(args: list[str] | None = None) -> None:
    """Do one benchmark and print what it found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="load|model|scaling|parts")
    for module in (load, model, scaling, parts):
        says = (module.__doc__ or "").partition("\n")[0]
        command = commands.add_parser(module.__name__.rpartition(".")[2], help=says)
        command.add_argument("scenario", nargs="?", default=str(SCENARIOS / "production.yaml"))
        command.add_argument("--runs", type=int, default=1, help="of each; medians are shown")
        command.add_argument("--json", action="store_true", help="print one JSON object")
        module.arguments(command)
        command.set_defaults(measure=module.measure)
    options = parser.parse_args(args)
    measure: Callable[[argparse.Namespace], Report] = options.measure
    report = measure(options)
    if options.json:
        json.dump(report, sys.stdout, indent=2)
        print()
    else:
        show(report)


if __name__ == "__main__":
    main()
