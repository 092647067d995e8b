"""Puts what finished studies found into studies.md: ``python -m docs.studies_pictures [FOLDER]``.

For every study in the folder (default ``runs/studies``) that the page has a place for, its picture
goes to ``docs/pictures/study-NAME.png``; its answer and means go between ``<!-- measured NAME -->``
and ``<!-- /measured -->``. Everything else on the page is written by hand. A study that is not
finished is left out; nothing that was not measured gets onto the page.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from sim.cli.study_facts import read_facts
from sim.report.drawing import style
from sim.report.factors import kpi_picture
from sim.report.facts import StudyFacts
from sim.report.numbers import many, short

PAGE = "docs/studies.md"
PLACE = "<!-- measured {name} -->\n{text}\n<!-- /measured -->"
_ANY = re.compile(r"<!-- measured (\w+) -->\n.*?\n<!-- /measured -->", re.DOTALL)


def draw(facts: StudyFacts, path: Path) -> str:
    """Draw a study's picture; returns its caption."""
    picture = kpi_picture(facts)
    if picture is None:
        raise ValueError("the study has no factors, so there is nothing to draw")
    with style():
        figure = picture.draw().figure
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=90, facecolor="white", metadata={"Software": None})
    return picture.caption


def told(folder: Path, facts: StudyFacts, picture: Path, page: Path) -> str:
    """What the page says of a study: how much was done, its answer, its picture, its means."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    caption = draw(facts, picture)
    found = facts.findings
    kpis = list(found.shown)
    units = [facts.scale(kpi).unit for kpi in kpis]
    shown = [f"{short(kpi)}, {unit}" for kpi, unit in zip(kpis, units, strict=True)]
    name = manifest["study"]
    link = picture.relative_to(page.parent) if picture.is_relative_to(page.parent) else picture
    done = f"{len(facts.names)} variants x {many(facts.replications, 'replication')}"
    lines = [
        f"{done}, digest `{manifest['digest']}`. The program's answer:",
        "",
        *(f"> {line.strip()}<br>" for line in found.answer),
        "",
        f"![{name}: {caption}]({link.as_posix()})",
        "",
        f"| variant | {' | '.join(shown)} |",
        f"|---|{'---|' * len(kpis)}",
    ]
    for variant, own in enumerate(facts.names):
        mark = "**" if variant == found.best else ""
        means = [facts.scale(kpi).mean(found.means(kpi)[variant]) for kpi in kpis]
        lines.append(f"| {mark}{own}{mark} | {' | '.join(means)} |")
    return "\n".join(lines)


def main(runs: str = "runs/studies", page: str = PAGE) -> None:
    """Fill the page's places from the studies in a folder."""
    path = Path(page)
    text = path.read_text(encoding="utf-8")
    for name in _ANY.findall(text):
        folder = Path(runs) / name
        if not (folder / "results.sqlite").is_file():
            print(f"{name}: not in {runs}")
            continue
        facts = read_facts(folder)
        if not facts.finished:
            print(f"{name}: not finished, left as it is")
            continue
        picture = path.parent / "pictures" / f"study-{name}.png"
        filled = PLACE.format(name=name, text=told(folder, facts, picture, path))
        old = re.compile(rf"<!-- measured {name} -->\n.*?\n<!-- /measured -->", re.DOTALL)
        text = old.sub(lambda _, filled=filled: filled, text)
        print(f"{name}: {picture}")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
