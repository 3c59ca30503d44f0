# SPDX-License-Identifier: Apache-2.0
"""A recording in place of a camera: a video or a bag drives the same graph, in event time."""

import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from privcv_bringup.replay.bag import BagReader
from privcv_bringup.replay.player import Player
from privcv_bringup.run.logs import LogPrinter, runtime_folder
from privcv_bringup.run.monitor import Monitor, Seen, is_complete
from privcv_bringup.run.supervisor import Supervisor
from privcv_core.errors import SettingsError
from privcv_perception.sources import SourceSettings
from privcv_site.graph import build_graph
from privcv_site.preflight import check_site, prepare_state
from privcv_site.site import Site, load_site

SETTLE_S = 2.0


def is_bag(recording: Path) -> bool:
    """A folder with metadata, or a single storage file of a bag."""
    return recording.is_dir() or recording.suffix in (".mcap", ".db3")


def play_into_running_graph(recording: Path, topic: str, camera: str, rate: float) -> None:
    """Publish a bag's images to whoever listens. Raises ``SettingsError`` for a video."""
    if not is_bag(recording):
        raise SettingsError(
            f"{recording}: a video is read by the graph itself: name its --site, or make a bag of "
            "it with 'privcv bag'"
        )
    if rate == 0 and not camera:
        raise SettingsError("--lock-step: name the --camera whose detections are to be waited for")
    _play(recording, topic, None, camera, rate)


def replay_with_site(recording: Path, file: Path, topic: str, camera: str, rate: float) -> int:
    """Run the graph of a site on a recording until all of it is released; the worst status."""
    site = load_site(file)
    name = camera or next(iter(site.cameras))
    if name not in site.cameras:
        raise SettingsError(f"--camera {name}: {file} has the cameras {', '.join(site.cameras)}")
    if not recording.exists():
        raise SettingsError(f"{recording}: there is no such bag or video")
    if is_bag(recording):
        with BagReader(recording, topic or None) as bag:
            compressed = bag.type.endswith("CompressedImage")
        played = f"/{name}/image_raw" + ("/compressed" if compressed else "")
        source = SourceSettings(kind="topic", uri=played, reliable=True, stall_s=60)
        feed = partial(_play, recording, topic, played, name, rate)
    else:
        fps = site.cameras[name].source.fps
        source = SourceSettings(kind="file", uri=str(recording.resolve()), rate=rate, fps=fps)
        feed = None
    fed = site.cameras[name].model_copy(update={"source": source})
    site = site.model_copy(update={"cameras": {name: fed}})
    check_site(site, file)
    prepare_state(site)
    return asyncio.run(_run(site, feed))


async def _run(site: Site, feed: Callable[[], None] | None) -> int:
    processes = build_graph(site, replayed=True)
    with (
        runtime_folder() as folder,
        LogPrinter([process.name for process in processes], None) as printer,
        Monitor(site.graph_secret) as seen,
    ):
        supervisor = Supervisor(processes, folder, printer.say)
        running = asyncio.create_task(supervisor.run())
        try:
            if feed is not None:
                await asyncio.to_thread(feed)
            await _until_released(site, seen, running)
        finally:
            supervisor.stop()
            status = await running
    print(f"{len(seen.releases)} releases", file=sys.stderr)
    return status


def _play(recording: Path, topic: str, to: str | None, camera: str, rate: float) -> None:
    with BagReader(recording, topic or None) as bag:
        player = Player(to or bag.topic, bag.type, camera, rate)
        console = Console(file=sys.stderr)
        try:
            with Progress(console=console, transient=True) as bar:
                task = bar.add_task("playing", total=bag.count)
                player.play(bag.images(), lambda count: bar.update(task, completed=count))
        finally:
            player.close()


async def _until_released(site: Site, seen: Seen, running: "asyncio.Task[int]") -> None:
    """Until the aggregation has closed its last window and the uplink, if any, holds it."""
    settled_s: float | None = None
    while not running.done():
        await asyncio.sleep(0.1)
        settled_s = (settled_s or time.monotonic()) if is_complete(site, seen) else None
        if settled_s is not None and time.monotonic() - settled_s > SETTLE_S:
            return
