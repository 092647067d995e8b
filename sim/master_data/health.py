"""Health master data: what is scored and how, why fish die, what goes to the laboratory, vaccines.

Fish are scored 0 (as it should be) to 3 (severe). The order of the parameters is that of the rows
of ``condition.damage``, so that a row's number is the parameter's key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.core.journal import Value
from sim.fish.condition import CAUSES, HEALTH_PARAMETERS
from sim.scenario import Scenario

WORST_SCORE = 3
SCORE_LABELS = ("Good", "Slight", "Moderate", "Severe")

TREATMENTS: Mapping[str, str] = {
    "freshwater": "freshwater",
    "medicinal": "medicinal (chemical)",
    "thermal": "thermal",
    "mechanical": "mechanical",
}
"""What the kinds of treatment against lice are called."""

PARAMETER_NAMES: Mapping[str, str] = {
    "gill": "Gill Condition",
    "eye": "Eye Condition",
    "wounds": "Wounds",
    "fin": "Fin Condition",
    "body": "Body Condition",
    "swimming": "Swimming Behavior",
    "appetite": "Appetite",
    "mucous": "Mucous Membrane",
    "colour": "Color/Pigmentation",
}
_DESCRIPTIONS: Mapping[str, tuple[str, str, str, str, str]] = {
    # parameter: what is looked at; what scores 0, 1, 2 and 3 look like
    "gill": (
        "Colour, slime and lesions of the gills",
        "Bright red, clean filaments",
        "Slightly pale, or a few spots of slime",
        "Pale patches, thickened filaments or slime on up to a third of the surface",
        "Pale and swollen, lesions or slime on more than a third of the surface",
    ),
    "eye": (
        "Clouding, bleeding and bulging of the eyes",
        "Clear, normal size",
        "One eye slightly cloudy",
        "A cataract, bleeding, or slight bulging",
        "Blind, ruptured or strongly bulging on one side or both",
    ),
    "wounds": (
        "Scale loss, sores and ulcers of the skin",
        "Skin whole",
        "Some scales missing, no sore",
        "A sore of less than 1 cm, or scale loss over a tenth of the side",
        "An open sore of more than 1 cm, or several",
    ),
    "fin": (
        "Erosion, splitting and bleeding of the fins",
        "Fins whole",
        "Edges slightly worn or split",
        "Up to half of a fin is gone, or it bleeds",
        "More than half of a fin is gone, bone shows or it is inflamed",
    ),
    "body": (
        "Fatness and shape of the body",
        "Well filled, straight back",
        "Slightly thin, or the jaw or back slightly out of shape",
        "Thin, or clearly deformed",
        "Emaciated, or so deformed that it does not eat",
    ),
    "swimming": (
        "Where and how fish swim before they are caught",
        "In the shoal, quick to react",
        "At the edge of the shoal, or slow to react",
        "Alone near the surface, or in a corner",
        "On its side, in circles, or without reaction",
    ),
    "appetite": (
        "How fish go for the feed, and how full their guts are",
        "Goes for the feed at once, full gut",
        "Takes feed with a delay, gut partly filled",
        "Takes little feed, gut almost empty",
        "Does not eat, gut empty or with yellow slime",
    ),
    "mucous": (
        "The slime layer of skin and mouth",
        "Thin, clear and whole",
        "Slightly thick or cloudy in places",
        "Thick grey slime, or patches without",
        "Slime sheds in strings, or skin is dry and rough",
    ),
    "colour": (
        "Colour and pigment of the skin",
        "Silvery, or as its stage should be",
        "Slightly dark or dull",
        "Dark, or reddened belly",
        "Very dark or pale, bleeding in the skin",
    ),
}

SAMPLE_TYPES: Mapping[str, str] = {
    "blood": "Plasma for haematocrit and serology",
    "gill": "Gill arch for histology and PCR",
    "tissue": "Skin, muscle and heart for histology and PCR",
    "kidney": "Head kidney for bacteriology and PCR",
    "fecal": "Hind gut content for parasites and digestion",
    "water": "Water of the tank or ring",
}
"""What can be sent to the laboratory, in the order of its keys."""

VACCINATION_LOSSES = "After vaccination"
"""What the record says of fish that do not survive a vaccination."""

_CAUSE_TEXTS: Mapping[str, str] = {
    "DISEASE": "Infections of any kind",
    "HANDLING": "Injured or exhausted by handling and treatment",
    "PREDATION": "Taken or wounded by birds, seals or other fish",
    "ENVIRONMENTAL": "Water quality, weather, blooms and jellyfish",
    "UNKNOWN": "No cause was found",
    "OTHER": "Anything else, among it fish that were culled",
}


def health_master_rows(scenario: Scenario) -> dict[str, list[dict[str, Value]]]:
    """Rows by kind, in foreign-key order; the caller stamps those that have stamps."""
    return {
        "health_parameter": [
            {
                "name": PARAMETER_NAMES[parameter],
                "is_active": True,
                "description": _DESCRIPTIONS[parameter][0],
                "min_score": 0,
                "max_score": WORST_SCORE,
            }
            for parameter in HEALTH_PARAMETERS
        ],
        "score_definition": [
            {
                "score_value": score,
                "label": label,
                "description": _DESCRIPTIONS[parameter][1 + score],
                "display_order": score,
                "parameter": key,
            }
            for key, parameter in enumerate(HEALTH_PARAMETERS)
            for score, label in enumerate(SCORE_LABELS)
        ],
        "mortality_reason": _mortality_reasons(scenario),
        "sample_type": [
            {"name": name.capitalize(), "description": text} for name, text in SAMPLE_TYPES.items()
        ],
        "vaccination_type": [
            {
                "name": vaccine.name,
                "manufacturer": vaccine.manufacturer,
                "dosage": vaccine.dosage,
                "description": vaccine.description,
            }
            for vaccine in scenario.care.vaccines
        ],
    }


def _mortality_reasons(scenario: Scenario) -> list[dict[str, Value]]:
    """AquaMind's causes, and below each what a scenario's fish die of; names are unique."""
    rows: list[dict[str, Value]] = [
        {"name": cause.capitalize(), "description": _CAUSE_TEXTS[cause], "parent": None}
        for cause in CAUSES
    ]
    known = {str(row["name"]).casefold() for row in rows}
    for cause, reason, text in _reasons(scenario):
        name = reason[:100]
        if name and name.casefold() not in known:
            known.add(name.casefold())
            rows.append({"name": name, "description": text, "parent": CAUSES.index(cause)})
    return rows


def _reasons(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """(AquaMind's cause, name, description) of everything that fish of a scenario may die of."""
    for background in scenario.death_causes:
        yield background.cause, background.description, "Among the deaths of every day"
    for disease in scenario.diseases:
        yield "DISEASE", disease.name, f"{disease.agent.capitalize()} disease"
    yield "DISEASE", "Salmon lice", "Wounded and weakened by lice"
    for event in scenario.sea_events:
        yield "ENVIRONMENTAL", event.name, "What the sea did"
    for method in scenario.delousing.methods:
        yield "HANDLING", method.name, f"Treatment against lice: {TREATMENTS[method.method]}"
    yield "HANDLING", VACCINATION_LOSSES, "In the days after a vaccination"
    yield "HANDLING", "Transfer", "In the move to the next stage"
    yield "OTHER", "cull", "Taken out by people"
