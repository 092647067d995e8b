"""Damage to lice counts, treatments and deaths, and the checks that must notice it."""

from __future__ import annotations

COUNT, TREATMENT, DEATHS = "health_licecount", "health_treatment", "batch_mortalityevent"
AIM = "smoltflow_treatment"
TREATED = f"(SELECT max(treatment_id) FROM {AIM} WHERE kind = 'delousing')"
HARVESTED = "(SELECT assignment_id FROM harvest_harvestevent)"
DIED = f"""
    (SELECT max(m.id) FROM {DEATHS} m JOIN {TREATMENT} t ON t.batch_assignment_id = m.assignment_id
     JOIN {AIM} o ON o.treatment_id = t.id AND o.kind = 'delousing' AND o.given = m.description)
"""


def change_count(what: str) -> str:
    return f"UPDATE {COUNT} SET {what} WHERE id = (SELECT max(id) FROM {COUNT})"


DAMAGE: list[tuple[str, str]] = [
    ("lice.belong", change_count("count_date = '2031-01-01 09:00:00'")),
    ("lice.belong", change_count("container_id = container_id + 1")),
    ("lice.belong", change_count("lice_type_id = NULL")),
    ("lice.belong", change_count("adult_female_count = 3")),
    ("lice.belong", change_count("fish_sampled = 5")),
    ("lice.rounds", f"DELETE FROM {COUNT} WHERE id = (SELECT max(id) FROM {COUNT})"),
    ("lice.rounds",
     change_count(f"lice_type_id = (SELECT lice_type_id FROM {COUNT} ORDER BY id LIMIT 1)")),
    ("lice.rounds",
     f"""UPDATE {COUNT} SET count_date = datetime(count_date, '+1 day')
         WHERE (assignment_id, count_date) =
               (SELECT assignment_id, max(count_date) FROM {COUNT})"""),
    ("treatments.aims", f"DELETE FROM {AIM} WHERE treatment_id = {TREATED}"),
    ("treatments.aims", f"UPDATE {AIM} SET given = 'Prayer' WHERE treatment_id = {TREATED}"),
    ("treatments.aims", f"UPDATE {AIM} SET treatment_id = treatment_id + 2"),
    ("treatments.interval",
     f"""INSERT INTO {TREATMENT} SELECT id + 100000, datetime(treatment_date, '+1 day'),
         treatment_type, description, dosage, duration_days, withholding_period_days, outcome,
         batch_id, batch_assignment_id, container_id, user_id, vaccination_type_id,
         includes_weighing, sampling_event_id, journal_entry_id
         FROM {TREATMENT} WHERE id = {TREATED};
         INSERT INTO {AIM} SELECT id + 100000, treatment_id + 100000, kind, against, given
         FROM {AIM} WHERE treatment_id = {TREATED}"""),
    ("treatments.withheld",
     f"""UPDATE {TREATMENT} SET withholding_period_days = 400
         WHERE id = (SELECT max(id) FROM {TREATMENT} WHERE batch_assignment_id IN {HARVESTED})"""),
    ("deaths.causes",
     f"""UPDATE {DEATHS} SET cause = 'OTHER' WHERE (assignment_id, event_date) = (
         SELECT assignment_id, event_date FROM {DEATHS}
         GROUP BY assignment_id, event_date HAVING count(*) > 1 LIMIT 1)"""),
    ("deaths.treated",
     f"UPDATE {DEATHS} SET event_date = date(event_date, '-40 days') WHERE id = {DIED}"),
]  # fmt: skip
