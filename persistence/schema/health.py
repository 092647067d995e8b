"""Fish health: journal, sampling, scores, lice, treatments, laboratory."""

from persistence.schema.base import entity, fact
from persistence.schema.columns import (
    boolean,
    date,
    integer,
    jsonb,
    key,
    natural,
    numeric,
    ref,
    smallint,
    text,
    timestamptz,
    unique,
    varchar,
)

MORTALITY_REASON = entity(
    "health_mortalityreason",
    key(),
    varchar("name", 100),
    text("description"),
    ref("parent_id", "health_mortalityreason", null=True),
    unique("name"),
)

# Stays empty: batch_mortalityevent tells the deaths, and these would be subtracted again.
MORTALITY_RECORD = entity(
    "health_mortalityrecord",
    key(),
    timestamptz("event_date"),
    natural("count"),
    text("notes"),
    ref("batch_id", "batch_batch"),
    ref("container_id", "infrastructure_container", null=True),
    ref("reason_id", "health_mortalityreason"),
    ref("assignment_id", "batch_batchcontainerassignment", null=True),
)

JOURNAL_ENTRY = entity(
    "health_journalentry",
    key(),
    timestamptz("entry_date"),
    varchar(
        "category",
        20,
        choices=(
            "observation",
            "issue",
            "action",
            "diagnosis",
            "treatment",
            "vaccination",
            "sample",
        ),
    ),
    varchar("severity", 10, null=True, choices=("low", "medium", "high")),
    text("description"),
    boolean("resolution_status"),
    text("resolution_notes"),
    ref("batch_id", "batch_batch"),
    ref("container_id", "infrastructure_container", null=True),
    ref("user_id", "auth_user"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
)

SAMPLE_TYPE = entity(
    "health_sampletype",
    key(),
    varchar("name", 100),
    text("description"),
    unique("name"),
)

HEALTH_LAB_SAMPLE = entity(
    "health_healthlabsample",
    key(),
    date("sample_date"),
    date("date_sent_to_lab", null=True),
    date("date_results_received", null=True),
    varchar("lab_reference_id", 100, null=True),
    text("findings_summary", null=True),
    jsonb("quantitative_results", null=True),
    varchar("attachment", 100, null=True),
    text("notes", null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("batch_container_assignment_id", "batch_batchcontainerassignment"),
    ref("recorded_by_id", "auth_user", null=True),
    ref("sample_type_id", "health_sampletype"),
)

HEALTH_PARAMETER = entity(
    "health_healthparameter",
    key(),
    varchar("name", 100),
    boolean("is_active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    text("description", null=True),
    integer("max_score"),
    integer("min_score"),
    unique("name"),
)

PARAMETER_SCORE_DEFINITION = entity(
    "health_parameterscoredefinition",
    key(),
    integer("score_value"),
    varchar("label", 50),
    text("description"),
    integer("display_order"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("parameter_id", "health_healthparameter"),
    unique("parameter_id", "score_value"),
)

HEALTH_SAMPLING_EVENT = entity(
    "health_healthsamplingevent",
    key(),
    date("sampling_date"),
    natural("number_of_fish_sampled"),
    text("notes", null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("assignment_id", "batch_batchcontainerassignment"),
    ref("sampled_by_id", "auth_user", null=True),
    numeric("avg_k_factor", 10, 4, null=True),
    numeric("avg_length_cm", 10, 2, null=True),
    numeric("avg_weight_g", 10, 2, null=True),
    natural("calculated_sample_size", null=True),
    numeric("max_length_cm", 10, 2, null=True),
    numeric("max_weight_g", 10, 2, null=True),
    numeric("min_length_cm", 10, 2, null=True),
    numeric("min_weight_g", 10, 2, null=True),
    numeric("std_dev_length_cm", 10, 2, null=True),
    numeric("std_dev_weight_g", 10, 2, null=True),
)

INDIVIDUAL_FISH_OBSERVATION = fact(
    "health_individualfishobservation",
    key(),
    varchar("fish_identifier", 50),
    numeric("length_cm", 10, 2, null=True),
    numeric("weight_g", 10, 2, null=True),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("sampling_event_id", "health_healthsamplingevent"),
    unique("sampling_event_id", "fish_identifier"),
)

FISH_PARAMETER_SCORE = fact(
    "health_fishparameterscore",
    key(),
    smallint("score"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    ref("individual_fish_observation_id", "health_individualfishobservation"),
    ref("parameter_id", "health_healthparameter"),
    unique("individual_fish_observation_id", "parameter_id"),
)

LICE_TYPE = entity(
    "health_licetype",
    key(),
    varchar("species", 100),
    varchar("gender", 20, choices=("male", "female", "unknown")),
    varchar("development_stage", 50),
    text("description"),
    boolean("is_active"),
    timestamptz("created_at"),
    timestamptz("updated_at"),
    unique("species", "gender", "development_stage"),
)

# The three counts are an older way of counting: 0 where lice type and count value are given.
LICE_COUNT = fact(
    "health_licecount",
    key(),
    timestamptz("count_date"),
    natural("adult_female_count"),
    natural("adult_male_count"),
    natural("juvenile_count"),
    natural("fish_sampled"),
    text("notes"),
    ref("batch_id", "batch_batch"),
    ref("container_id", "infrastructure_container", null=True),
    ref("user_id", "auth_user"),
    numeric("confidence_level", 3, 2, null=True),
    natural("count_value", null=True),
    varchar("detection_method", 50, null=True, choices=("automated", "manual", "visual", "camera")),
    ref("lice_type_id", "health_licetype", null=True),
    ref("assignment_id", "batch_batchcontainerassignment", null=True),
)

VACCINATION_TYPE = entity(
    "health_vaccinationtype",
    key(),
    varchar("name", 100),
    varchar("manufacturer", 100),
    varchar("dosage", 100),
    text("description"),
    unique("name"),
)

TREATMENT = entity(
    "health_treatment",
    key(),
    timestamptz("treatment_date"),
    varchar("treatment_type", 20, choices=("medication", "vaccination", "physical", "other")),
    text("description"),
    varchar("dosage", 100),
    natural("duration_days"),
    natural("withholding_period_days"),
    varchar("outcome", 20, choices=("pending", "successful", "partial", "unsuccessful")),
    ref("batch_id", "batch_batch"),
    ref("batch_assignment_id", "batch_batchcontainerassignment", null=True),
    ref("container_id", "infrastructure_container", null=True),
    ref("user_id", "auth_user"),
    ref("vaccination_type_id", "health_vaccinationtype", null=True),
    boolean("includes_weighing"),
    ref("sampling_event_id", "health_healthsamplingevent", null=True),
    ref("journal_entry_id", "health_journalentry", null=True),
)
