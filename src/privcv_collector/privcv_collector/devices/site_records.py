# SPDX-License-Identifier: Apache-2.0
"""Site records of devices: each version as it was signed, the newest ones kept.

The number is the device's. Where a device lost its count, the answer says which number comes next;
so no version is ever replaced by another, and a record that somebody recorded on the way and sends
again later changes nothing.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from privcv_collector.device_bodies import SiteRecordAnswer
from privcv_collector.devices.enrolment import lock_device
from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.refused import Refused
from privcv_collector.storage.tables import devices, site_records
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.envelope import Envelope
from privcv_core.protocol.site_record import MOST_BYTES, digest_of

KEPT = 100
"""Versions kept of a device: a site changes a few times a year."""


def store_site_record(
    connection: Connection, signer: CachedKey, envelope: Envelope, raw: bytes, now: datetime
) -> SiteRecordAnswer:
    """Keep a record whose schema was checked; the same again gets the same answer.

    Raises ``Refused``.
    """
    device_pk, record = signer.device_pk, envelope.body["site_record"]
    version, spelled = int(record["version"]), canonical(record["content"])
    if len(spelled) > MOST_BYTES:
        words = f"a site record has at most {MOST_BYTES} bytes, not {len(spelled)}"
        raise Refused(413, "too_large", words, device=envelope.device)
    digest = digest_of(spelled)
    lock_device(connection, signer, envelope.device, now)
    known = site_records.c
    mine = select(site_records).where(known.device_pk == device_pk)
    newest = connection.execute(mine.order_by(known.version.desc()).limit(1)).first()
    same = connection.execute(mine.where(known.version == version)).first()
    duplicate = same is not None and same.sha256 == digest
    if newest is not None and version <= newest.version and not duplicate:
        words = f"version {version} of this site's record is not the next one"
        raise Refused(
            409, "sequence", words, device=envelope.device, next_version=newest.version + 1
        )
    if not duplicate:
        row = {
            "device_pk": device_pk,
            "version": version,
            "sha256": digest,
            "sent_at": envelope.sent_at,
            "received_at": now,
            "envelope": raw.decode(),
        }
        connection.execute(insert(site_records).values(row))
        kept = mine.with_only_columns(known.version).order_by(known.version.desc()).limit(KEPT)
        connection.execute(
            delete(site_records).where(
                known.device_pk == device_pk, known.version.not_in(kept.scalar_subquery())
            )
        )
    last = select(devices.c.last_release).where(devices.c.pk == device_pk)
    return SiteRecordAnswer(
        version=version,
        digest=digest.hex(),
        duplicate=duplicate,
        last_release=int(connection.execute(last).scalar_one()),
    )
