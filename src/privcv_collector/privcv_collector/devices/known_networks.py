# SPDX-License-Identifier: Apache-2.0
"""From which networks devices send, kept over a restart: whose bodies give way last.

What is not kept, or not read, costs only that precedence, until the device's next batch is whole.
"""

import logging
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from privcv_collector.storage.database import one_line, writing
from privcv_collector.storage.tables import device_networks, devices

_LONGEST = 64
logger = logging.getLogger(__name__)


def known_networks(engine: Engine, most: int) -> list[str]:
    """Networks from which devices that are welcome sent last, the newest ``most``, oldest first."""
    found = (
        select(device_networks.c.network)
        .join(devices, devices.c.pk == device_networks.c.device_pk)
        .where(devices.c.revoked_at.is_(None))
        .order_by(device_networks.c.seen_at.desc())
        .limit(most)
    )
    try:
        with engine.connect() as connection:
            return list(dict.fromkeys(reversed(connection.scalars(found).all())))
    except SQLAlchemyError as error:
        logger.warning("networks of devices are not known: %s", one_line(error))
        return []


def remember_network(engine: Engine, device: str, network: str, now: datetime) -> None:
    """Keep that a batch of ``device`` came from ``network``."""
    try:
        with writing(engine).begin() as connection:
            pk = connection.scalar(select(devices.c.pk).where(devices.c.device == device))
            connection.execute(delete(device_networks).where(device_networks.c.device_pk == pk))
            row = {"device_pk": pk, "network": network[:_LONGEST], "seen_at": now}
            connection.execute(insert(device_networks), row)
    except SQLAlchemyError as error:
        logger.warning("the network of a device is not kept: %s", one_line(error))
