"""What all knob models share: unknown knobs are refused, values are frozen and not coerced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, GroupedMetadata, Le, MaxLen
from pydantic import BaseModel, ConfigDict, Field

from sim.facts.limits import limit_of


class Knobs(BaseModel):
    """A mapping of knobs in a scenario file.

    Attributes:
        RISING: pairs of knobs of which the first must not be above the second, where their names
            do not tell (:mod:`sim.scenario.agreement`).
        MUST_DIFFER: whether the two of a pair must not be equal either.
    """

    # A model is built when it is first filled: most are only ever parts of a scenario's.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True
    )

    RISING: ClassVar[tuple[tuple[str, str], ...]] = ()
    MUST_DIFFER: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Fits(GroupedMetadata):
    """A knob whose value becomes a field of a kind of fact, and must fit into its column.

    Attributes:
        column: the kind and its field: ``batch.batch_number``.
    """

    column: str

    def __iter__(self) -> Iterator[Any]:
        """The column's limits as pydantic knows them; none for words that the model chooses."""
        limit = limit_of(self.column)
        if limit.width is not None:
            yield MaxLen(limit.width)
        else:
            yield Ge(limit.least)
            yield Le(limit.most)


MOST_KG = 100.0
"""No salmon is heavier: the record is half of it."""

Share = Annotated[float, Field(ge=0, le=1)]

Weight = Annotated[float, Field(ge=0), Fits("daily_state.avg_weight_g")]
"""A fish's weight in grams, as far as one can be written down."""

Days = Annotated[int, Field(ge=0, le=36_500)]
"""At most a century."""
