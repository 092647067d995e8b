"""What others recorded in a run's database: told before anything is written or removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from persistence.schema import TABLES
from tests.support.command_line import MONTHS, SMOKE, USAGE, Done, fingerprint, say
from tests.support.store_databases import query, scalar

URL = "sqlite:///farm.db"
EARLIER = "2025-11-20"


def copy(table: str, **values: str) -> None:
    """Put a table's first row in again, but for some values; its id is the next one."""
    columns = [column.name for column in TABLES[table].columns]
    names = [name for name in columns if name != "id" or name in values]
    listed, taken = ", ".join(names), ", ".join(values.get(name, name) for name in names)
    query(URL, f"INSERT INTO {table} ({listed}) SELECT {taken} FROM {table} LIMIT 1")


def test_what_others_recorded_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*args: str) -> Done:
        knobs = [*MONTHS, "--workers", "1", "--no-progress", "--database", URL]
        return say(capsys, "run", SMOKE, *knobs, *args)

    def refused(done: Done, *words: str) -> None:
        done.expect(USAGE)
        assert done.out == ""
        for said in words:
            assert said in done.err
        assert "--resume" not in done.err

    run("--until", EARLIER).expect(0)
    sensor = "(SELECT min(id) FROM infrastructure_sensor)"
    for clock in ("09:30:00", "08:00:00"):
        copy(
            "environmental_environmentalreading",
            id=f"9{clock[:2]}",
            reading_time=f"'2025-11-25 {clock}'",
            sensor_id=sensor,
        )
    ring = "FROM infrastructure_container WHERE name LIKE '%-Ring-01' ORDER BY id LIMIT 1"
    place, name = query(URL, f"SELECT id, name {ring}")[0]
    copy("batch_batch", batch_number="'THEIRS'", pinned_projection_run_id="NULL")
    theirs = scalar(URL, "SELECT max(id) FROM batch_batch")
    copy("batch_batchcontainerassignment", batch_id=str(theirs), container_id=str(place))
    before = fingerprint(tmp_path)
    readings = ["at 2025-11-25 08:00:00", "recording.reading_hours"]
    containers = [f"{name} (batch THEIRS, since 2025-11", "geographies.*.name"]
    refused(run("--append"), *readings, *containers)
    assert fingerprint(tmp_path) == before

    query(URL, f"DELETE FROM batch_batchcontainerassignment WHERE batch_id = {theirs}")
    query(URL, "DELETE FROM environmental_environmentalreading WHERE id = 908")
    run("--append").expect(0)
    reading = (
        "environmental_environmentalreading: 1 (reading_time and sensor_id 2025-11-25 09:30:00"
    )
    words = [reading, "--with-foreign"]
    refused(run("--fresh"), *words, f"smoltflow wipe '{URL}'")
    refused(say(capsys, "wipe", URL, "--confirm"), *words, "Nothing was removed")
    shown = say(capsys, "wipe", URL, "--with-foreign").expect(USAGE).err
    assert "environmental_environmentalreading" in shown
    assert "1 recorded by others" in shown
    say(capsys, "wipe", URL, "--confirm", "--with-foreign").expect(0)
    assert query(URL, "SELECT batch_number FROM batch_batch") == [("THEIRS",)]
    assert scalar(URL, "SELECT count(*) FROM environmental_environmentalreading") == 0
    copy("batch_batch", batch_number="'SCO-2025-001'")
    refused(run(), "no run of its ledger has written them: SCO-2025-001", "batch_number_pattern")
