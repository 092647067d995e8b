"""Whether what is made of a plan's names fits into its columns, before anything is simulated.

A knob's own value is limited where it is declared. Here it is looked at what stands around it: a
batch's number is a part of the numbers of its workflows, a geography's name one of its companies'.
What the scenario gave is named, and by how much it is too long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.core.clock import date_of
from sim.facts.limits import limit_of
from sim.scenario import Scenario
from sim.scenario.knobs.farm import Stage
from sim.scenario.problems import KnobPath
from sim.sites import names
from sim.sites.schedule import Plan

_MOST_SAMPLES = 9_999_999
"""More than a batch's laboratory samples ever are."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that will be written: into which column, and which knob gave most of it."""

    column: str
    text: str
    path: KnobPath
    given: str

    @property
    def excess(self) -> int:
        return len(self.text) - (limit_of(self.column).width or len(self.text))


def too_long(scenario: Scenario, plan: Plan) -> list[tuple[KnobPath, str]]:
    """What does not fit: the knob that gave it, and what would have to be shorter."""
    worst: dict[KnobPath, _Text] = {}
    for text in (*_of_batches(scenario, plan), *_of_places(scenario, plan), *_of_stages(scenario)):
        if text.excess > max(0, worst[text.path].excess if text.path in worst else 0):
            worst[text.path] = text
    return [(path, _told(text)) for path, text in worst.items()]


def _told(text: _Text) -> str:
    width = limit_of(text.column).width
    least = len(text.given) - text.excess
    within = "" if text.text == text.given else f" in '{text.text[:60]}'"
    return (
        f"'{text.given[:60]}' is too long: {text.column} holds {width} characters, not"
        f" {len(text.text)}{within}" + (f"; give at most {least}" if least > 0 else "")
    )


def _of_batches(scenario: Scenario, plan: Plan) -> Iterator[_Text]:
    """All that carries a batch's number, of the longest number that each knob gives."""
    given: dict[str, KnobPath] = {
        entry.batch_number: ("schedule", "entries", place, "batch_number")
        for place, entry in enumerate(scenario.schedule.entries)
        if entry.batch_number is not None
    }
    longest: dict[tuple[KnobPath, int], str] = {}
    for batch in plan.batches:
        path = given.get(batch.name, ("schedule", "batch_number_pattern"))
        if len(batch.name) > len(longest.get((path, batch.geography), "")):
            longest[path, batch.geography] = batch.name
    age_days = plan.end_day - plan.first_day
    for (path, index), name in longest.items():
        place = scenario.geographies[index]
        ring = names.ring(names.area(place.prefix, place.areas), place.rings_per_area)
        for column, text in (
            ("batch.batch_number", name),
            ("creation_workflow.workflow_number", names.creation_number(name)),
            ("creation_workflow.external_supplier_batch_number", names.bought_eggs(name)),
            ("external_egg_batch.batch_number", names.bought_eggs(name)),
            ("egg_production.egg_batch_id", names.egg_production(name)),
            ("transfer_workflow.workflow_number", names.transfer_number(name, age_days)),
            ("harvest_event.document_ref", names.harvest_document(name, ring)),
            ("lab_sample.lab_reference_id", names.laboratory_reference(name, _MOST_SAMPLES)),
            ("constraint_set.name", names.batch_constraints(name)),
            ("temperature_profile.name", names.profile_of(names.baseline_of(name))),
            ("tgc_model.name", names.growth_of(names.baseline_of(name))),
            ("wait.waiter", name),
            ("wait_holder.holder", name),
        ):
            yield _Text(column, text, path, name)


def _of_places(scenario: Scenario, plan: Plan) -> Iterator[_Text]:
    """All that carries a geography's name, or the scenario's."""
    last = date_of(plan.end_day).year
    for place, geography in enumerate(scenario.geographies):
        name, path = geography.name, ("geographies", place, "name")
        for column, text in (
            ("area_group.name", names.sea_areas(name)),
            ("breeding_plan.name", names.breeding_season(name, last)),
            *(
                ("tgc_model.name", names.growth_of(
                    names.standing_profile(name, what, scenario.name))
                )
                for what in names.STANDING_PROFILES
            ),
        ):  # fmt: skip
            yield _Text(column, text, path, name)


def _of_stages(scenario: Scenario) -> Iterator[_Text]:
    """All that carries a stage's name, or that of one of its feeds."""
    lists: list[tuple[KnobPath, list[Stage]]] = [(("stages",), scenario.stages)]
    lists += [
        (("geographies", place, "stages"), geography.stages)
        for place, geography in enumerate(scenario.geographies)
    ]
    batch = "b" * (limit_of("batch.batch_number").width or 0)
    for where, stages in lists:
        for order, stage in enumerate(stages):
            name, path = stage.name, (*where, order, "name")
            whole = names.scenario_from(name, batch)
            yield _Text("projection_run.label", names.seen_from(name), path, name)
            yield _Text("tgc_model.name", names.growth_of(whole), path, name)
            yield _Text("activity_template.name", names.transfer_to(name), path, name)
            yield _Text("activity_template.name", names.sampling_in(name, 0.5), path, name)
            for entry in stage.feeds:
                text = names.change_of_feed(entry.feed, name)
                yield _Text("activity_template.name", text, path, name)
