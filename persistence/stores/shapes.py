"""Tables that bear a name of ours and are not what they ought to be: somebody else's."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from persistence.mapping import OWN_PREFIX
from persistence.schema import TABLES


def other_tables(connection: Connection) -> dict[str, list[str]]:
    """The columns that tables of AquaMind's names lack, by table; none for those that are right."""
    looked = inspect(connection)
    names = [name for name in TABLES if not name.startswith(OWN_PREFIX)]
    lacking: dict[str, list[str]] = {}
    for (_, name), found in looked.get_multi_columns(filter_names=names).items():
        there = {column["name"] for column in found}
        missing = [column.name for column in TABLES[name].columns if column.name not in there]
        if missing:
            lacking[name] = missing
    return lacking
