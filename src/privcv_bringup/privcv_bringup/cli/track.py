# SPDX-License-Identifier: Apache-2.0
"""``privcv track``: detection and tracking of a video, offline and without ROS."""

from pathlib import Path
from typing import TextIO

import click

EXAMPLE = """
\b
Example:
  privcv track shopping.mp4 --camera lobby.yaml --out tracks.csv
"""


@click.command(
    "track",
    help="Detect and track people in VIDEO and write a row per person and frame: frame,id,x,y,w,h,"
    "x_m,y_m. The box's left, top, width, height are in pixels, the feet on the floor in metres. "
    "Each frame has its rows; a network looks at five of them a second only (in the camera file: "
    "detector.looks_per_s) and every second time at crops around those it knows (crop_looks: "
    "false: at whole frames), which costs a third and loses up to 0.2 s where people come and go. "
    "Of the models, person_detection_0200 at four looks costs a tenth less than yolox_nano, finds "
    "more people, and mixes up more who cross (docs/benchmarks/detection.md).",
    epilog=EXAMPLE,
)
@click.argument("video", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--camera", "camera_file", type=click.Path(dir_okay=False, path_type=Path),
    help="Camera file, or site file: detector, calibration, tracker. Default: built-in detector, "
    "no calibration.",
)  # fmt: skip
@click.option("--name", default="", help="Camera of a site file that has several.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the table. Default: standard output.",
)  # fmt: skip
@click.option(
    "--show-counts", is_flag=True,
    help="Also sum up, on standard error: people at once, in the mean and at most, how long they "
    "were in view, how often they were found again, and whether the camera saw what it should.",
)  # fmt: skip
def command(
    video: Path, camera_file: Path | None, name: str, out: Path | None, show_counts: bool
) -> None:
    import csv
    import io
    import sys
    from contextlib import ExitStack

    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    from privcv_core.files.output_file import output_file
    from privcv_perception.camera.offline import perceive, video_size
    from privcv_perception.camera.settings import CameraSettings
    from privcv_perception.camera.track_counts import TrackCounts
    from privcv_perception.camera.view_monitor import ViewMonitor
    from privcv_perception.detection.hog.evidence import DOUBT, MOVERS_ONLY
    from privcv_perception.frames.dropped import in_words
    from privcv_perception.tracking.recall import RecallProxy
    from privcv_perception.tracking.tracks import Tracks
    from privcv_site.camera_file import load_camera
    from privcv_site.geometry import check_geometry

    camera = load_camera(camera_file, name) if camera_file else CameraSettings()
    check_geometry(camera, video_size(video), str(camera_file))
    console = Console(stderr=True)
    counts, monitor = TrackCounts(), ViewMonitor(confirm_s=30.0) if show_counts else None
    recall = RecallProxy()
    with ExitStack() as opened:
        target: TextIO = sys.stdout
        if out is not None:
            file = opened.enter_context(output_file(out, (video, camera_file, *camera.files_read)))
            text = io.TextIOWrapper(file, "utf-8", newline="")
            opened.callback(text.detach)  # which flushes it; the file is closed where it was opened
            target = text
        table = csv.writer(target, lineterminator="\n")
        table.writerow(("frame", "id", "x", "y", "w", "h", "x_m", "y_m"))

        def write(tracks: Tracks) -> None:
            counts.take(tracks)
            for number, box, floor in zip(tracks.ids, tracks.boxes, tracks.floor_m, strict=True):
                values = (f"{value:.2f}" for value in box)
                table.writerow((tracks.frame, int(number), *values, *(f"{v:.3f}" for v in floor)))

        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(),
            TextColumn("frames"), console=console, transient=True,
        ) as bar:  # fmt: skip
            task = bar.add_task(video.name, total=None)
            status = perceive(
                video, camera, write, lambda frames: bar.update(task, completed=frames), monitor,
                recall,
            )  # fmt: skip
        target.flush()
    console.print(f"{status.frames} frames, {counts.people} people", highlight=False)
    if monitor is not None:
        for line in (*counts.in_words(), recall.in_words, f"view: {monitor.last.value}"):
            if line:
                console.print(line, highlight=False)
    doubt = f"in {status.doubted} frames nobody was reported: {DOUBT}" if status.doubted else ""
    cut_short = status.reason if "truncated" in status.reason else ""
    unseen = MOVERS_ONLY if camera.detector.kind == "builtin" else ""
    for words in (in_words(status.dropped), cut_short, doubt, unseen):
        if words:
            console.print(words, highlight=False)
