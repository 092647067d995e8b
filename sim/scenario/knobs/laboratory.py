"""Knobs of the laboratory's figures: what its instruments show of healthy and of ill fish.

They are general knowledge (K) of the trade, not taken from one source: PCR runs 40 cycles or more,
a late signal is not confirmed, and anaemic salmon have a low haematocrit.
"""

from __future__ import annotations

from pydantic import Field

from sim.scenario.knobs.base import Knobs


class Laboratory(Knobs):
    """Scores, haematocrit and PCR of samples of fish."""

    RISING = (("ct_fall", "first_ct"), ("first_ct", "false_ct"))

    score_noise: float = Field(
        0.15, ge=0, le=3, description="spread of the score of organs between samples"
    )
    haematocrit_percent: float = Field(
        44.0, ge=0, le=100, description="haematocrit of healthy fish"
    )
    haematocrit_fall_percent: float = Field(
        7.0, ge=0, le=30, description="what a point of the score costs of it"
    )
    haematocrit_noise_percent: float = Field(
        1.5, ge=0, le=30, description="its spread between samples"
    )
    first_ct: float = Field(
        36.0, ge=0, le=60, description="Ct (cycles until a signal) where the first fish is infected"
    )
    ct_fall: float = Field(
        15.0, ge=0, le=60, description="by how much it falls until all are infected"
    )
    ct_noise: float = Field(0.5, ge=0, le=10, description="its spread between samples")
    false_ct: float = Field(
        37.5, ge=0, le=60, description="Ct of a signal that is not confirmed: later than any other"
    )
