"""AquaMind's tables and Smoltflow's own as SQLAlchemy Core metadata, one module per domain."""

from sqlalchemy import Table

from persistence.schema import (
    auth,
    batch,
    batch_workflows,
    broodstock,
    environmental,
    finance,
    harvest,
    health,
    infrastructure,
    inventory,
    own,
    planning,
    scenario,
)
from persistence.schema.base import METADATA, is_fact
from persistence.schema.indexes import (
    INDEX_SETS,
    MINIMAL_INDEXES,
    SECONDARY_INDEXES,
    IndexSet,
)

DOMAINS = (
    auth,
    infrastructure,
    batch,
    batch_workflows,
    broodstock,
    environmental,
    inventory,
    harvest,
    health,
    finance,
    planning,
    scenario,
    own,
)
"""The modules whose import declares the tables."""

TABLES: dict[str, Table] = {table.name: table for table in METADATA.sorted_tables}
"""Every table by its name; a table stands after those it refers to (but for the two circles)."""

FACT_TABLES: frozenset[str] = frozenset(name for name, table in TABLES.items() if is_fact(table))
"""The tables that are loaded bare and get their keys after the load."""

__all__ = [
    "DOMAINS",
    "FACT_TABLES",
    "INDEX_SETS",
    "METADATA",
    "MINIMAL_INDEXES",
    "SECONDARY_INDEXES",
    "TABLES",
    "IndexSet",
]
