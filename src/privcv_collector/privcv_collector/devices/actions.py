# SPDX-License-Identifier: Apache-2.0
"""Audit of administrators: who did what, when, and for which sites.

A row is written in the transaction that does what it says.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, insert, select

from privcv_collector.clock import is_over, now_utc
from privcv_collector.refused import unauthorized
from privcv_collector.storage.tables import access_tokens, admin_actions

Action = Literal[
    "access_token.issued",
    "access_token.revoked",
    "alert_channel.added",
    "alert_channel.disabled",
    "alert_rule.added",
    "alert_rule.disabled",
    "attester.enrolled",
    "attester.removed",
    "device.revoked",
    "enrolment_token.issued",
    "enrolment_token.revoked",
    "reports.expired",
]


@dataclass(frozen=True)
class Actor:
    """Who acts: the id of an access token and its name, or one of the two who have none."""

    id: str
    name: str


COMMAND_LINE = Actor("command line", "command line")
"""Whoever can open the database."""

RETENTION = Actor("retention", "retention")
"""The collector itself, by its setting ``keep_reports_d``."""

TOKEN_FILE = Actor("file", "file")
"""Whoever holds the token in the file that the collector was started with."""


def token_id(digest: str) -> str:
    """What a token is called in lists: the first 16 digits of its digest, of no use as a token."""
    return digest[:16]


def record_action(
    connection: Connection, by: Actor, action: Action, target: str, sites: Collection[str]
) -> None:
    """Append a row that is there if and only if the action is.

    Raises ``Refused`` (401) where the token of ``by`` was revoked or expired since it was shown.
    """
    if re.fullmatch(r"[0-9a-f]{16}", by.id):
        mine = access_tokens.c.digest.startswith(by.id)
        valid = mine & access_tokens.c.revoked_at.is_(None)
        query = select(access_tokens.c.expires_at).where(valid).with_for_update()
        token = connection.execute(query).first()
        if token is None or is_over(token.expires_at, now_utc()):
            raise unauthorized("the access token was revoked or has expired")
    row = {
        "at": now_utc(),
        "actor_id": by.id,
        "actor": by.name,
        "action": action,
        "target": target,
        "sites": sorted(set(sites)),
    }
    connection.execute(insert(admin_actions).values(row))
