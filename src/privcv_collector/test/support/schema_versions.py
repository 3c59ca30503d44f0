# SPDX-License-Identifier: Apache-2.0
"""The schema of a database: as an earlier version made it, and how it differs from the code's."""

import re
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from privcv_collector.storage.database import open_database
from privcv_collector.storage.tables import sites


def opened_as_of(revision: str, url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database with the schema of an earlier ``revision``, as the collector of then made it."""
    with monkeypatch.context() as earlier:
        earlier.setattr(ScriptDirectory, "get_current_head", lambda _: revision)
        earlier.setattr(
            command, "upgrade", lambda config, _, upgrade=command.upgrade: upgrade(config, revision)
        )
        return open_database(url)


def differences(connection: Connection) -> list[Any]:
    """What the tables in the database have that the code does not expect, and the reverse.

    Partitions have what the table has of which they are parts: PostgreSQL sees to that.
    """

    def is_whole(name: str | None, *_: object) -> bool:
        return re.search(r"_reports_(\d{4}_\d\d|rest|before)", name or "") is None

    options = {"include_name": is_whole}
    return list(
        compare_metadata(MigrationContext.configure(connection, opts=options), sites.metadata)
    )
