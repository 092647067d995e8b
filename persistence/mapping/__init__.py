"""Which table a kind of fact lives in, and how its fields become that table's columns.

The rule needs no list: a field fills the column of its own name, or of its name with ``_id`` when
it refers to a key. What the rule cannot know stands in :mod:`persistence.mapping.declared`.
"""

from persistence.digest import OWN_PREFIX
from persistence.mapping.declared import MODELS
from persistence.mapping.pick import Pick
from persistence.mapping.rule import (
    Mapping,
    Rows,
    TableTarget,
    check_mappings,
    global_keys,
    mapping_of,
    mappings,
    tables_by_role,
)

__all__ = [
    "MODELS",
    "OWN_PREFIX",
    "Mapping",
    "Pick",
    "Rows",
    "TableTarget",
    "check_mappings",
    "global_keys",
    "mapping_of",
    "mappings",
    "tables_by_role",
]
