# SPDX-License-Identifier: Apache-2.0
"""The options by which commands find the audit log: ``--site`` or ``--folder``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def audit_options(function: F) -> F:
    """Add ``--site`` and ``--folder`` to a command."""
    site = click.option(
        "--site",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Site file whose audit log is meant.",
    )
    folder = click.option(
        "--folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of the audit log, instead of --site.",
    )
    return site(folder(function))


def audit_settings(site: Path | None, folder: Path | None) -> Any:
    """The ``AuditSettings`` that the two options name. Raises ``click.UsageError``."""
    from privcv_compliance.site_file import SiteFile
    from privcv_core.audit.log import AuditSettings

    if folder is not None:
        return AuditSettings(folder=folder)
    if site is None:
        raise click.UsageError("name the site file (--site) or the folder of the log (--folder)")
    return SiteFile.read(site).audit
