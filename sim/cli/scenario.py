"""``scenario``: list, check, show or describe scenarios."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from sim.cli.given import read_as_scenario
from sim.cli.paths import FilePath
from sim.core.showing import visible
from sim.scenario import load
from sim.scenario.shipped import name_of, resolve

_SET = click.option(
    "--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a knob."
)

_STUDY = "study --dry-run"
"""What checks a study without running it."""


@click.group("scenario")
def command() -> None:
    """List, check, show or describe scenarios."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, with each file's path.")
def list_shipped(as_json: bool) -> None:
    """List what is shipped: scenarios and studies by name, and profiles that a file can extend."""
    from sim.scenario.listing import shipped

    found = shipped()
    if as_json:
        entries = [
            {
                "name": each.name,
                "kind": each.kind,
                "description": each.description,
                "path": str(each.path),
            }
            for each in found
        ]
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    width = max(len(each.name) for each in found)
    for each in found:
        click.echo(f"{each.name:{width}}  {each.kind:8}  {each.description}")


@command.command()
@click.argument("scenarios", nargs=-1, required=True, type=resolve)
@_SET
def check(scenarios: Sequence[Path], overrides: Sequence[str]) -> None:
    """Report everything that is wrong with SCENARIOS (files, names); exit code 2 if anything is."""
    from sim.scenario import ScenarioError
    from sim.sites.feasible import feasible_plan

    problems = []
    for path in scenarios:
        try:
            with read_as_scenario(path, _STUDY):
                loaded = load(path, overrides)
            if loaded.scenario.schedule.end == "today":
                today = datetime.now().astimezone().date().isoformat()
                loaded = load(path, [*overrides, f"schedule.end={today}"])
            feasible_plan(loaded)
        except ScenarioError as error:
            problems += error.problems
        else:
            click.echo(f"{visible(name_of(path))}: ok")
    if problems:
        raise ScenarioError(problems)


@command.command()
@click.argument("scenario", type=resolve)
@_SET
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML.")
def show(scenario: Path, overrides: Sequence[str], as_json: bool) -> None:
    """Print SCENARIO, a file or a shipped one's name, with every knob and its value's origin."""
    from sim.scenario.schema import show as shown

    with read_as_scenario(scenario, _STUDY):
        loaded = load(scenario, overrides)
    if as_json:
        click.echo(json.dumps(loaded.resolved, indent=2, ensure_ascii=False))
    else:
        click.echo(shown(loaded), nl=False)


@command.command()
@click.option("-o", "--output", type=FilePath(), help="File; default stdout.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of scenarios, with which editors complete and check them."""
    from sim.scenario.schema import json_schema

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
