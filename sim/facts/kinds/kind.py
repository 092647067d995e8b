"""What a kind of fact is, and the short way to write one down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["master", "site", "entity", "fact"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of fact consists of: ``fields`` maps a field's name to its type."""

    name: str
    role: Role
    fields: Mapping[str, str]


_STAMPS = "created_at:time updated_at:time"


def kind(name: str, role: Role, fields: str, *, stamps: bool = True) -> Kind:
    """Read ``"field:type field:type"``; a field without a type is an ``int``."""
    pairs = [part.partition(":")[::2] for part in (fields + " " + _STAMPS * stamps).split()]
    return Kind(name, role, {field: kind or "int" for field, kind in pairs})
