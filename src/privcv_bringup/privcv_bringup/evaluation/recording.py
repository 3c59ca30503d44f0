# SPDX-License-Identifier: Apache-2.0
"""A recording through the camera's own detector and tracker: its boxes and tracks, frame by frame.

The parts are those of the graph, without ROS: what ``privcv track`` runs.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from privcv_bringup.evaluation.bag_source import BagSource
from privcv_core.errors import SettingsError
from privcv_core.protocol.timestamps import s_from_ns
from privcv_perception.camera.offline import perceive_source, video_source
from privcv_perception.camera.settings import CameraSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.frames.buffers import FrameStamp
from privcv_perception.frames.dropped import in_words
from privcv_perception.sources import Source, SourceSettings, open_source
from privcv_perception.tracking.tracks import Tracks
from privcv_privacy.measurement.tracked_frames import TrackedFrame
from privcv_site.geometry import check_geometry

_log = logging.getLogger(__name__)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BoxesOfFrame:
    """Boxes of one frame, (n, 4) left, top, width, height, px; ``ids`` (n,) of tracks."""

    boxes: Floats
    ids: NDArray[np.int64]


@dataclass(frozen=True)
class Perceived:
    """What detector and tracker made of a recording; lists with an entry per frame."""

    size: tuple[int, int]  # width, height of the frames, px
    t_s: Floats  # (frames,) since the first frame
    detected: list[BoxesOfFrame]  # ``ids`` of no meaning
    tracked: list[BoxesOfFrame]
    frames: list[TrackedFrame]  # the same tracks on the floor

    @property
    def step_s(self) -> float:
        """Usual time between two frames, s."""
        return float(np.median(np.diff(self.t_s))) if len(self.t_s) > 1 else 0.0

    @property
    def length_s(self) -> float:
        """How long it lasts, s: the last frame counts as long as the others."""
        return float(self.t_s[-1]) + self.step_s


def perceive_recording(
    recording: Path,
    camera: CameraSettings,
    topic: str,
    is_bag: bool,
    progress: Callable[[], None],
    where: str = "camera",
) -> Perceived:
    """Detect and track everybody in a video, or in the images of a bag's ``topic``.

    ``topic``: empty where the bag holds only one of images; ``progress`` is called once a frame;
    ``where``: the camera's file, in words. What is dropped is told. Raises ``SettingsError`` where
    it holds no frame or the camera's geometry cannot be, and the errors of source and detector.
    """
    if not recording.exists():
        raise SettingsError(f"{recording}: there is no such recording")
    stamps: dict[int, int] = {}
    detected: dict[int, Detections] = {}
    tracked: dict[int, Tracks] = {}

    def see(stamp: FrameStamp, people: Detections) -> None:
        stamps[stamp.index], detected[stamp.index] = stamp.time_ns, people
        progress()

    def follow(tracks: Tracks) -> None:
        tracked[tracks.frame] = tracks

    source: Source
    if is_bag:
        settings = SourceSettings(kind="topic", uri=topic or "bag")
        source = BagSource(recording, topic)
    else:
        settings = video_source(recording, camera)
        source = open_source(settings)
    check_geometry(camera, _size_of(source), where)
    status = perceive_source(settings, source, camera, follow, see)
    if not stamps:
        raise SettingsError(f"{recording}: holds no frame that can be read")
    if status.dropped:
        _log.warning("%s: %s", recording, in_words(status.dropped))
    order = sorted(index for index in stamps if index in tracked)
    first_ns = stamps[order[0]]
    t_s = np.array([s_from_ns(stamps[index] - first_ns) for index in order])
    return Perceived(
        status.size,
        t_s,
        [_boxes(detected[index].boxes) for index in order],
        [BoxesOfFrame(tracked[index].boxes, tracked[index].ids) for index in order],
        [_frame(tracked[index], time) for index, time in zip(order, t_s.tolist(), strict=True)],
    )


def _size_of(source: Source) -> tuple[int, int]:
    try:
        source.open()
        return source.size
    finally:
        source.close()


def _boxes(boxes: NDArray[np.float32]) -> BoxesOfFrame:
    return BoxesOfFrame(boxes.astype(float), np.zeros(len(boxes), np.int64))


def _frame(tracks: Tracks, t_s: float) -> TrackedFrame:
    place, velocity = tracks.floor_m, tracks.velocity_mps
    return TrackedFrame(
        t_s, tracks.ids, place[:, 0], place[:, 1], velocity[:, 0], velocity[:, 1], tracks.width_m
    )
