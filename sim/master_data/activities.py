"""Templates of what is planned for every batch, and the days that a batch's plan sets for them.

A template stands for one activity in each batch's life: moves on to each later stage, vaccination
rounds, milestone samplings, changes of feed within a stage, the harvest. Due dates follow from the
batch's own planned durations; a change of feed is due when fish that grow as their stages plan
weigh enough, the harvest when the batch's baseline projection meets its target. The treatment is
nobody's plan: it becomes an activity when it is decided on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sim.biology.growth import grown_weight_g
from sim.core.journal import Value
from sim.scenario import Scenario
from sim.scenario.knobs.care import Care
from sim.scenario.knobs.farm import Geography, Stage
from sim.sites import names
from sim.sites.schedule import BatchPlan

ActivityType = Literal[
    "VACCINATION", "TREATMENT", "HARVEST", "FEED_CHANGE", "TRANSFER", "SAMPLING"
]  # fmt: skip
Trigger = Literal["DAY_OFFSET", "WEIGHT_THRESHOLD", "STAGE_TRANSITION"]


@dataclass(frozen=True, slots=True)
class Template:
    """An activity that is planned for every batch.

    Attributes:
        stage: order of the stage that it is about, or leads to.
        day: planned days from laying down, for a batch of the scenario's durations.
        weight_g: mean weight that brings it on.
        place: among the feeds of its stage (a change of feed).
        share: of its stage that is over (a sampling).
    """

    name: str
    type: ActivityType
    trigger: Trigger
    description: str
    stage: int | None = None
    day: int | None = None
    weight_g: float | None = None
    place: int = 0
    share: float = 0.0


TREATMENT = "Lice treatment"
HARVEST = "Harvest"


def transfer_to(stage: Stage) -> str:
    """Name of the template of the move into a stage of the scenario."""
    return names.transfer_to(stage.name)


def vaccination_on(day: int) -> str:
    """Name of the template of the vaccination round on a day of a batch's life, from 0."""
    return f"Vaccination on day {day}"


def vaccination_due(care: Care, planned: int, last: tuple[int, int] | None) -> int:
    """The earliest day of a batch's life, from 0, for a round of vaccination.

    Args:
        care: the knobs of care.
        planned: the round's own day.
        last: the days on which the round before it was planned and given; None if none was given.
    """
    if last is None:
        return planned
    before, given = last
    return max(planned, given + min(planned - before, care.vaccination_interval_days))


def templates(scenario: Scenario) -> list[Template]:
    """All templates of a scenario, in the order of their keys."""
    stages = scenario.stages
    found = [
        Template(
            transfer_to(stage),
            "TRANSFER",
            "STAGE_TRANSITION",
            f"All fish move on to {stage.name}",
            stage=order,
        )
        for order, stage in enumerate(stages)
        if order
    ]
    found += [
        Template(
            vaccination_on(day),
            "VACCINATION",
            "DAY_OFFSET",
            "A round of all containers, as soon as the fish may be vaccinated",
            day=day,
        )
        for day in sorted(set(scenario.care.vaccination_days))
    ]
    for order, stage in enumerate(stages):
        found += _in_stage(scenario, order, stage)
    found.append(
        Template(
            TREATMENT,
            "TREATMENT",
            "STAGE_TRANSITION",
            "At sea, when lice pass the limit: planned when it is decided on",
            stage=next((order for order, stage in enumerate(stages) if stage.role == "sea"), None),
        )
    )
    found.append(
        Template(
            HARVEST,
            "HARVEST",
            "WEIGHT_THRESHOLD",
            "When the batch's mean meets its target, at the latest when its last stage ends",
            stage=len(stages) - 1,
            weight_g=scenario.harvest.target_kg_mean * 1000,
        )
    )
    return found


def _in_stage(scenario: Scenario, order: int, stage: Stage) -> Iterator[Template]:
    """Samplings and changes of feed in a stage."""
    if not stage.feeds:
        return
    durations = tuple(each.duration_days for each in scenario.stages)
    every = scenario.recording.growth_sample_interval_days
    for share in sorted(set(scenario.planning.sampling_shares)):
        yield Template(
            names.sampling_in(stage.name, share),
            "SAMPLING",
            "DAY_OFFSET",
            "A milestone among the growth samples",
            stage=order,
            day=_sampling_day(durations, order, share, every),
            share=share,
        )
    for place, entry in enumerate(stage.feeds):
        if place:
            yield Template(
                names.change_of_feed(entry.feed, stage.name),
                "FEED_CHANGE",
                "WEIGHT_THRESHOLD",
                f"From {entry.from_weight_g:,.0f} g on",
                stage=order,
                weight_g=entry.from_weight_g,
                place=place,
            )


def due_day(scenario: Scenario, geography: Geography, plan: BatchPlan, template: Template) -> int:
    """Days from laying down to an activity, as a batch's plan has it (harvest: at the latest)."""
    order, durations = template.stage or 0, plan.durations
    if template.type == "TRANSFER":
        return sum(durations[:order])
    if template.type == "SAMPLING":
        every = scenario.recording.growth_sample_interval_days
        return _sampling_day(durations, order, template.share, every)
    if template.type == "FEED_CHANGE":
        return _weighing(scenario, geography, plan, order, template.place)
    if template.day is not None:
        return template.day
    return sum(durations)


def _sampling_day(durations: tuple[int, ...], order: int, share: float, every: int) -> int:
    """The last sampling day of a stage until a share of it is over, or its first one."""
    first = sum(durations[:order])
    day = int(first + share * durations[order]) // every * every
    return day if day >= first else day + every


def _weighing(
    scenario: Scenario, geography: Geography, plan: BatchPlan, order: int, place: int
) -> int:
    """The day on which fish that grow as planned get the next feed of a stage."""
    stages = scenario.stages_in(geography)
    if not stages[order].feeds:
        return sum(plan.durations[:order])
    threshold = stages[order].feeds[min(place, len(stages[order].feeds) - 1)].from_weight_g
    weight_g = scenario.eggs.weight_g
    for stage, days in zip(stages[:order], plan.durations, strict=False):
        weight_g = float(grown_weight_g(weight_g, stage.tgc, _degc(stage, geography) * days))
    first, stage = sum(plan.durations[:order]), stages[order]
    for day in range(plan.durations[order]):
        if grown_weight_g(weight_g, stage.tgc, _degc(stage, geography) * day) >= threshold:
            return first + day
    return first + plan.durations[order]


def _degc(stage: Stage, geography: Geography) -> float:
    return geography.sea.mean_degc if stage.role == "sea" else stage.temperature_degc


def template_rows(scenario: Scenario) -> list[dict[str, Value]]:
    """The templates as master data."""
    return [
        {
            "name": template.name,
            "description": template.description,
            "activity_type": template.type,
            "trigger_type": template.trigger,
            "day_offset": template.day,
            "weight_threshold_g": template.weight_g,
            "notes_template": template.name,
            "is_active": True,
            "target_lifecycle_stage": template.stage,
        }
        for template in templates(scenario)
    ]
