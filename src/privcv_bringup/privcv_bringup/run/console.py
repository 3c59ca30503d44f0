# SPDX-License-Identifier: Apache-2.0
"""The console of a running graph: what a monitor sees, told line by line while it runs."""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence

from privcv_bringup.run.late_geometry import late_geometry
from privcv_bringup.run.logs import LogPrinter
from privcv_bringup.run.monitor import Monitor, Seen
from privcv_bringup.run.narrator import Event, Narrator
from privcv_core.node.health import Level
from privcv_site.site import Site

LOOKS_APART_S = 0.5
_SOURCE = "privcv"


@contextlib.contextmanager
def narrate(
    site: Site, processes: Sequence[str], printer: LogPrinter, only: Sequence[str] = ()
) -> Iterator[None]:
    """Tell what happens in the graph of ``site``, for a ``with`` block in a running event loop.

    ``processes``: those that run here, by name; ``only``: where those are not all, so that others
    tell of the rest, from other places.
    """
    cameras = [name for name in site.cameras if name in processes]
    listed = ", ".join(processes)
    printer.tell(Event("starting", _SOURCE, f"site '{site.site}': starting {listed}"))
    name = "_".join(["privcv_monitor", *only])
    monitor = Monitor(
        site.graph_secret, name=name, reports=not only, keep=False, namespace=site.namespace
    )
    with monitor as seen:
        if seen.deaf:
            printer.tell(Event("deaf", _SOURCE, f"cannot watch: {seen.deaf}", Level.WARN))
        here = {*processes} if only else None
        with telling(cameras, seen, printer, only=here, live=True, site=site):
            yield
    printer.tell(Event("stopped", _SOURCE, "stopped"))


@contextlib.contextmanager
def telling(
    cameras: Sequence[str],
    seen: Seen,
    printer: LogPrinter,
    *,
    only: set[str] | None = None,
    live: bool = False,
    site: Site | None = None,
) -> Iterator[None]:
    """Tell what a monitor has ``seen``, for a ``with`` block in a running event loop.

    ``only``: the processes whose nodes are told of; None: all. ``live``: keep a status line.
    ``site``: whose zones and lines are judged once a camera has told the size of its images.
    """
    task = asyncio.ensure_future(_tell(cameras, seen, printer, only, live, site))
    try:
        yield
    finally:
        task.cancel()


async def _tell(
    cameras: Sequence[str],
    seen: Seen,
    printer: LogPrinter,
    only: set[str] | None,
    live: bool,
    site: Site | None,
) -> None:
    narrator = Narrator(cameras, time.monotonic())
    while True:
        now_s = time.monotonic()
        for event in narrator.look(seen, now_s):
            if only is None or _process_of(event.source) in only:
                printer.tell(event)
                for found in late_geometry(site, event) if site else ():
                    printer.tell(found)
        if live:
            printer.status(narrator.status(seen, now_s))
        await asyncio.sleep(LOOKS_APART_S)


def _process_of(source: str) -> str:
    """The process in which a node runs, by what its events are told to come from."""
    name = source.split("/")[0]
    return "privacy" if name == "aggregation" else name
