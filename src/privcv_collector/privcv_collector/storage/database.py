# SPDX-License-Identifier: Apache-2.0
"""One engine for SQLite and PostgreSQL, and the schema brought up to date before use."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from privcv_collector.errors import CollectorError
from privcv_collector.storage.postgresql import postgresql_engine
from privcv_collector.storage.private_file import NOT_OURS, keep_private, refuse_others
from privcv_core.masking import mask, mask_address, remember
from privcv_core.sqlite_codes import READONLY, result_code

MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x70726976  # any constant: processes that start together wait for one another


def open_database(url: str, *, makes: bool = True) -> Engine:
    """Connect to ``url`` and apply the migrations that are missing.

    ``makes``: whether a database may be made where there is none; who only looks or takes away has
    mistyped its name. Raises ``CollectorError`` where the database cannot be reached, is none of a
    collector, or is newer than this program.
    """
    engine = _engine(url, makes)
    try:
        migrate(engine, makes=makes)
    except SQLAlchemyError as error:
        raise CollectorError(f"{_shown(engine)}: {one_line(error)}") from error
    return engine


@contextmanager
def errors_of(url: str) -> Iterator[None]:
    """What the database at ``url`` refuses becomes a ``CollectorError``: one line, and no SQL.

    A statement would be shown with what it was given, such as the digest of a token.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise CollectorError(f"{mask_address(url)}: {one_line(error)}") from error


def writing(engine: Engine) -> Engine:
    """The same engine for transactions that write: SQLite takes its write lock at their start."""
    return engine.execution_options(privcv_begin="BEGIN IMMEDIATE")


def migrate(engine: Engine, *, makes: bool = True) -> None:
    """Apply the migrations that are missing, in one transaction, one process at a time.

    Raises ``CollectorError`` where that is all of them, if not ``makes``.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        present = _revision(connection)
        if present == script.get_current_head():
            return
        if present is not None and present not in {item.revision for item in _all(script)}:
            raise CollectorError(
                f"{_shown(engine)}: was made by a newer version (schema {present}); update privcv"
            )
        if present is None and not makes:
            raise CollectorError(f"{_shown(engine)}: {NOT_OURS}")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def names_password(url: str) -> bool:
    """Whether the database URL holds a password, so that the file it stands in is a secret."""
    try:
        parsed = make_url(url)
        return parsed.password is not None or "password" in parsed.query
    except (ArgumentError, ValueError):
        return False  # ``open_database`` says what is wrong with it


def one_line(error: Exception) -> str:
    """What the driver said, without the statement and the links that SQLAlchemy adds."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return mask(" ".join(line.strip() for line in lines)) or type(error).__name__


def _engine(url: str, makes: bool) -> Engine:
    if any(
        0xD800 <= ord(letter) < 0xE000 for letter in url
    ):  # bytes of a shell in another encoding
        raise CollectorError(f"the database URL {url!a} cannot be used: it is not UTF-8")
    remember(url)
    if "://" not in url:
        raise CollectorError(f"{url}: is not a database URL; for a file write sqlite:///{url}")
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed, makes)
        if parsed.get_backend_name() != "postgresql":
            raise CollectorError(f"{parsed.drivername}: is not supported; use sqlite or postgresql")
        return postgresql_engine(parsed)
    except (ArgumentError, ImportError, ValueError) as error:  # ValueError: a port that is none
        raise CollectorError(f"the database URL cannot be used: {one_line(error)}") from error


def _sqlite(url: Any, makes: bool) -> Engine:
    if not url.database or url.database == ":memory:":
        raise CollectorError("the collector needs a file: sqlite:///FILE")
    database = Path(url.database)
    if not database.absolute().parent.is_dir():
        raise CollectorError(f"{database}: its folder does not exist")
    refuse_others(database, makes=makes)
    keep_private(database)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so, below
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # The ends of many devices' key ranges are written again and again: keep them in memory and
        # copy them from the log to the table together (16 and 64 MiB).
        cursor.execute("PRAGMA cache_size=-16384")
        cursor.execute("PRAGMA wal_autocheckpoint=16384")
        cursor.close()

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> None:
        """Open the file again: what was opened while it could not be written stays so."""
        error = context.original_exception
        if isinstance(error, sqlite3.Error) and result_code(error) == READONLY:
            context.is_disconnect = True

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql(options.get("privcv_begin", "BEGIN"))

    return engine


def _shown(engine: Engine) -> str:
    return mask_address(engine.url.render_as_string(hide_password=True))


def _revision(connection: Connection) -> str | None:
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _all(script: Any) -> list[Any]:
    return list(script.walk_revisions())
