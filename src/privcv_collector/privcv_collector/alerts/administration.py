# SPDX-License-Identifier: Apache-2.0
"""Channels and rules: added and disabled by administrators, each with a row in the audit.

A channel's address may be a secret, and its key is one: neither is ever listed. What is of other
sites looks like what does not exist.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from privcv_collector.alerts.public_address import check_url
from privcv_collector.alerts.rule import Rule
from privcv_collector.clock import now_utc
from privcv_collector.devices.actions import Actor, record_action
from privcv_collector.devices.administration import covers
from privcv_collector.errors import CollectorError
from privcv_collector.storage.alert_tables import alert_channels, alert_rules
from privcv_collector.storage.database import writing
from privcv_collector.storage.tables import sites

MOST_CHANNELS, MOST_RULES = 5000, 200
"""Of all sites together, and of one."""


def add_channel(
    engine: Engine,
    name: str,
    kind: str,
    target: Mapping[str, Any],
    wanted_sites: Sequence[str],
    by: Actor,
) -> tuple[int, str]:
    """The channel's number, and its secret, shown this once; '' of what is not signed.

    Raises ``CollectorError``.
    """
    if kind == "webhook":
        check_url(str(target["url"]))
    secret = secrets.token_urlsafe(32) if kind == "webhook" else ""
    with writing(engine).begin() as connection:
        count = select(func.count()).where(alert_channels.c.disabled_at.is_(None))
        _check_room(connection, count, MOST_CHANNELS, "channels")
        pk = _drawn()
        row = {
            "pk": pk,
            "name": name,
            "kind": kind,
            "target": dict(target),
            "secret": secret,
            "sites": sorted(set(wanted_sites)),
            "created_at": now_utc(),
        }
        connection.execute(insert(alert_channels).values(row))
        record_action(connection, by, "alert_channel.added", f"{name} ({kind})", wanted_sites)
    return pk, secret


def disable_channel(engine: Engine, pk: int, by: Actor, within: Collection[str]) -> None:
    """Tell nobody by it any more, and forget where it led. Raises ``CollectorError``."""
    with writing(engine).begin() as connection:
        column = alert_channels.c
        mine = (column.pk == pk) & column.disabled_at.is_(None)
        row = connection.execute(select(alert_channels).where(mine)).first()
        if row is None or not covers(within, row.sites):
            raise CollectorError(f"there is no channel {pk}")
        gone = {"disabled_at": now_utc(), "target": {}, "secret": ""}
        connection.execute(update(alert_channels).where(column.pk == row.pk).values(gone))
        record_action(connection, by, "alert_channel.disabled", row.name, row.sites)


def add_rule(
    engine: Engine,
    site: str,
    place: tuple[str, str],
    statistic: str,
    rule: Rule,
    title: str,
    channels: Sequence[int],
    by: Actor,
    within: Collection[str],
) -> int:
    """The number of a new rule for ``place``, a camera and a zone. Raises ``CollectorError``."""
    with writing(engine).begin() as connection:
        site_pk = connection.execute(select(sites.c.pk).where(sites.c.name == site)).scalar()
        if site_pk is None or not covers(within, [site]):
            raise CollectorError(f"there is no site {site}")
        rules = alert_rules.c
        count = select(func.count()).where(rules.site_pk == site_pk, rules.disabled_at.is_(None))
        _check_room(connection, count, MOST_RULES, "rules")
        pk = _drawn()
        row = {
            "pk": pk,
            "site_pk": site_pk,
            "title": title,
            "camera": place[0],
            "place": place[1],
            "statistic": statistic,
            "kind": rule.kind,
            "certainty": rule.certainty,
            "threshold": rule.threshold,
            "clear": rule.clear,
            "wait_s": rule.wait_s,
            "channels": [_channel(connection, one, site, within) for one in channels],
            "created_at": now_utc(),
            "phase": "quiet",
            "events": 0,
        }
        connection.execute(insert(alert_rules).values(row))
        target = f"{pk}: {place[0]}/{place[1]} {rule.kind}"[:96]
        record_action(connection, by, "alert_rule.added", target, [site])
    return pk


def disable_rule(engine: Engine, pk: int, by: Actor, within: Collection[str]) -> None:
    """Look at a rule no more. Raises ``CollectorError``."""
    with writing(engine).begin() as connection:
        query = (
            select(alert_rules, sites.c.name.label("site"))
            .join(sites, sites.c.pk == alert_rules.c.site_pk)
            .where(alert_rules.c.pk == pk, alert_rules.c.disabled_at.is_(None))
        )
        row = connection.execute(query).first()
        if row is None or not covers(within, [row.site]):
            raise CollectorError(f"there is no rule {pk}")
        gone = update(alert_rules).where(alert_rules.c.pk == pk).values(disabled_at=now_utc())
        connection.execute(gone)
        record_action(connection, by, "alert_rule.disabled", str(pk), [row.site])


def _channel(connection: Connection, pk: int, site: str, within: Collection[str]) -> int:
    column = alert_channels.c
    mine = (column.pk == pk) & column.disabled_at.is_(None)
    row = connection.execute(select(alert_channels).where(mine)).first()
    # A channel of fewer sites is for none but these; one of an administrator who sees more is not
    # for who sees fewer.
    if row is None or not covers(row.sites, [site]) or not covers(within, row.sites):
        raise CollectorError(f"there is no channel {pk} for {site}")
    return int(row.pk)


def _drawn() -> int:
    """A number that tells nothing of how many there are, at other sites either."""
    return 1 + secrets.randbelow(2**31 - 1)


def _check_room(connection: Connection, count: Any, most: int, what: str) -> None:
    if int(connection.execute(count).scalar_one()) >= most:
        raise CollectorError(f"there are {most} {what} already: disable one")
