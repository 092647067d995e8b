"""The answer says what the statistics found, in words a planner reads."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from sim.core.arrays import Floats
from sim.study.answer import answer
from sim.study.evidence import Evidence, MeanLimit, Words, choose
from sim.study.gains import gains
from sim.study.statistics import Mean, mean_of
from sim.study.wording import change, figure, spread

AREAS = np.array([[16.0], [18], [20], [22]])
LUCK = np.array([-900.0, 400, 1100, -300, 700, -1000, 200, -200])
OWN = np.array([[1.0, -1, 1, -1, 1, -1, 1, -1], [1, 1, -1, -1, 1, 1, -1, -1],
                [-1, 1, 1, -1, -1, 1, 1, -1], [1, 1, 1, 1, -1, -1, -1, -1]])  # fmt: skip


def luck(means: list[float], own: float) -> Floats:
    return np.array(means)[:, None] + LUCK + own * OWN[: len(means)]


HARVESTED = luck([48_000, 51_000, 52_000, 52_020], own=100)
WAITS = np.array([14.0, 6, 4.7, 1.2])[:, None] + OWN

STUDY = Evidence(
    variants=[f"areas={areas:.0f}" for areas in AREAS[:, 0]],
    values={"harvested_t_per_year": HARVESTED, "wait_days_per_batch": WAITS},
    words={
        "harvested_t_per_year": Words("harvested", "t a year"),
        "wait_days_per_batch": Words("wait", "days a batch"),
    },
    objective="harvested_t_per_year",
)


def told(evidence: Evidence, *words: str) -> str:
    """The one sentence of the answer with these words."""
    found = [line for line in answer(evidence) if all(word in line for word in words)]
    assert len(found) == 1, answer(evidence)
    return found[0]


@pytest.mark.parametrize(
    ("value", "doubt", "text"),
    [
        (52_312.4, 213, "52,310 t"),
        (52_312.4, 2130, "52,300 t"),
        (52_312.4, 0.5, "52,312.40 t"),
        (-0.004, 0.3, "0.00 t"),
        (7.25, 0, "7.25 t"),
        (5.0, 0, "5 t"),
        (1_234_567, 0, "1,234,567 t"),
        (0.0012345, inf, "0.001234 t"),
        (0, 0, "0 t"),
        (nan, 1, "an unknown amount"),
    ],
)
def test_a_figure_has_two_digits_of_its_doubt(value: float, doubt: float, text: str) -> None:
    assert figure(value, doubt, "t") == text


def test_a_percentage_stands_close() -> None:
    assert figure(12.5, 0, "%") == "12.5%"


def test_a_change_is_said_as_a_size_and_a_direction() -> None:
    t = Words("harvested", "t")
    assert change(Mean(5, 120.0, 1.0, 20.0), t) == "120 t more (between 100 and 140)"
    assert change(Mean(5, -120.0, 1.0, 20.0), t) == "120 t less (between 100 and 140)"
    assert "single run" in spread(Mean(1, 120.0, nan, inf))


def test_the_best_the_rivals_and_the_base() -> None:
    lines = answer(STUDY)
    assert lines[0].startswith('"areas=22" did best: harvested 52,020 t a year (between 51,')
    sure = told(STUDY, "95% sure")
    shortfall = figure(choose(STUDY).shortfall, choose(STUDY).shortfall)
    assert sure.endswith(f"no other variant beats it by more than {shortfall} t a year.")
    assert "4,020 t a year more (between 3," in told(STUDY, 'base "areas=16"')
    assert "would take about" in told(STUDY, '"areas=20" cannot be told from it')
    assert "8 replications of each variant were not enough" in told(STUDY, "replications of")


def test_a_clear_best_needs_no_reservations() -> None:
    study = replace(STUDY, values={STUDY.objective or "": luck([48, 51, 52, 60], own=0.1)})
    lines = answer(study)
    assert lines[0].startswith('"areas=22" is best')
    assert lines[1] == "We are at least 95% sure that no other variant beats it."
    assert "8 replications of each variant were enough: the best is told from all others." in lines
    assert not any("cannot be told" in line for line in lines)


def test_less_can_be_better() -> None:
    study = replace(STUDY, objective="wait_days_per_batch", maximise=False)
    lines = answer(study)
    assert lines[0].startswith('"areas=22" is best: wait 1.2')
    assert "12.8 days a batch less (between" in told(study, "Against the base").replace(
        "12.80", "12.8"
    )


def test_the_base_may_be_the_best() -> None:
    study = replace(STUDY, maximise=False)
    assert told(study, "is best").startswith('"areas=16"')
    assert "nothing that was tried surely improves on it" in told(study, "It is the base")


def test_a_difference_that_may_be_chance_is_said_to_be() -> None:
    study = replace(STUDY, values={STUDY.objective or "": luck([100, 101], own=100)})
    assert told(study, "Against the base").endswith("which may be chance.")


def test_a_limit_excludes_and_doubts() -> None:
    study = replace(STUDY, limits=[MeanLimit("wait_days_per_batch", 5.0)])
    lines = answer(study)
    assert lines[0].startswith('"areas=22"')
    assert "that keeps to the limits" in told(study, "95% sure")
    out = told(study, '"areas=16" is out')
    assert "wait 14.0" in out
    assert out.endswith("where at most 5 days a batch is allowed.")
    doubt = told(study, '"areas=20" may or may not keep to it')
    interval = mean_of(WAITS[2], choose(study).limit_confidence)
    assert f"wait 4.7 days a batch (between {interval.low:.1f} and {interval.high:.1f})" in doubt
    assert "if it keeps to the limits" in told(study, '"areas=20" might')


def test_if_no_variant_keeps_to_the_limits_none_is_chosen() -> None:
    study = replace(STUDY, limits=[MeanLimit("wait_days_per_batch", 30.0, at_most=False)])
    assert answer(study)[0] == "No variant can be chosen: every one surely breaks a limit."
    assert len([line for line in answer(study) if "is out" in line]) == 4


def test_many_excluded_variants_are_counted() -> None:
    values = np.arange(9.0)[:, None] + 0.01 * OWN[0]
    study = Evidence(
        [f"v{n}" for n in range(9)], {"kg": values, "days": values}, {}, "kg",
        limits=[MeanLimit("days", 1.5)],
    )  # fmt: skip
    assert len([line for line in answer(study) if "is out: days" in line]) == 4
    assert told(study, "3 more: is out") == "3 more: is out by the same limit."


def test_what_one_more_unit_buys() -> None:
    study = replace(STUDY, gains={"areas": gains(HARVESTED, AREAS, 0)})
    line = told(study, "One more of areas")
    assert "+1,500 t a year (from 16 to 18), +500 t a year (from 18 to 20)" in line.replace(
        ".0", ""
    )
    assert "nothing that can be told (from 20 to 22)" in line
    assert line.endswith("The last one buys less than the first.")


def test_a_design_without_neighbours_has_no_next_unit() -> None:
    study = replace(STUDY, gains={"areas": gains(HARVESTED[:1], AREAS[:1], 0)})
    assert "no two variants that differ in it alone" in told(study, "One more of areas")


def test_enough_and_not_enough_have_a_reason() -> None:
    study = replace(STUDY, until={"harvested_t_per_year": 0.02, "wait_days_per_batch": 0.1})
    enough = told(study, "were enough")
    assert "the mean of harvested is known to within 1.4" in enough
    assert '("areas=16"), 2% was asked for' in enough
    short = told(study, "were not enough")
    assert '("areas=22"), 10% was asked for; it would take about' in short


def test_a_mean_of_about_zero_is_never_known_to_a_share() -> None:
    study = Evidence(["base"], {"kg": OWN[:1]}, {}, "kg", until={"kg": 0.1})
    assert "no number of replications would do" in told(study, "were not enough")


def test_common_luck_is_worth_its_replications() -> None:
    line = told(STUDY, "same luck")
    assert "vary 97% less" in line or "vary 98% less" in line
    assert "With luck of their own" in line
    apart = Evidence(["base", "other"], {"kg": np.stack([LUCK, -LUCK])}, {}, "kg")
    assert told(apart, "same luck").endswith("no surer here.")


def test_failures_are_told() -> None:
    values = HARVESTED.copy()
    values[2, 3] = values[2, 4] = nan
    study = replace(STUDY, values={"harvested_t_per_year": values})
    assert not any("nothing to count" in line for line in answer(study))
    assert told(study, "failed").startswith('2 of 32 runs failed and are left out, of "areas=20":')
    nothing = replace(STUDY, values={"harvested_t_per_year": np.full((4, 3), nan)})
    assert answer(nothing)[0] == "No variant can be chosen: every run failed."


def test_a_figure_that_could_not_be_counted_is_no_failure() -> None:
    waits = WAITS.copy()
    waits[0, :2] = nan
    study = replace(
        STUDY,
        values={"harvested_t_per_year": HARVESTED, "wait_days_per_batch": waits},
        limits=[MeanLimit("wait_days_per_batch", 5.0)],
    )
    line = told(study, "nothing to count wait from")
    assert line.startswith('2 of 32 runs, of "areas=16", had')
    assert not any("failed" in line for line in answer(study))


def test_a_single_run_of_each_says_so() -> None:
    study = replace(STUDY, values={"harvested_t_per_year": HARVESTED[:, :1]})
    lines = answer(study)
    assert "single run" in lines[0]
    assert told(study, "How sure that is cannot be said")
    assert told(study, "1 replication of each variant was not enough")


def test_a_single_variant_is_described() -> None:
    study = replace(STUDY, values={"harvested_t_per_year": HARVESTED[:1]}, variants=["base"])
    assert answer(study)[0].startswith("Harvested 48,000 t a year (between")
    assert "enough to know the mean of harvested to within" in told(study, "8 replications")


def test_without_an_objective_differences_are_told() -> None:
    study = replace(STUDY, objective=None)
    lines = answer(study)
    assert lines[0].startswith('harvested: the base "areas=16" has 48,000 t a year')
    assert lines[1].startswith('  "areas=22" has 4,020 t a year more')
    same = replace(study, values={"kg": OWN[:2] * 100}, variants=["base", "other"])
    assert told(same, "no variant can be told from it").startswith("kg: the base")
    with pytest.raises(ValueError, match="no objective"):
        choose(study)


NOTHING = np.full((2, 2), nan)


def nothing_harvested(**changes: object) -> Evidence:
    """Two variants that ran, without a figure of what was asked for."""
    return replace(
        Evidence(
            variants=["base", "tgc=4"],
            values={"harvested_t_per_year": NOTHING, "fcr": NOTHING},
            words={"harvested_t_per_year": Words("live weight harvested", "t/year")},
            objective="harvested_t_per_year",
            ran=np.ones((2, 2), dtype=np.bool_),
            harvests=False,
            gains={"tgc": gains(NOTHING, np.array([[3.0], [4.0]]), 0)},
        ),
        **changes,  # type: ignore[arg-type]
    )


def test_where_nothing_is_harvested_no_run_is_said_to_have_failed() -> None:
    (line,) = answer(nothing_harvested())
    why = "no run had anything to count live weight harvested from."
    assert line == f"No variant can be chosen: {why} No batch is harvested in the days that count."
    assert "No batch" not in answer(nothing_harvested(harvests=True))[0]


def test_without_an_objective_it_is_said_that_there_was_nothing_to_count() -> None:
    lines = answer(nothing_harvested(objective=None))
    assert lines == [
        "live weight harvested: no run had anything to count it from.",
        "fcr: no run had anything to count it from.",
    ]


def test_runs_that_failed_are_still_said_to_have_failed() -> None:
    lines = answer(nothing_harvested(ran=np.zeros((2, 2), dtype=np.bool_)))
    assert lines[0] == "No variant can be chosen: every run failed."
    assert lines[1].startswith("4 of 4 runs failed and are left out")


def test_a_figure_that_is_the_same_everywhere_is_not_ranked() -> None:
    values = np.array([[5.0, 7.0, 6.0]] * 3)
    study = replace(STUDY, variants=["a", "b", "c"], values={"harvested_t_per_year": values})
    (line,) = answer(study)
    has = "6.0 t a year (between 3.5 and 8.5)"
    assert line == f"Nothing varies between variants: harvested is {has} in each, run by run."


def test_a_variant_that_does_exactly_as_well_is_told_apart_from_luck() -> None:
    values = np.array([[5.0, 7.0, 6.0], [5.0, 7.0, 6.0], [1.0, 2.0, 1.0]])
    study = replace(STUDY, variants=["a", "b", "c"], values={"harvested_t_per_year": values})
    lines = answer(study)
    assert '"b" does exactly as well, run by run.' in lines
    assert "We are at least 95% sure that no other variant beats it." in lines
    assert any("were enough: what is not told from the best does exactly" in x for x in lines)


def test_replications_are_not_said_to_be_enough_where_nothing_is_chosen() -> None:
    every = MeanLimit("wait_days_per_batch", 30.0, at_most=False)
    assert not any("replications" in line for line in answer(replace(STUDY, limits=[every]))[:-1])
    values = {**STUDY.values, "wait_days_per_batch": np.array([[4.0, 6.0]] * 4)}
    values["harvested_t_per_year"] = HARVESTED[:, :2]
    study = replace(STUDY, values=values, limits=[MeanLimit("wait_days_per_batch", 5.0)])
    lines = answer(study)
    assert lines[0] == "No variant can be chosen: none surely keeps to the limits."
    wanted = "2 replications of each variant were not enough to tell which variant keeps to the"
    assert any(line.startswith(wanted) for line in lines)
    assert not any("enough to know" in line for line in lines)


def test_a_count_is_not_below_nothing() -> None:
    values = {
        **STUDY.values,
        "wait_days_per_batch": np.array([[0.0, 11.0], [1, 2], [1, 2], [1, 2]]),
    }
    values["harvested_t_per_year"] = HARVESTED[:, :2]
    words = {**STUDY.words, "wait_days_per_batch": Words("wait", "days", (0.0, inf))}
    study = replace(
        STUDY, values=values, words=words, limits=[MeanLimit("wait_days_per_batch", 5.0)]
    )
    assert "(between 0 and " in told(study, '"areas=16" may or may not keep to it')
    unbounded = replace(study, words=STUDY.words)
    assert "(between -" in told(unbounded, '"areas=16" may or may not keep to it')
