"""What can go wrong with health records, and which check must notice it."""

from __future__ import annotations

EVENT, FISH = "health_healthsamplingevent", "health_individualfishobservation"
SCORE, PARAMETER = "health_fishparameterscore", "health_healthparameter"
TREATMENT, LAB = "health_treatment", "health_healthlabsample"
JOURNAL, STATE = "health_journalentry", "batch_actualdailyassignmentstate"


def first(table: str, where: str = "id > 0") -> str:
    return f"(SELECT min(id) FROM {table} WHERE {where})"


def change(table: str, change: str, where: str = "id > 0") -> str:
    return f"UPDATE {table} SET {change} WHERE id = {first(table, where)}"


def remove(table: str, where: str = "id > 0") -> str:
    return f"DELETE FROM {table} WHERE id = {first(table, where)}"


VACCINATION = "treatment_type = 'vaccination'"
ANSWERED = "date_results_received IS NOT NULL"
ROUTINE = "category = 'observation'"
# An egg hall's assignment: never sampled, never vaccinated.
EGGS = "(SELECT min(id) FROM batch_batchcontainerassignment)"
# The state of a vaccinated container on that day.
VACCINATED = f"""
    id = (SELECT s.id FROM {STATE} s JOIN {TREATMENT} t ON t.batch_assignment_id = s.assignment_id
          WHERE date(t.treatment_date) = s.date AND s.anchor_type = 'vaccination' LIMIT 1)
"""

DAMAGE: list[tuple[str, str]] = [
    ("health_samples.belong", change(EVENT, "sampling_date = date(sampling_date, '+1 day')")),
    ("health_samples.belong", change(EVENT, "sampling_date = date(sampling_date, '+600 days')")),
    ("health_samples.belong", change(EVENT, f"assignment_id = {EGGS}")),
    ("health_samples.belong", change(EVENT, "number_of_fish_sampled = 3")),
    ("health_samples.belong", change(EVENT, "calculated_sample_size = NULL")),
    ("health_samples.due", remove(EVENT)),
    ("health_samples.due",
     f"UPDATE {EVENT} SET sampling_date = (SELECT max(sampling_date) FROM {EVENT})"),
    ("health_samples.statistics", remove(FISH)),
    ("health_samples.statistics", change(FISH, "weight_g = weight_g + 1")),
    ("health_samples.statistics", change(FISH, "length_cm = length_cm + 0.2")),
    ("health_samples.statistics", change(EVENT, "avg_k_factor = avg_k_factor + 0.0002")),
    ("health_samples.statistics", change(EVENT, "std_dev_weight_g = std_dev_weight_g + 0.01")),
    ("health_samples.statistics", change(EVENT, "min_length_cm = NULL")),
    ("health_samples.scores", remove(SCORE)),
    ("health_samples.scores", change(SCORE, "score = 4")),
    ("health_samples.scores", change(SCORE, "score = -1")),
    ("health_samples.scores",
     f"""DELETE FROM {SCORE} WHERE individual_fish_observation_id = {first(FISH)}"""),
    ("health_parameters.defined", remove("health_parameterscoredefinition")),
    ("health_parameters.defined", change("health_parameterscoredefinition", "description = ''")),
    ("health_parameters.defined", change(PARAMETER, "max_score = 5")),
    ("treatments.belong", change(TREATMENT, "treatment_date = '2031-01-01 09:00:00'")),
    ("treatments.belong", change(TREATMENT, "container_id = container_id + 1")),
    ("treatments.belong", change(TREATMENT, "batch_assignment_id = NULL")),
    ("treatments.belong", change(TREATMENT, "vaccination_type_id = NULL", VACCINATION)),
    ("treatments.belong",
     change(JOURNAL, "batch_id = (SELECT max(id) FROM batch_batch)", "category = 'vaccination'")),
    ("vaccinations.due", remove(TREATMENT, VACCINATION)),
    ("vaccinations.due",
     change(TREATMENT, "treatment_date = datetime(treatment_date, '+1 day')", VACCINATION)),
    ("vaccinations.due", change(TREATMENT, f"batch_assignment_id = {EGGS}", VACCINATION)),
    ("vaccinations.state", f"UPDATE {STATE} SET anchor_type = NULL WHERE {VACCINATED}"),
    ("vaccinations.state", change(TREATMENT, "includes_weighing = 0", VACCINATION)),
    ("lab_samples.belong", change(LAB, "sample_date = date(sample_date, '+600 days')")),
    ("lab_samples.belong", change(LAB, "date_sent_to_lab = date(sample_date, '-1 day')")),
    ("lab_samples.belong", change(LAB, "date_results_received = sample_date", ANSWERED)),
    ("lab_samples.belong", change(LAB, "date_results_received = NULL", ANSWERED)),
    ("lab_samples.belong", change(LAB, "quantitative_results = NULL", ANSWERED)),
    ("lab_samples.belong",
     change(LAB, "date_results_received = NULL, findings_summary = NULL,"
                 " quantitative_results = NULL", ANSWERED)),
    ("journal.belong", change(JOURNAL, "entry_date = '2001-01-01 09:00:00'")),
    ("journal.belong", change(JOURNAL, "entry_date = '2031-01-01 09:00:00'")),
    ("journal.belong", change(JOURNAL, "container_id = (SELECT max(id) FROM"
                                       " infrastructure_container)")),
    ("health_routine.due", remove(JOURNAL, ROUTINE)),
    ("health_routine.due", remove(LAB, "notes = 'Routine'")),
]  # fmt: skip
