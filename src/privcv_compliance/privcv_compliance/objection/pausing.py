# SPDX-License-Identifier: Apache-2.0
"""Pausing the cameras of a site, and the record of it."""

from collections.abc import Sequence
from datetime import datetime

from privcv_compliance.operator_log import OPERATOR, operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.pause_note import By, Paused, write_pause
from privcv_core.protocol.timestamps import rfc3339_whole


def pause_cameras(
    site: SiteFile,
    cameras: Sequence[str],
    minutes: int,
    by: By,
    now: datetime | None = None,
    chain: str = OPERATOR,
) -> list[Paused]:
    """Pause ``cameras``, all where none is named, and write down that there was a pause.

    ``chain``: of the audit log; a user of its own, such as the desk's, needs one of its own.

    First it takes effect, then it is written down: a full log must not keep a camera open. Raises
    ``ComplianceError`` for a camera that the site has not, ``AuthorizationError``,
    ``FileWriteError``, ``AuditLogError``.
    """
    names = [site.camera(name).name for name in cameras] or list(site.cameras)
    paused = [write_pause(site.state, name, minutes, by, now) for name in names]
    with operator_log(site.audit, chain) as log:
        for one in paused:
            log.append(
                "counting.paused",
                camera=one.camera,
                minutes=minutes,
                by=by,
                until=rfc3339_whole(one.until),
            )
    return paused
