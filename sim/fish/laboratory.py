"""What a laboratory finds in a sample: it follows from the state of the fish or the water.

Each type of sample looks at some of the health parameters; the worst of them is its score, on the
scale of 0 to 3 by which fish are scored. Organs are also tested for every disease of the scenario
by PCR, whose Ct (cycles until a signal shows) falls as an infection spreads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.biology.examination import STEPS
from sim.core.streams import noise_at, uniform_at
from sim.facts import canonical_json
from sim.fish.condition import HEALTH_PARAMETERS, Condition
from sim.scenario.knobs.care import Care
from sim.scenario.knobs.laboratory import Laboratory

LOOKED_AT: Mapping[str, tuple[str, ...]] = {
    "blood": ("body", "swimming"),
    "gill": ("gill",),
    "tissue": ("wounds", "fin", "mucous", "eye"),
    "kidney": ("body", "colour"),
    "fecal": ("appetite",),
}
"""Health parameters that show in a sample of fish, by its type; water shows none."""

_SCORE, _CT, _FALSE, _PATHOGENS = 0, 1, 2, 100
"""Which numbers of a sample's stream are for what; pathogens from there on."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A laboratory's answer.

    Attributes:
        found: names of the diseases whose agent was found.
        abnormal: whether anything is not as it should be; ``summary`` says it in words.
        results: the figures, as canonical JSON.
    """

    found: tuple[str, ...]
    abnormal: bool
    summary: str
    results: str


def analyse_fish(
    care: Care,
    kind: str,
    condition: Condition,
    container: int,
    diseases: Sequence[str],
    luck: np.uint64,
) -> Analysis:
    """Organs of fish of a container.

    The ``kind`` of the sample is one of ``LOOKED_AT``; ``diseases`` name the rows of
    ``condition.load``; ``luck`` is the sample's own stream.
    """
    rows = [HEALTH_PARAMETERS.index(parameter) for parameter in LOOKED_AT[kind]]
    worst = float(condition.damage[rows, container].max())
    noise = noise_at(luck, _SCORE)
    shows = care.laboratory
    blur = shows.score_noise * noise
    # Noise blurs what is there; it makes no lesion where there is none.
    score = round(min(max(STEPS * worst + blur * (worst > 0), 0.0), float(STEPS)), 1)
    ct = {
        diseases[row]: _ct(shows, load, luck)
        for row, load in enumerate(condition.load[:, container].tolist())
        if load > 0 and uniform_at(luck, _PATHOGENS + row) < care.lab_sensitivity
    }
    found = tuple(ct)
    doubtful = not ct and score == 0 and uniform_at(luck, _FALSE) < care.lab_false_share
    if doubtful and diseases:
        row = int(uniform_at(luck, _FALSE + 1) * len(diseases))
        ct = {diseases[row]: shows.false_ct}
    elif doubtful:
        score = care.lab_abnormal_score
    figures: dict[str, object] = {
        "fish": care.lab_fish,
        "score": score,
        "pcr_tested": list(diseases),
        "pcr_ct": ct,
    }
    if kind == "blood":
        figures["haematocrit_percent"] = round(
            shows.haematocrit_percent
            - shows.haematocrit_fall_percent * score
            + shows.haematocrit_noise_percent * noise,
            1,
        )
    abnormal = bool(ct) or score >= care.lab_abnormal_score
    told = [f"{name} found (Ct {value:g})" for name, value in ct.items() if not doubtful]
    if score > 0 and not doubtful:
        told.append(f"{'lesions' if kind != 'blood' else 'changes'}, score {score:g} of {STEPS}")
    if doubtful:
        told.append("weak signal, not confirmed")
    summary = "; ".join(told) if told else "nothing found"
    return _analysis(found, summary, figures, abnormal=abnormal)


def _ct(shows: Laboratory, load: float, luck: np.uint64) -> float:
    return round(shows.first_ct - shows.ct_fall * load + shows.ct_noise * noise_at(luck, _CT), 1)


def analyse_water(
    care: Care, degc: float, salinity_ppt: float, feed_kg_m3: float, oxygen_loss: float
) -> Analysis:
    """Water of a container: its feed a day and cubic metre, and the oxygen that is missing."""
    figures: dict[str, object] = {
        "temperature_degc": round(degc, 2),
        "salinity_ppt": round(salinity_ppt, 1),
        "feed_kg_m3_day": round(feed_kg_m3, 3),
        "oxygen_loss_percent": round(100 * oxygen_loss, 1),
    }
    low, high = care.water_degc
    told = []
    if not low <= degc <= high:
        told.append(f"{degc:.1f} degrees")
    if feed_kg_m3 > care.water_most_feed_kg_m3:
        told.append(f"loaded: {feed_kg_m3:.1f} kg of feed a day and cubic metre")
    if oxygen_loss > care.water_oxygen_loss:
        told.append(f"{100 * oxygen_loss:.0f} % of the oxygen is missing")
    return _analysis((), "; ".join(told) or "as it should be", figures, abnormal=bool(told))


def _analysis(
    found: tuple[str, ...], summary: str, figures: dict[str, object], *, abnormal: bool
) -> Analysis:
    figures["abnormal"] = abnormal
    text = summary[0].upper() + summary[1:]
    return Analysis(found, abnormal, text, canonical_json(figures))
