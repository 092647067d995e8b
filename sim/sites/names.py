"""Names that are made of what a scenario gives: of batches' numbers, of stages, of geographies.

They stand here together because each must fit into its column: :mod:`sim.sites.written` looks at
the longest of each kind before anything is simulated.
"""

from __future__ import annotations

STANDING_PROFILES = {"sea": False, "cold sea": True}
"""A geography's own temperature profiles, which no batch needs: whether it is of a cold year."""


def area(prefix: str, number: int) -> str:
    """A sea area of a geography, from 1."""
    return f"{prefix}-SEA-{number:02d}"


def ring(area: str, number: int) -> str:
    """A ring of an area, from 1."""
    return f"{area}-Ring-{number:02d}"


def creation_number(batch: str) -> str:
    """Number of the workflow in which a batch's eggs are laid down."""
    return f"CRT-{batch}"


def transfer_number(batch: str, age_days: int) -> str:
    """Number of the workflow of a batch's move at an age."""
    return f"TRF-{batch}-D{age_days}"


def bought_eggs(batch: str) -> str:
    """The supplier's number of a batch's eggs."""
    return f"EXT-{batch}"


def egg_production(batch: str) -> str:
    """Number of the production of a batch's eggs."""
    return f"EGG-{batch}"


def harvest_document(batch: str, container: str) -> str:
    """The paper that goes with the harvest of a container."""
    return f"HRV-{batch}-{container}"


def laboratory_reference(batch: str, number: int) -> str:
    """The laboratory's number of a batch's sample."""
    return f"LAB-{batch}-{number:03d}"


def baseline_of(batch: str) -> str:
    """The scenario of a batch's first day."""
    return f"Baseline {batch}"


def seen_from(stage: str) -> str:
    """What a later projection is called: by the stage that begins."""
    return f"From {stage}"


def scenario_from(stage: str, batch: str) -> str:
    """The scenario of a batch that is made when a stage begins."""
    return f"{seen_from(stage)} {batch}"


def profile_of(scenario: str) -> str:
    """The water of a scenario of a batch."""
    return f"{scenario} water"


def growth_of(whose: str) -> str:
    """The growth model of a scenario, or of a geography's profile."""
    return f"{whose} growth"


def batch_constraints(batch: str) -> str:
    """The biological constraints of a batch's scenarios."""
    return f"{batch} constraints"


def standing_profile(geography: str, what: str, scenario: str) -> str:
    """A geography's own profile of its sea."""
    return f"{geography} {what} ({scenario})"


def breeding_season(geography: str, year: int) -> str:
    """The plan of a geography's broodstock for a year."""
    return f"{geography} {year}"


def sea_areas(geography: str) -> str:
    """The group of all areas of a geography."""
    return f"{geography} Sea"


def transfer_to(stage: str) -> str:
    """Name of the template of the move into a stage of the scenario."""
    return f"Transfer to {stage}"


def sampling_in(stage: str, share: float) -> str:
    """Name of the template of a growth sampling in a stage."""
    return f"Growth sampling in {stage} at {share:.0%}"


def change_of_feed(feed: str, stage: str) -> str:
    """Name of the template of the change to a feed within a stage."""
    return f"Change to {feed} in {stage}"
