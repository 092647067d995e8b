"""What all knob models share: unknown knobs are refused, values are frozen and not coerced."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Knobs(BaseModel):
    """A mapping of knobs in a scenario file."""

    # A model is built when it is first filled: most are only ever parts of a scenario's.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True
    )


Share = Annotated[float, Field(ge=0, le=1)]
