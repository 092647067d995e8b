"""A run's manifest: the object that ``--json`` prints and ``manifest.json`` keeps."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from sim.core.failures import Failure
from sim.core.showing import visible
from sim.core.system_errors import in_words
from sim.core.terminal import make_console


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run was and what came out of it; database URLs have their passwords masked.

    Attributes:
        digests: those of AquaMind's tables, which ``rows`` tells of too; ``digest`` is over them.
        own_digests: those of Smoltflow's own tables.
        in_folder: whether the databases are files in the run's folder, wherever that is moved.
    """

    scenario: str
    seed: int
    version: str
    database: list[str]
    simulated: dict[str, str]
    batches: dict[str, int]
    rows: dict[str, int]
    digests: dict[str, str]
    own_digests: dict[str, str]
    digest: str
    wall_s: float
    peak_rss_mb: float
    utilisation: dict[str, float]
    waits: dict[str, dict[str, float]]
    in_folder: bool = True

    @property
    def batches_told(self) -> str:
        """How many batches are planned, harvested, active and, if any have, died out."""
        told = "{total} planned, {completed} harvested, {active} active".format(**self.batches)
        died_out = self.batches.get("died_out", 0)
        return f"{told}, {died_out} died out" if died_out else told

    def to_json(self) -> str:
        """The manifest as one JSON object."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)


def read_manifest(text: str) -> Manifest:
    """The manifest from its JSON."""
    values: dict[str, Any] = json.loads(text)
    return Manifest(**values)


FILE = "manifest.json"


def write_manifest(manifest: Manifest, out: Path) -> None:
    """Put ``manifest.json`` into a run's folder, as a whole or not at all.

    Raises:
        Failure: it cannot be written.
    """
    made = out / f".{FILE}.new"
    try:
        made.write_text(manifest.to_json() + "\n", encoding="utf-8")
        made.replace(out / FILE)
    except OSError as error:
        with suppress(OSError):
            made.unlink()
        raise Failure(
            f"{in_words(error)}\nThe run is finished, only its manifest could not be written: the"
            " same command writes it."
        ) from None


def print_summary(manifest: Manifest) -> None:
    """A run's summary for a person, on stdout."""
    console = make_console()
    head = Table.grid(padding=(0, 2))
    for label, value in (
        ("scenario", f"{manifest.scenario}, seed {manifest.seed}, version {manifest.version}"),
        ("simulated", f"{manifest.simulated['from']} to {manifest.simulated['until']}"),
        ("batches", manifest.batches_told),
        ("rows", f"{sum(manifest.rows.values()):,}"),
        ("time", f"{manifest.wall_s:.1f} s, {manifest.peak_rss_mb:.0f} MB at the peak"),
        ("digest", manifest.digest),
    ):
        head.add_row(label, value)
    console.print(head, soft_wrap=True)
    for url in manifest.database:
        click.echo(f"database   {visible(url)}")
    pools = Table("pool", "used", "waits", "days waited", "feed missed, kg", box=None)
    for kind in sorted({*manifest.utilisation, *manifest.waits}):
        waits = manifest.waits.get(kind, {})
        share = manifest.utilisation.get(kind)
        pools.add_row(
            kind,
            "" if share is None else f"{100 * share:.1f} %",
            f"{waits.get('count', 0):,.0f}",
            f"{waits.get('days', 0):,.1f}",
            f"{waits.get('short_kg', 0):,.0f}",
        )
    console.print(pools)
