"""Names that mean something to a terminal, a page, a file or a formula are shown as letters."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest

from sim.scenario import ScenarioError, load
from tests.support.command_line import SMOKE, say

WEIRD = (
    "a[/b]c", "$\\frac{x$ a", '<b>&amp;"x"</b>', "=1+1,'x';", "{geography} {0} %s %(x)s",
    "_北 é 🐟 :fish:", "\\N{BULLET} \\n #h | *x* `y` [z](u)", "[bold]]>url(#x) --",
)  # fmt: skip


def renamed(values: dict[str, Any], first: int) -> tuple[dict[str, Any], dict[str, str]]:
    """A scenario whose named things all have other names, and these by the old ones."""
    names: dict[str, str] = {}

    def find(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(old := value.get("name"), str) and old not in names:
                names[old] = f"{WEIRD[(len(names) + first) % len(WEIRD)]} {len(names)}"
            value = list(value.values())
        for each in value if isinstance(value, list) else ():
            find(each)

    def put(value: Any) -> Any:
        if isinstance(value, dict):
            return {names.get(key, key): put(each) for key, each in value.items()}
        if isinstance(value, list):
            return [put(each) for each in value]
        return names.get(value, value) if isinstance(value, str) else value

    own = values["name"]
    find([value for key, value in values.items() if key != "name"])
    return {**put(values), "name": own}, names


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(first: int, **schedule: object) -> dict[str, str]:
    """Write such a scenario as names.yaml."""
    few = ["schedule.batches=2", "recording.reading_hours=[8]", "recording.growth_sample_fish=3"]
    few += [f"schedule.{knob}={value}" for knob, value in schedule.items()]
    values, names = renamed(load(Path(SMOKE), few).resolved, first)
    Path("names.yaml").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    return names


def written_and_shown(capsys: pytest.CaptureFixture[str], names: dict[str, str]) -> None:
    """Run, prove and report the scenario; its names are in what was said and written."""
    knobs = ("--workers", "1", "--no-progress", "-vv", "--log-dir", "logs", "--out", "r")
    done = say(capsys, "run", "names.yaml", *knobs).expect(0)
    assert names["Fry"] in done.err + done.out
    logs = "".join(path.read_text("utf-8") for path in Path("logs").iterdir())
    assert names["Fry"] in logs
    shown = say(capsys, "verify", "r", "--workers", "1").expect(0)
    assert " 0 failed" in shown.out
    assert say(capsys, "report", "r").expect(0).err == ""
    page = Path("r/report.html").read_text("utf-8")
    for old in ("Faroe Islands", "Scotland"):
        assert html.escape(names[old], quote=False) in page.replace("&#39;", "'").replace(
            "&#34;", '"'
        )
    assert "<b>&amp;" not in page
    assert "[bold]]>url(#" in page or "[bold]" not in "".join(
        names[old] for old in ("Faroe Islands", "Scotland")
    )


def test_names_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    written_and_shown(capsys, write(0, tail_days=45))


@pytest.mark.long
@pytest.mark.parametrize("first", range(len(WEIRD)))
def test_any_names_are_shown_as_they_are(first: int, capsys: pytest.CaptureFixture[str]) -> None:
    written_and_shown(capsys, write(first, tail_days=200))


def test_a_study_with_such_names_is_told_and_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    write(3, tail_days=30)
    levels = [{"name": WEIRD[0], "set": {"eggs.count_min": 40000}},
              {"name": WEIRD[1], "set": {"eggs.count_min": 45000}}]  # fmt: skip
    study = {
        "name": "names", "base": "names.yaml", "question": "a[/b]c $\\frac{x$ <b>?",
        "replications": 2, "factors": [{"name": "stock", "unit": "[/b] $", "levels": levels}],
    }  # fmt: skip
    Path("study.yaml").write_text(json.dumps(study, ensure_ascii=False), encoding="utf-8")
    done = say(capsys, "study", "study.yaml", "--workers", "1", "--out", "s?%20").expect(0)
    for name in (WEIRD[0], WEIRD[1], "a[/b]c $\\frac{x$ <b>?"):
        assert name in done.out
    page = Path("s?%20/report.html").read_text("utf-8")
    assert html.escape(WEIRD[1]) in page
    assert "<b>?" not in page


@pytest.mark.parametrize("bad", ["a\x1b[2Jb", "a\nb", "a\x07", "a\u2028b", "a\x85b", "a\x7fb"])
def test_a_name_that_commands_a_terminal_is_refused(bad: str) -> None:
    with pytest.raises(ScenarioError) as error:
        load(Path(SMOKE), [f"geographies.0.name={json.dumps(bad)}"])
    assert str(error.value).startswith("--set:1:20: geographies.0.name: a text may not have")
    assert str(error.value).isprintable()


def test_a_description_may_have_lines() -> None:
    text = "One line.\nAnother one.\n"
    assert load(Path(SMOKE), [f"description={json.dumps(text)}"]).scenario.description == text
