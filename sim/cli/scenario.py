"""``scenario``: check, show or describe scenarios."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from sim.scenario import load

_SET = click.option(
    "--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a knob."
)


@click.group("scenario")
def command() -> None:
    """Check, show or describe scenarios."""


@command.command()
@click.argument("scenarios", nargs=-1, required=True, type=click.Path(path_type=Path))
@_SET
def check(scenarios: Sequence[Path], overrides: Sequence[str]) -> None:
    """Report everything that is wrong with SCENARIOS; exit code 2 if anything is."""
    from sim.scenario import ScenarioError
    from sim.sites.feasible import feasible_plan

    problems = []
    for path in scenarios:
        try:
            loaded = load(path, overrides)
            if loaded.scenario.schedule.end != "today":
                feasible_plan(loaded)
        except ScenarioError as error:
            problems += error.problems
        else:
            click.echo(f"{path}: ok")
    if problems:
        raise ScenarioError(problems)


@command.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@_SET
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
def show(scenario: Path, overrides: Sequence[str], as_json: bool) -> None:
    """Print SCENARIO with every knob, and where its value comes from."""
    from sim.scenario.schema import show as shown

    loaded = load(scenario, overrides)
    if as_json:
        click.echo(json.dumps(loaded.resolved, indent=2, ensure_ascii=False))
    else:
        click.echo(shown(loaded), nl=False)


@command.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File; default stdout.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of scenarios, with which editors complete and check them."""
    from sim.scenario.schema import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
