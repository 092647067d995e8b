"""Smoltflow's own tables: its ledger of runs, and what no table of AquaMind can tell.

They are prefixed ``smoltflow_``, so that they stand apart in a live AquaMind database.
"""

from persistence.schema.base import entity, fact
from persistence.schema.columns import (
    bigint,
    date,
    double,
    integer,
    key,
    numeric,
    primary_key,
    ref,
    text,
    timestamptz,
    unique,
    varchar,
)

# One row per run. `resolved` is the scenario and `geographies` a list, as JSON text: the ledger
# compares both byte for byte, which jsonb would not keep. `seal` is a checksum of all that the
# ledger has of a finished run.
RUN = entity(
    "smoltflow_run",
    integer("run_id"),
    varchar("identity", 64),
    varchar("scenario", 100),
    bigint("seed"),
    varchar("version", 20),
    text("resolved"),
    text("geographies"),
    varchar("shard", 100, null=True),
    varchar("status", 20, choices=("running", "interrupted", "finished")),
    date("simulated_from"),
    date("simulated_until"),
    text("manifest", null=True),
    varchar("seal", 32, null=True),
    primary_key("run_id"),
    unique("identity"),
)

# One row per committed chunk. Days are counted from 1970-01-01 and `to_day` is exclusive; `digests`
# maps each table to its count and hexadecimal sum, as JSON text.
CHUNK = entity(
    "smoltflow_chunk",
    integer("run_id"),
    varchar("geography", 100),
    integer("from_day"),
    integer("to_day"),
    bigint("rows"),
    text("digests"),
    primary_key("run_id", "geography", "from_day"),
)

# Which ids are a run's: those from `first_id` on, for the global keys `first_key` to `last_key`.
BLOCK = entity(
    "smoltflow_block",
    integer("run_id"),
    varchar("table_name", 63),
    bigint("first_key"),
    bigint("last_key"),
    bigint("first_id"),
    primary_key("run_id", "table_name", "first_key"),
)

# Where the rows of master data and infrastructure are found; master data has the geography ''.
KEY = entity(
    "smoltflow_key",
    integer("run_id"),
    varchar("table_name", 63),
    varchar("geography", 100),
    bigint("k"),
    bigint("id"),
    primary_key("run_id", "table_name", "geography", "k"),
)

# What is planned of a batch that AquaMind has in words alone: its number in its geography's
# schedule, and the mean weight to harvest it at.
BATCH = entity(
    "smoltflow_batch",
    key(),
    ref("batch_id", "batch_batch"),
    integer("number"),
    integer("target_g"),
)

# Who waited for capacity or feed. `kind` is what for; `pool_kind`, and `hall` where there is one
# for each hall, is the kind of the pool that was short, NULL if none was. The waiter is a batch
# (its number, also before it has started) or a feed store. The stage is the one that a place is
# claimed for, of any other wait that in which the batch is. `cause` says it to people.
WAIT = entity(
    "smoltflow_wait",
    key(),
    varchar("pool", 100),
    varchar("kind", 20),
    varchar("pool_kind", 50, null=True),
    varchar("hall", 20, null=True),
    ref("batch_id", "batch_batch", null=True),
    varchar("waiter", 100),
    ref("stage_id", "batch_lifecyclestage", null=True),
    double("asked"),
    varchar("unit", 10),
    timestamptz("since"),
    timestamptz("until", null=True),
    double("short_kg", null=True),
    double("on_order_kg", null=True),
    text("cause"),
)

# Who held a pool when a wait for it began: a batch, a feed store, or `fallow`: units that rested.
WAIT_HOLDER = entity(
    "smoltflow_wait_holder",
    key(),
    ref("wait_id", "smoltflow_wait"),
    varchar("holder", 100),
    integer("units"),
)

# Which purchase fed whom on which day: the proof of first in, first out, and of cost.
FEED_DRAW = fact(
    "smoltflow_feed_draw",
    ref("assignment_id", "batch_batchcontainerassignment"),
    date("day"),
    ref("purchase_id", "inventory_feedpurchase"),
    numeric("kg", 10, 2),
    primary_key("assignment_id", "day", "purchase_id"),
)

# What is wrong in the data on request, one row for each dirty row: the truth and what was written
# instead. A NULL written value: the row is not there; a duplicate has no true value and is not due.
# A reading is found by its sensor and time, what else there is by its id.
DEFECT = fact(
    "smoltflow_defect",
    key(),
    varchar(
        "kind",
        20,
        choices=("missing", "late", "duplicate", "stuck", "spike", "unit", "swapped"),
    ),
    varchar("table_name", 63),
    varchar("column_name", 63, null=True),
    timestamptz("row_time"),
    ref("sensor_id", "infrastructure_sensor", null=True),
    ref("growth_sample_id", "batch_growthsample", null=True),
    ref("mortality_id", "batch_mortalityevent", null=True),
    ref("batch_id", "batch_batch"),
    ref("container_id", "infrastructure_container"),
    ref("assignment_id", "batch_batchcontainerassignment"),
    ref("parameter_id", "environmental_environmentalparameter", null=True),
    numeric("true_value", 10, 4, null=True),
    numeric("written_value", 10, 4, null=True),
    timestamptz("true_time", null=True),
    timestamptz("written_time", null=True),
    timestamptz("since", null=True),
    timestamptz("until", null=True),
    ref("other_container_id", "infrastructure_container", null=True),
)

# Usage of a pool in a month, weighted by time; its kind, and its hall where each has such a pool.
USAGE = entity(
    "smoltflow_usage",
    key(),
    varchar("geography", 100),
    varchar("pool", 100),
    varchar("kind", 50),
    varchar("hall", 20, null=True),
    date("month"),
    double("capacity_days"),
    double("busy_days"),
    double("resting_days"),
    double("queue_days"),
)

# What a treatment was against and what was given, where no vaccination type says it.
TREATMENT = entity(
    "smoltflow_treatment",
    key(),
    ref("treatment_id", "health_treatment"),
    varchar("kind", 10, choices=("delousing", "cure")),
    varchar("against", 100),
    varchar("given", 100),
)

# What a journal entry is about: a row for each of its tags.
JOURNAL_TAG = entity(
    "smoltflow_journal_tag",
    key(),
    ref("entry_id", "health_journalentry"),
    varchar("tag", 100),
)

# Which template a planned activity was made from.
PLANNED_ACTIVITY = entity(
    "smoltflow_planned_activity",
    key(),
    ref("activity_id", "planning_plannedactivity"),
    ref("template_id", "planning_activitytemplate"),
)
