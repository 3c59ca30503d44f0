# SPDX-License-Identifier: Apache-2.0
"""What the demo shows while it runs: progress, and each total as it is released."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from privcv_bringup.report.released import DIRECTIONS
from privcv_bringup.report.subject import DemoInput
from privcv_bringup.run.monitor import Seen
from privcv_core.protocol.release import Release


class Progress:
    """A bar at the bottom, released totals above it; ``quiet`` shows nothing."""

    def __init__(self, chosen: DemoInput, *, quiet: bool) -> None:
        self._chosen = chosen
        self._console = Console(file=sys.stderr, quiet=quiet, highlight=False)
        self._bar = Bar(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"),
            TimeElapsedColumn(), console=self._console, transient=True,
        )  # fmt: skip
        self._shown = 0
        self._started_s = time.monotonic()
        self._first = True
        self._faults: set[str] = set()

    def __enter__(self) -> "Progress":
        site = self._chosen.site
        privacy = site.privacy
        self._console.print(f"[bold]privcv demo[/] on {self._chosen.name}")
        self._console.print(
            f"protects one {privacy.unit.replace('_', ' ')} with ε = {privacy.epsilon:g}; "
            f"windows of {privacy.window_s} s, reports of at least {privacy.k} people"
        )
        self._total = _length_s(self._chosen)
        self._bar.start()
        self._task = self._bar.add_task("starting", total=self._total, words="")
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, seen: Seen) -> None:
        """Take what was heard so far; called ten times a second."""
        for sequence in sorted(number for number in seen.releases if number > self._shown):
            self._print_release(seen.releases[sequence])
            self._shown = sequence
        detection = f"/{self._chosen.camera}/detection"
        state = seen.value(detection, "state") or "starting"
        frames = seen.value(detection, "frames") or "0"
        words = f"{frames} frames, {self._shown} releases, {seen.pending} waiting"
        self._bar.update(self._task, completed=seen.released_s, description=state, words=words)
        for name, (level, message, _) in seen.health.items():
            if level == 2 and message not in self._faults:
                self._faults.add(message)
                self._console.print(f"[red]{name}: {message}[/]")

    def _print_release(self, release: Release) -> None:
        if self._first:
            self._first = False
            after_s = time.monotonic() - self._started_s
            self._console.print(f"[dim]first total released after {after_s:.1f} s[/]")
        for zone in release.zones:
            place = (
                f"{zone.window_start:%H:%M:%S} +{zone.window_s} s  {zone.camera}/{zone.zone:<12}"
            )
            if not zone.published:
                reason = zone.reason.replace("_", " ")
                self._console.print(f"{place} [dim]suppressed: {reason}[/]")
                continue
            span = f"{zone.occupancy_low}–{zone.occupancy_high}"
            moving = ", ".join(
                f"{count} {name}"
                for name, count in zip(DIRECTIONS, zone.flow, strict=True)
                if count
            )
            self._console.print(
                f"{place} [bold]{zone.occupancy:>3}[/] people [dim]({span})[/]  {moving}"
            )


def _length_s(chosen: DemoInput) -> float | None:
    """How long the file says it is, s; ``None`` for a live source."""
    source = chosen.site.cameras[chosen.camera].source
    if source.kind != "file":
        return None
    import cv2

    from privcv_perception.sources.opencv_capture import open_file

    capture = open_file(source.uri)
    count = float(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    fps = source.fps or float(capture.get(cv2.CAP_PROP_FPS))
    capture.release()
    return count / fps if count > 0 and fps > 0 else None
