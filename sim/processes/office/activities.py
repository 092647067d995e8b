"""The plan of a batch: activities that are due, begin, are done, or fall away.

When a batch starts, an activity is written down for every template, due when the batch's own plan
says. What then happens to the batch is told here by those who do it: a move begins and ends, a
round of vaccination is given or left out, the first ring is slaughtered and the last. An activity
keeps its due date, however late it comes. When the batch is gone, what has begun is done and what
has not is cancelled: PENDING -> IN_PROGRESS -> COMPLETED, or PENDING -> CANCELLED. The notes are
the template's name, for people; which template it is stands in ``smoltflow_planned_activity``.

Nobody decides by the plan: where nobody records there is none, and what is told of it is not heard.
"""

from __future__ import annotations

from collections.abc import Generator

import simpy

from sim.company.batch import Batch
from sim.company.farm import Farm
from sim.core.clock import CLOSE, DESK, microseconds
from sim.core.journal import Record
from sim.master_data.activities import TREATMENT, Template, due_day, templates

Story = Generator[simpy.Event, object, None]

_OPEN = ("PENDING", "IN_PROGRESS")


def follow_plan(farm: Farm, batch: Batch) -> Story:
    """Make the batch's plan, once its baseline scenario is there for it to belong to."""
    yield farm.env.timeout(0)
    plan_activities(farm, batch)


def plan_activities(farm: Farm, batch: Batch) -> None:
    """Write down everything that is planned for a batch, and wait for what only has to be seen."""
    if batch.baseline is None:
        raise RuntimeError(f"{batch.name} has no scenario that its plan could belong to")
    for key, template in enumerate(templates(farm.scenario)):
        if template.type == "TREATMENT":
            continue
        due = batch.day_at(due_day(farm.scenario, farm.geography, batch.plan, template))
        if template.type == "HARVEST":  # the morning after its projection meets its target
            due = batch.baseline.harvest_day + 1
        batch.activities[template.name] = _activity(farm, batch, key, template, due)
        if template.type == "SAMPLING":
            farm.env.process(_sampled(farm, batch, template, due))
        elif template.type == "FEED_CHANGE":
            farm.env.process(_feed_changed(farm, batch, template))


def _activity(farm: Farm, batch: Batch, key: int, template: Template, due: int) -> Record:
    activity = farm.lane.create(
        "planned_activity",
        farm.env.now,
        activity_type=template.type,
        due_date=due,
        status="PENDING",
        notes=template.name,
        completed_at=None,
        batch=batch.row.key,
        completed_by=None,
        container=None,
        scenario=batch.baseline.scenario if batch.baseline else None,
        transfer_workflow=None,
    )
    if farm.lane.recording:
        farm.lane.create("activity_origin", farm.env.now, activity=activity.key, template=key)
    return activity


def begun(farm: Farm, batch: Batch, name: str) -> Record | None:
    """Somebody has begun a planned activity; returns it, if there is a plan."""
    if not farm.lane.recording:
        return None
    activity = batch.activities[name]
    if activity.values["status"] == "PENDING":
        farm.lane.change(activity, farm.env.now, status="IN_PROGRESS")
    return activity


def done(farm: Farm, batch: Batch, name: str) -> None:
    """A planned activity is done."""
    if farm.lane.recording:
        finish(farm, batch.activities[name])


def dropped(farm: Farm, batch: Batch, name: str) -> None:
    """A planned activity will not take place."""
    if farm.lane.recording:
        _drop(farm, batch.activities[name])


def _drop(farm: Farm, activity: Record) -> None:
    if activity.values["status"] == "PENDING":
        farm.lane.change(activity, farm.env.now, status="CANCELLED")


def treatment_begun(farm: Farm, batch: Batch) -> Record:
    """A treatment was decided on and begins today; it is over with :func:`finish`."""
    ((key, template),) = (
        (key, template)
        for key, template in enumerate(templates(farm.scenario))
        if template.type == "TREATMENT"
    )
    activity = _activity(farm, batch, key, template, farm.today)
    farm.lane.change(activity, farm.env.now, status="IN_PROGRESS")
    batch.activities[f"{TREATMENT} {activity.key}"] = activity
    return activity


def finish(farm: Farm, activity: Record) -> None:
    """An activity is done, unless the batch's end has closed it."""
    if activity.values["status"] in _OPEN:
        farm.lane.change(
            activity,
            farm.env.now,
            status="COMPLETED",
            completed_at=microseconds(farm.env.now),
            completed_by=0,
        )


def close_plan(farm: Farm, batch: Batch) -> None:
    """The batch is gone: what has begun is as done as it will be, the rest falls away."""
    for activity in batch.activities.values():
        if activity.values["status"] == "IN_PROGRESS":
            finish(farm, activity)
        else:
            _drop(farm, activity)


def _sampled(farm: Farm, batch: Batch, template: Template, due: int) -> Story:
    """A milestone is the first sampling from its due date on of fish that have come so far."""
    day = due
    while True:
        yield farm.at(day, CLOSE)
        yield farm.env.timeout(0)  # who dies out today does so before
        if not batch.alive:
            return
        if batch.stage >= (template.stage or 0) and farm.stages[batch.stage].feeds:
            done(farm, batch, template.name)
            return
        day += farm.scenario.recording.growth_sample_interval_days


def _feed_changed(farm: Farm, batch: Batch, template: Template) -> Story:
    """The change begins with the first container that gets the feed, and is done with the last.

    What smaller fish get, because a batch before them left it in their barge, is no change.
    """
    order = template.stage or 0
    feeds = farm.stages[order].feeds
    if not feeds:
        return
    entry = feeds[min(template.place, len(feeds) - 1)]
    feed = farm.feed_keys[entry.feed]
    day = batch.day_at(sum(batch.plan.durations[:order]))
    stock = farm.stock
    while True:
        yield farm.at(day, DESK)
        if not batch.alive:
            return
        units = batch.units
        units = units[(stock.batch[units] == batch.row.key) & (stock.eaten_dag[units] > 0)]
        given = (stock.feed[units] == feed) & (stock.weight_g[units] >= entry.from_weight_g)
        if batch.stage >= order and given.any():
            begun(farm, batch, template.name)
            if given.all():
                done(farm, batch, template.name)
                return
        day = farm.today + 1
