"""How ``--set`` changes a scenario, on a small model of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.overrides import _split
from sim.scenario.problems import SET, path_text
from tests.support.scenario_company import company, problems


@pytest.fixture(autouse=True)
def _in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


TWO = "name: x\nsites:\n  - {name: Vik, code: V}\n  - {name: Faroe Islands, code: FO}\n"


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("seed=9", ("seed",), 9),
        (" seed = 9", ("seed",), 9),
        ("name=12:30", ("name",), "12:30"),
        ("name=a=b", ("name",), "a=b"),
        ("sites.1.areas=3", ("sites", 1, "areas"), 3),
        ("sites.Faroe Islands.areas=3", ("sites", 1, "areas"), 3),
        ('sites."Faroe Islands".areas=3', ("sites", 1, "areas"), 3),
        ("sites.FO.areas=3", ("sites", 1, "areas"), 3),
        ("sites.Vik.sea.mean_degc=8", ("sites", 0, "sea", "mean_degc"), 8.0),
        ("stages.Post Smolt.tgc=1e-1", ("stages", 1, "tgc"), 0.1),
        ("hours=[1, 2]", ("hours",), [1, 2]),
        ("hours.1=19", ("hours", 1), 19),
        ("prices.cod=3", ("prices", "cod"), 3.0),
        ("prices.'a.b'=3", ("prices", "a.b"), 3.0),
        ("prices={eel: 2}", ("prices",), {"eel": 2.0}),
        ("budget=null", ("budget",), 5.0),
        ("budget=", ("budget",), 5.0),
        ("sites.0={name: Eid}", ("sites", 0, "name"), "Eid"),
    ],
)
def test_an_override_changes_one_value(
    override: str, path: tuple[str | int, ...], value: object
) -> None:
    loaded = company(TWO, override)
    found: Any = loaded.resolved
    for segment in path:
        found = found[segment]
    assert found == value
    assert loaded.origins.get(path, SET) == SET


def test_a_part_of_a_default_can_be_overridden() -> None:
    loaded = company("name: x\n", "stages.Parr.tgc=9", "prices.cod=1", "hours.0=5")
    assert [stage["tgc"] for stage in loaded.resolved["stages"]] == [9.0, 2.5]
    assert loaded.resolved["prices"] == {"salmon": 7.5, "cod": 1.0}
    assert loaded.resolved["hours"] == [5, 18]
    assert set(loaded.origins) == {
        ("name",),
        ("stages", 0, "tgc"),
        ("prices", "cod"),
        ("hours", 0),
    }


def test_later_overrides_see_earlier_ones() -> None:
    loaded = company(TWO, "sites=[{name: Eid}]", "sites.Eid.areas=4", "sites.Eid.areas=5")
    assert [(site["name"], site["areas"]) for site in loaded.resolved["sites"]] == [("Eid", 5)]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("seed", "1:5: expected path=value, such as stages.0.tgc=2.9, found 'seed'"),
        ("=3", "1:1: expected path=value"),
        ("a..b=3", "1:3: expected path=value"),
        ("seeed=3", "1:1: seeed: unknown knob (did you mean 'seed'?)"),
        ("stages.Parr.tcg=3", "1:13: stages.0.tcg: unknown knob (did you mean 'tgc'?)"),
        ("stages.Par.tgc=3", "1:8: stages.Par: no entry has that name; there are Parr, Post Smolt"),
        ("stages.Par.tgc=3", "(did you mean 'Parr'?)"),
        ("stages.7.tgc=3", "1:8: stages.7: no such entry; there are 2 (0 to 1)"),
        ("hours.x=3", "1:7: hours.x: no such entry; there are 2 (0 to 1)"),
        ("hours." + "9" * 5000 + "=3", "no such entry; there are 2 (0 to 1)"),
        ("sites.0.areas=3", "1:7: sites.0: no such entry; there are none"),
        ("seed.x=3", "1:6: seed: is a single value; it has no 'x'"),
        ("zzz.y.x=3", "1:1: zzz: unknown knob"),
        ("seed='3'", '1:6: seed: expected a whole number, found "3"; leave out the quotes'),
        ("prices={a: 1, b: x}", '1:18: prices.b: expected a number, found "x"'),
        ("hours=[", "1:8: hours: not YAML: "),
        ("prices={a: 1, a: 2}", "1:15: prices.a: given twice, first at --set:1:9"),
        ("extends=x.yaml", "1:1: extends: only a file can extend another"),
    ],
)
def test_an_override_that_cannot_be(override: str, expected: str) -> None:
    (found,) = problems("name: x\n", override)
    assert found.startswith(SET)
    assert expected in found


def test_a_name_that_two_entries_have_is_refused() -> None:
    (found,) = problems("name: x\nsites: [{name: Vik}, {name: Vik}]\n", "sites.Vik.areas=2")
    assert found == "--set:1:7: sites.Vik: 2 entries have that name; use an index"


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3))
def test_a_path_is_written_as_an_override_reads_it(names: list[str]) -> None:
    # No override can name what has both kinds of quotes, so they are left out here.
    names = [name.replace('"', "") for name in names]
    *segments, value = _split(f"{path_text(tuple(names))}=v", 1)
    assert [segment.text for segment in segments] == names
    assert value.text == "v"
