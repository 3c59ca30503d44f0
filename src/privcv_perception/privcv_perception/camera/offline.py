# SPDX-License-Identifier: Apache-2.0
"""Detection and tracking of a whole video, offline: the same parts as in the live graph."""

from collections.abc import Callable
from pathlib import Path

from privcv_perception.calibration.build import checked_calibration
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.camera.loop import CameraLoop
from privcv_perception.camera.settings import CameraSettings
from privcv_perception.camera.status import CameraStatus
from privcv_perception.camera.view_monitor import MonitoredDetector, ViewMonitor
from privcv_perception.detection.detector import Detections, Detector
from privcv_perception.detector_registry import build_detector
from privcv_perception.errors import SourceError
from privcv_perception.extensions import Tracker
from privcv_perception.frames.buffers import FrameStamp
from privcv_perception.sources import Source, open_source
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.tracker_registry import build_tracker
from privcv_perception.tracking.recall import RecallProxy
from privcv_perception.tracking.tracks import Tracks


def perceive(
    video: Path,
    camera: CameraSettings,
    deliver: Callable[[Tracks], None],
    progress: Callable[[int], None] = lambda frames: None,
    monitor: ViewMonitor | None = None,
    recall: RecallProxy | None = None,
) -> CameraStatus:
    """Detect and track the people of a video file; each frame's go to ``deliver``, in order.

    ``progress`` gets the number of frames seen so far; ``monitor`` watches the view, and ``recall``
    sums up how often people were found.

    Frame numbers are those of the video, from 0; event time starts at 0. Returns how it went.
    Raises ``SourceError`` where the video cannot be read at all, and the errors of the detector
    and of the calibration.
    """
    source = video_source(video, camera)

    def count(stamp: FrameStamp, people: Detections) -> None:
        progress(stamp.index + 1)

    return perceive_source(source, open_source(source), camera, deliver, count, monitor, recall)


def video_source(video: Path, camera: CameraSettings) -> SourceSettings:
    """A video file as a source without pace whose event time starts at 0."""
    given = camera.source.model_dump() if camera.source is not None else {}
    return SourceSettings.model_validate(
        {**given, "kind": "file", "uri": str(video.absolute()), "rate": 0.0, "loop": False,
         "drop_late": False, "start": "1970-01-01T00:00:00Z"}
    )  # fmt: skip


def perceive_source(
    settings: SourceSettings,
    source: Source,
    camera: CameraSettings,
    deliver: Callable[[Tracks], None],
    on_detections: Callable[[FrameStamp, Detections], None] = lambda stamp, people: None,
    monitor: ViewMonitor | None = None,
    recall: RecallProxy | None = None,
) -> CameraStatus:
    """Detect and track the people of any ``source`` to its end; each frame's go to ``deliver``.

    ``on_detections`` gets what the detector found in each frame, before the tracker sees it;
    ``monitor`` watches the view, and ``recall`` sums up how often people were found.
    Returns how it went; raises as ``perceive`` does.
    """
    trackers: list[Tracker] = []

    def build(size: tuple[int, int]) -> Detector:
        calibration: Calibration = checked_calibration(camera.calibration, size)
        trackers.append(build_tracker(camera.tracker, calibration, size))
        detector = build_detector(camera.detector, calibration, size)
        return detector if monitor is None else MonitoredDetector(detector, monitor)

    def on_frame(stamp: FrameStamp, size: tuple[int, int], people: Detections) -> None:
        on_detections(stamp, people)
        for tracks in trackers[-1].update(people, stamp.time_s, stamp.index, stamp.era):
            deliver(tracks)

    loop = CameraLoop(settings, source, build, on_frame)
    loop.run()
    for last in trackers:
        for tracks in last.flush():
            deliver(tracks)
        proxy = getattr(last, "recall", None)  # a tracker of another package has none
        if recall is not None and proxy is not None:
            recall.add(proxy.known, proxy.found, 0.0)
    if loop.status.state == "failed":
        raise SourceError(loop.status.reason)
    return loop.status


def video_size(video: Path) -> tuple[int, int]:
    """(width, height) px of a video file's frames. Raises ``SourceError``."""
    source = open_source(SourceSettings(kind="file", uri=str(video.absolute())))
    try:
        source.open()
        return source.size
    finally:
        source.close()
