# SPDX-License-Identifier: Apache-2.0
"""A recording in place of a camera: a video or a bag drives the same graph, in event time."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from privcv_bringup.replay.bag import BagReader, is_bag
from privcv_bringup.replay.player import Player, ReplayError
from privcv_bringup.run.console import telling
from privcv_bringup.run.logs import LogPrinter, runtime_folder
from privcv_bringup.run.monitor import Monitor, Seen, first_fault, is_complete
from privcv_bringup.run.signals import stopping_on_signals
from privcv_bringup.run.supervisor import Supervisor
from privcv_core.errors import PrivcvError, SettingsError
from privcv_core.settings.namespace import given_namespace
from privcv_core.settings.topic_name import check_topic_name
from privcv_perception.sources import SourceSettings
from privcv_site.graph import build_graph
from privcv_site.preflight import check_site, prepare_state
from privcv_site.site import Site, load_site

RELEASED_WITHIN_S = 60.0
"""After the end of the recording, the longest time without a release before all are there, s."""

SETTLE_S = 2.0
FAULT_AFTER_S = 15.0
FAILED = 1
"""Exit status where the graph ran and the recording did not become what it should."""


class Feed:
    """A bag on its way into a graph. Raises ``BagError`` and ``SettingsError`` when it is made."""

    def __init__(
        self,
        recording: Path,
        topic: str,
        to: str | None,
        camera: str,
        rate: float,
        secret: Path | None = None,
        namespace: str = "",
    ) -> None:
        self._recording = recording
        self._bag = BagReader(recording, topic or None)
        try:
            into = check_topic_name(to or self._bag.topic)
        except ValueError as error:
            self._bag.close()
            raise SettingsError(f"{recording}: topic {self._bag.topic}: {error}") from error
        self._player = Player(into, self._bag.type, camera, rate, secret, namespace)

    def play(self) -> None:
        """Play it to its end. Raises ``ReplayError``, and ``BagError`` where it is damaged."""
        try:
            with Progress(console=Console(file=sys.stderr), transient=True) as bar:
                task = bar.add_task("playing", total=self._bag.count)
                count = self._player.play(
                    self._bag.images(), lambda count: bar.update(task, completed=count)
                )
            if count == 0 and not self._player.is_stopped:
                raise ReplayError(f"{self._recording}: holds no image that can be read")
        finally:
            self._player.close()
            self._bag.close()

    def stop(self) -> None:
        """Have ``play`` return soon; from any thread."""
        self._player.stop()


def play_into_running_graph(
    recording: Path, topic: str, camera: str, rate: float, namespace: str = ""
) -> None:
    """Publish a bag's images to whoever listens. Raises ``SettingsError`` for a video."""
    if not is_bag(recording):
        raise SettingsError(
            f"{recording}: a video is read by the graph itself: name its --site, or make a bag of "
            "it with 'privcv bag'"
        )
    if rate == 0 and not camera:
        raise SettingsError("--lock-step: name the --camera whose detections are to be waited for")
    _check_name("--topic", topic)
    _check_name("--camera", camera)
    space = given_namespace(namespace, "--namespace")
    Feed(recording, topic, None, camera, rate, namespace=space).play()


def replay_with_site(
    recording: Path, file: Path, topic: str, camera: str, rate: float, namespace: str = ""
) -> int:
    """Run the graph of a site on a recording until all of it is released; the exit status."""
    site = load_site(file, namespace)
    name = camera or next(iter(site.cameras))
    if name not in site.cameras:
        raise SettingsError(f"--camera {name}: {file} has the cameras {', '.join(site.cameras)}")
    if not recording.exists():
        raise SettingsError(f"{recording}: there is no such bag or video")
    played = ""
    if is_bag(recording):
        _check_name("--topic", topic)
        with BagReader(recording, topic or None) as bag:
            compressed = bag.type.endswith("CompressedImage")
        played = f"{site.namespace}/{name}/image_raw" + ("/compressed" if compressed else "")
        source = SourceSettings(kind="topic", uri=played, reliable=True, replayed=True, stall_s=60)
    else:
        fps = site.cameras[name].source.fps
        source = SourceSettings(kind="file", uri=str(recording.absolute()), rate=rate, fps=fps)
    fed = site.cameras[name].model_copy(update={"source": source})
    site = site.model_copy(update={"cameras": {name: fed}})
    check_site(site, file)
    prepare_state(site)

    def feed() -> Feed | None:
        if not played:
            return None
        return Feed(recording, topic, played, name, rate, site.graph_secret, site.namespace)

    return asyncio.run(_Replay(site, name, is_answered=bool(played) and rate == 0).run(feed))


class _Replay:
    """One run of the graph of ``site`` on the recording of ``camera``."""

    def __init__(self, site: Site, camera: str, *, is_answered: bool) -> None:
        self._site = site
        self._is_answered = is_answered
        self._camera = camera
        self._stopping = asyncio.Event()

    async def run(self, make_feed: Callable[[], Feed | None]) -> int:
        listeners = 1 if self._site.uplink is None else 2
        processes = build_graph(
            self._site,
            replayed=True,
            report_listeners=listeners,
            detection_listeners=2 if self._is_answered else 1,  # the player in lock-step is one
        )
        with (
            stopping_on_signals(self._stopping.set) as interruption,
            runtime_folder() as folder,
            LogPrinter([process.name for process in processes], None) as printer,
            Monitor(self._site.graph_secret, namespace=self._site.namespace) as seen,
            telling([self._camera], seen, printer, site=self._site),
        ):
            supervisor = Supervisor(processes, folder, printer.say)
            running = asyncio.create_task(supervisor.run())
            feed: Feed | None = None
            feeding: asyncio.Future[None] | None = None
            problem = ""
            try:
                feed = make_feed()
                if feed is not None:
                    feeding = asyncio.ensure_future(asyncio.to_thread(feed.play))
                problem = await self._watch(seen, supervisor, running, feeding)
            except PrivcvError as error:
                problem = str(error)
            finally:
                if feed is not None:
                    feed.stop()
                supervisor.stop()
                status = await running
                if feeding is not None:
                    with contextlib.suppress(PrivcvError):
                        await feeding
        print(f"{len(seen.releases)} releases{self._dropped(seen)}", file=sys.stderr)
        if interruption.number is not None:
            return interruption.status
        if not problem and not seen.releases:
            problem = "nothing was released, see above"
        if problem:
            print(f"privcv: {problem}", file=sys.stderr)
        return max(status, FAILED if problem else 0)

    async def _watch(
        self,
        seen: Seen,
        supervisor: Supervisor,
        running: "asyncio.Task[int]",
        feeding: "asyncio.Future[None] | None",
    ) -> str:
        """Until all is released or cannot be; what is wrong then, in words. Or until a signal."""
        settled_s: float | None = None
        faulty_since_s: float | None = None
        waiting: tuple[int, float] | None = None  # releases, and since when there are no more
        while not running.done() and not self._stopping.is_set():
            if feeding is not None and feeding.done() and feeding.exception() is not None:
                return str(feeding.exception())
            for name in supervisor.given_up:
                return f"the process '{name}' refused its settings, see above"
            await asyncio.sleep(0.1)
            now_s = time.monotonic()
            fault = first_fault(seen)
            is_over = seen.ended.issuperset(self._site.cameras)
            faulty_since_s = (faulty_since_s or now_s) if fault else None
            wait_s = SETTLE_S if is_over else FAULT_AFTER_S
            if faulty_since_s is not None and now_s - faulty_since_s > wait_s:
                return fault
            settled_s = (settled_s or now_s) if is_complete(self._site, seen) else None
            if settled_s is not None and now_s - settled_s > SETTLE_S:
                return fault
            if seen.value(f"/{self._camera}/detection", "state") != "ended" or is_over:
                waiting = None
            elif waiting is None or waiting[0] != seen.released:
                waiting = (seen.released, now_s)
            elif now_s - waiting[1] > RELEASED_WITHIN_S:
                return f"the recording has ended, and for {RELEASED_WITHIN_S:g} s nothing followed"
        return "" if self._stopping.is_set() else "every process has ended, see above"

    def _dropped(self, seen: Seen) -> str:
        """How many frames were used and how many were not, and why; '' where all were."""
        _, _, values = seen.health.get(f"/{self._camera}/detection", (0, "", {}))
        start = "frames dropped: "
        dropped = [
            f"{count} {name.removeprefix(start)}"
            for name, count in values.items()
            if name.startswith(start)
        ]
        if values.get("frames dropped as late", "0") != "0":
            dropped.append(f"{values['frames dropped as late']} that came too fast")
        if not dropped:
            return ""
        return f"; {values.get('frames', '0')} frames were used, dropped were {', '.join(dropped)}"


def _check_name(option: str, name: str) -> None:
    try:
        if name:
            check_topic_name(name)
    except ValueError as error:
        raise SettingsError(f"{option} {name}: {error}") from error
