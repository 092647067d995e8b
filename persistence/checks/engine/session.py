"""A run's database as the checks see it: open for reading, with working tables of its own.

The working tables are temporary: they vanish with the connection, and nothing else is written. They
are made when the first check asks for them, so that a process that only looks at sensor readings
does not sort daily states.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy import inspect, text

from persistence import ledger
from persistence.blocks import NONE, Span, within
from persistence.checks.engine.dialect import translate
from persistence.checks.engine.knobs import StoredKnobs, read_knobs
from persistence.checks.engine.tables import TABLES
from persistence.ledger import Run
from persistence.mapping import mapping_of, mappings
from persistence.stores import StoreError, mask, open_source
from persistence.stores.wiping import KEPT, owner

Values = Mapping[str, float | str]
"""The parameters of a query."""

_SETTINGS = {
    "sqlite": ("PRAGMA cache_size = -131072",),
    "postgresql": (
        "SET TIME ZONE 'UTC'",
        "SET work_mem = '128MB'",
        "SET temp_buffers = '256MB'",
        "SET jit = off",
        "SET enable_nestloop = off",  # whole tables are compared: a hash is never a bad choice
    ),
}


class Session:
    """One database of a run.

    Attributes:
        url: its address; ``dialect`` the kind of database.
        run: the run that is checked, the latest in the ledger; ``knobs`` its scenario's.
        spans: the run's committed chunks.
        blocks: the ids that are the run's, by table.
        is_live: whether it is a migrated AquaMind, with rows of others, rather than one of ours.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._source = open_source(url)
        # Temporary tables are refused in a transaction that may only read.
        self._connection = self._source.connection.execution_options(postgresql_readonly=False)
        self.dialect = self._connection.dialect.name
        try:
            with self._source.explained():
                for setting in _SETTINGS[self.dialect]:
                    self._connection.exec_driver_sql(setting)
                self.run: Run = self._latest_run()
                self.spans = ledger.spans(self._connection, self.run.run_id)
                self.blocks = ledger.id_blocks(self._connection, self.run.run_id)
                self._reserved = [
                    ledger.id_blocks(self._connection, run.run_id)
                    for run in ledger.runs(self._connection)
                ]
                self.is_live = inspect(self._connection).has_table("django_migrations")
            self.knobs: StoredKnobs = read_knobs(self.run)
            self._last = ledger.last_keys(self.spans)
            self._made: set[str] = set()
            self._constants = _constants(self.dialect, self.knobs, self.run.run_id)
            self._make_run_tables()
            self._hide_others()
        except Exception:
            self.close()
            raise

    def _latest_run(self) -> Run:
        runs = ledger.runs(self._connection)
        if not runs:
            raise StoreError(f"{mask(self.url)}: there is no run in this database")
        return runs[-1]

    @property
    def rows_written(self) -> int:
        """About how many rows the run wrote here."""
        return sum(span.rows for span in self.spans)

    def reserved(self, table: str) -> list[Span]:
        """The ids of a table that any run of this database has reserved, in their order."""
        return sorted(span for blocks in self._reserved for span in blocks.get(table, NONE).spans)

    def key(self, table: str, number: int) -> int:
        """The global key of one of the run's rows, by its id."""
        return int(self.blocks.get(table, NONE).keys(np.array([number], dtype=np.int64))[0])

    def reading_parts(self, rows: int) -> list[tuple[int, int]]:
        """Divide the sensor readings into parts of about so many rows."""
        with self._source.explained():
            return self._source.reader.parts(mapping_of("reading"), rows)

    def need(self, tables: Iterable[str]) -> None:
        """Make working tables that are not there yet, and what they are made from."""
        for name in tables:
            if name in self._made:
                continue
            table = TABLES[name]
            self.need(table.needs)
            self.execute(f"CREATE TEMPORARY TABLE {name} ({table.columns})")
            self._made.add(name)
            self.execute(f"INSERT INTO {name} {table.rows}")
            self._index(name, table.index)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Try something that damage in the database may stop; the session goes on afterwards."""
        made = set(self._made)
        part = self._connection.begin_nested() if self.dialect == "postgresql" else None
        try:
            yield
        except Exception:
            if part is not None:
                part.rollback()
            else:
                for name in self._made - made:
                    self.execute(f"DROP TABLE temp.{name}")
            self._made = made
            raise
        if part is not None:
            part.commit()

    def rows(self, sql: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.named_rows(sql, values)[1]

    def named_rows(
        self, sql: str, values: Values | None = None
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names of a query's columns, and its rows."""
        with self._source.explained():
            found = self._connection.execute(text(self._words(sql)), values or {})
            return list(found.keys()), [tuple(row) for row in found]

    def row(self, sql: str, values: Values | None = None) -> tuple[Any, ...]:
        """The only row of a query."""
        return self.rows(sql, values)[0]

    def execute(self, sql: str, values: Mapping[str, Any] | Sequence[Any] | None = None) -> None:
        """Run a statement that returns nothing."""
        if values is not None and not values:
            values = None
        with self._source.explained():
            self._connection.execute(text(self._words(sql)), values)

    def close(self) -> None:
        """Close the database."""
        self._source.close()

    def _words(self, sql: str) -> str:
        filled_in = _CONSTANT.sub(lambda found: self._constants[found[1]], sql)
        filled_in = _OWNERSHIP.sub(self._owned, filled_in)
        return translate(self.dialect, filled_in)

    def _owned(self, found: re.Match[str]) -> str:
        """Write what the ledger knows of the ids of a table."""
        word, id_, table = found["word"], found["id"], found["table"]
        blocks = self.blocks.get(table, NONE)
        if word == "OURS":
            return f"({within(id_, blocks.spans)})"
        if word == "LAST_KEY":
            return str(self._last.get(table, -1))
        keys = " ".join(
            f"WHEN {within(id_, [(block.first_id, block.last_id)])}"
            f" THEN {id_} - ({block.first_id - block.first_key})"
            for block in blocks.blocks
        )
        return f"(CASE {keys} END)" if keys else "NULL"

    def _index(self, name: str, columns: str) -> None:
        """Help the planner: SQLite joins by index, PostgreSQL by hash once it knows the sizes."""
        if self.dialect == "postgresql":
            self.execute(f"ANALYZE {name}")
        elif columns:
            self.execute(f"CREATE INDEX {name}_index ON {name} ({columns})")

    def _make_run_tables(self) -> None:
        """The scenario's geographies, stages and grades, by the ids that they have here."""
        ids: dict[str, dict[int, int]] = {}
        query = "SELECT table_name, k, id FROM smoltflow_key WHERE run_id = :run AND geography = ''"
        for table, key, number in self.rows(query, {"run": self.run.run_id}):
            ids.setdefault(table, {})[key] = number
        until = {span.geography: span.to_day for span in self.spans}
        knobs, geographies, stages = self.knobs, [], []
        for key, geography in enumerate(knobs.geographies):
            number = ids["infrastructure_geography"][key]
            geographies.append(
                {
                    "id": number,
                    "name": geography.name,
                    "to_day": until.get(geography.name, knobs.first_day),
                    "fallow_days": geography.fallow_days,
                    "rest_days": geography.rest_days,
                    "plant_g": round(geography.plant_kg * 1000),
                }
            )
            stages += [
                {
                    "geography_id": number,
                    "stage_id": ids["batch_lifecyclestage"][order],
                    "sort": order,
                    "fed": int(stage.fed),
                    "sea": int(stage.sea),
                    "vaccinates": int(stage.vaccinates),
                    "containers": stage.containers,
                    "tgc": stage.tgc,
                    "mortality": stage.mortality,
                }
                for order, stage in enumerate(geography.stages)
            ]
        ordinary = [key for key, grade in enumerate(knobs.grades) if not grade.by_product]
        last = max([0, *ordinary])
        whole = sum(grade.share * grade.factor for grade in knobs.grades)
        grades = [
            {
                "id": ids["harvest_productgrade"][key],
                "share": grade.share,
                "weight_share": grade.share * grade.factor / whole,
                "gutted": knobs.gutted_share,
                "fillet": knobs.fillet_share,
                "by_product": int(grade.by_product),
                "first": int(key == 0),
                "last": int(key == last),
            }
            for key, grade in enumerate(knobs.grades)
        ]
        for name, rows in (
            ("our_geography", geographies),
            ("our_stage", stages),
            ("our_grade", grades),
        ):
            self._fill(name, rows)

    def table(self, name: str) -> str:
        """A table with all of its rows, also those of others that a live database hides."""
        return f'{self._schema}."{name}"' if self._schema else f'"{name}"'

    def _hide_others(self) -> None:
        """In a live database, put views of the run's rows in the place of tables.

        What others recorded, also on the run's batches, is no business of any promise. Readings are
        looked at by their place in the table, which a view has not: their checks leave others out.
        """
        self._schema = ""
        if not self.is_live or self.dialect != "postgresql":
            return
        self._schema = str(self.row("SELECT quote_ident(current_schema())")[0])
        for mapping in mappings():
            kind, table = mapping.kind, mapping.table
            if kind.role in ("master", "site") or kind.name in (*KEPT, "reading"):
                continue
            column, whose = owner(mapping)
            self.execute(
                f'CREATE TEMPORARY VIEW "{table}" AS SELECT * FROM {self.table(table)}'  # noqa: S608
                f" WHERE OURS({column}, {whose})"
            )

    def _fill(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self.execute(f"CREATE TEMPORARY TABLE {name} ({TABLES[name].columns})")
        listed = ", ".join(rows[0])
        values = ", ".join(f":{column}" for column in rows[0])
        self.execute(f"INSERT INTO {name} ({listed}) VALUES ({values})", rows)  # noqa: S608
        self._index(name, "")
        self._made.add(name)


_OWNERSHIP = re.compile(r"\b(?P<word>OURS|KEY_OF|LAST_KEY)\((?:(?P<id>[\w.]+), )?(?P<table>\w+)\)")
"""``OURS(id, table)``: whether a row is the run's; ``KEY_OF(id, table)``: its global key;
``LAST_KEY(table)``: the highest one that the run has written."""

_CONSTANT = re.compile(
    r"\b(ROW_KEY|RUN_ID|EGG_G|READING_HOURS|FEEDING_HOURS|SAMPLE_DAYS|SAMPLE_FISH"
    r"|VACCINATION_DAYS|VACCINATION_INTERVAL|VACCINATION_CG|VACCINATION_WEIGHED"
    r"|SAMPLING_DAYS|SAMPLING_FISH|CALIBRATION_DAYS"
    r"|LAB_DAYS|ANSWER_DAYS|BIAS_DAYS|JOURNAL_DAYS|LICE_DAYS|LICE_FISH|DELOUSING_DAYS|DOWNGRADES"
    r"|PRICED_WEIGHT|APPROVAL_DAYS|BLOOD_SHARE)\b"
)


def _constants(dialect: str, knobs: StoredKnobs, run_id: int) -> dict[str, str]:
    """What the run and its scenario put in place of some words in capitals."""
    care = knobs.care
    return {
        # Only the exact words INTEGER PRIMARY KEY make SQLite look rows up by their number.
        "ROW_KEY": ("INTEGER" if dialect == "sqlite" else "BIGINT") + " PRIMARY KEY",
        "RUN_ID": str(run_id),
        "EGG_G": repr(knobs.egg_g),
        "CALIBRATION_DAYS": str(knobs.calibration_days),
        "READING_HOURS": ", ".join(f"'{hour:02d}:00:00'" for hour in knobs.hours),
        "FEEDING_HOURS": ", ".join(f"'{hour:02d}:00:00'" for hour in knobs.meals),
        "SAMPLE_DAYS": str(knobs.sample_days),
        "SAMPLE_FISH": str(knobs.sample_fish),
        "VACCINATION_DAYS": ", ".join(map(str, care.vaccination_days)) or "-1",
        "VACCINATION_INTERVAL": str(care.vaccination_interval_days),
        "VACCINATION_CG": repr(100 * care.vaccination_g),
        "VACCINATION_WEIGHED": str(int(care.weighed)),
        "SAMPLING_DAYS": str(care.sampling_days),
        "SAMPLING_FISH": str(care.sampling_fish),
        "LAB_DAYS": str(care.lab_days),
        "ANSWER_DAYS": str(care.answer_days),
        "BIAS_DAYS": str(knobs.bias_days),
        "JOURNAL_DAYS": str(care.journal_days),
        "DOWNGRADES": str(int(knobs.downgrades)),
        "LICE_DAYS": str(knobs.lice.counting_days),
        "LICE_FISH": str(knobs.lice.counted_fish),
        "DELOUSING_DAYS": str(knobs.lice.treated_after_days),
        "PRICED_WEIGHT": f"{knobs.finance.priced_weight}_weight_kg",
        "APPROVAL_DAYS": str(knobs.finance.approval_days),
        "BLOOD_SHARE": repr(knobs.finance.blood_share),
    }


def describe(names: Sequence[str], values: Sequence[Any]) -> str:
    """One row for a person: what it is about, then its values by name."""
    head, *others = map(_plain, values)
    told = ", ".join(f"{name} {value}" for name, value in zip(names[1:], others, strict=True))
    return f"{head}: {told}" if told else head


def _plain(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, float | Decimal):
        return f"{float(value):.10g}"
    return str(value)
