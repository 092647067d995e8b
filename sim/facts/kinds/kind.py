"""What a kind of fact is, and the short way to write one down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["master", "site", "entity", "fact"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of fact consists of.

    Attributes:
        name: what the model calls it.
        role: master data, a site's, an entity or a fact.
        fields: the type of each field, by name.
        optional: fields that may be left out, or be NULL.
    """

    name: str
    role: Role
    fields: Mapping[str, str]
    optional: frozenset[str]


STAMPS = ("created_at", "updated_at")
"""When an entity was born and last changed: the journal fills them."""


def kind(name: str, role: Role, fields: str, *, stamps: bool = True) -> Kind:
    """Read ``"field:type field?:type"``; ``?``: may be left out; without a type: an ``int``."""
    parts = [part.partition(":")[::2] for part in fields.split()]
    if stamps:
        parts += [(stamp, "time") for stamp in STAMPS]
    return Kind(
        name,
        role,
        {field.removesuffix("?"): kind or "int" for field, kind in parts},
        frozenset(field.removesuffix("?") for field, _ in parts if field.endswith("?")),
    )
