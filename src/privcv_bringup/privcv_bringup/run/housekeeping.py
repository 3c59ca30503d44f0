# SPDX-License-Identifier: Apache-2.0
"""What ``privcv up`` does each day beside the graph: end what is old, and look for leaks.

Under systemd, where each process has a unit, a timer does it (config/systemd/privcv-daily.timer).
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from privcv_bringup.run.narrator import Event
from privcv_compliance.keeping.canary import FOUND, look, tell
from privcv_compliance.keeping.retention import end_what_is_old
from privcv_compliance.site_file import SiteFile
from privcv_core.errors import PrivcvError
from privcv_core.node.health import Level

FIRST_S = 600.0
"""After the start: whoever only tries something is not kept busy."""
EACH_S = 86_400.0
_SOURCE = "privcv"
_log = logging.getLogger(__name__)


def keep_house(site: SiteFile) -> Iterator[Event]:
    """End what is old and look for leaks, once; tells what ended and what is wrong."""
    try:
        for one in end_what_is_old(site):
            level = Level.WARN if one.problem else Level.OK
            yield Event("retention", _SOURCE, str(one), level)
        checks = look(site)
        tell(site, checks)
        for check in checks:
            if check.state == FOUND:
                yield Event("canary", _SOURCE, f"canary: {check}", Level.ERROR)
    except PrivcvError as error:
        yield Event("retention", _SOURCE, str(error), Level.WARN)


@contextlib.contextmanager
def housekeeping(
    site_path: Path,
    say: Callable[[Event], None],
    first_s: float = FIRST_S,
    each_s: float = EACH_S,
) -> Iterator[None]:
    """Keep house again and again, for a ``with`` block in a running event loop."""
    task = asyncio.ensure_future(_keep(site_path, say, first_s, each_s))
    try:
        yield
    finally:
        task.cancel()


async def _keep(
    site_path: Path, say: Callable[[Event], None], first_s: float, each_s: float
) -> None:
    await asyncio.sleep(first_s)
    while True:
        for event in await asyncio.to_thread(_events, site_path):
            say(event)
        await asyncio.sleep(each_s)


def _events(site_path: Path) -> list[Event]:
    try:
        return list(keep_house(SiteFile.read(site_path)))
    except PrivcvError as error:
        return [Event("retention", _SOURCE, str(error), Level.WARN)]
    except Exception as error:  # a fault of ours: told, and no reason never to look again
        _log.exception("keeping house")
        return [
            Event("retention", _SOURCE, f"failed: {type(error).__name__}: {error}", Level.ERROR)
        ]
