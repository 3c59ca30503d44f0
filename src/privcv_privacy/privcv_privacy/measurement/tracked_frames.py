# SPDX-License-Identifier: Apache-2.0
"""Frames of people with a number and a place, as the anonymizer takes them from a tracker."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privcv_core.protocol.timestamps import ns_from_s
from privcv_privacy.anonymization.anonymizer import NO_LINES, Anonymizer
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.errors import PrivacyError
from privcv_privacy.line_settings import LineSettings
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.settings import PrivacySettings

Floats = npt.NDArray[np.float64]

LONGEST_STEP_S = 1.0
"""Where nobody is tracked for longer, frames without people are put in: the camera looked."""

SAME_FRAME_DIGITS = 6
"""Samples that are this close in time, decimals of a second, are of one frame."""

MOST_FRAMES = 5_000_000


@dataclass(frozen=True)
class TrackedFrame:
    """What a tracker says of one frame: arrays (n,), an entry per person."""

    t_s: float  # s since the first frame
    ids: npt.NDArray[np.int64]
    x_m: Floats
    y_m: Floats
    vx_mps: Floats
    vy_mps: Floats
    width_m: Floats  # 0: not known


def frames_of(tracks: Trajectories) -> list[TrackedFrame]:
    """Frames of perfect tracks, and empty ones while nobody is there, from the first sample on.

    Raises ``PrivacyError`` where the samples span more time than can be measured.
    """
    # Sums of 0.4 s differ in the last digit: they are one frame, or the second would go back.
    t_s = np.round(tracks.t_s - tracks.t_s[0], SAME_FRAME_DIGITS)
    if t_s[-1] > MOST_FRAMES * LONGEST_STEP_S:
        raise PrivacyError(f"the trajectories span {t_s[-1]:.3g} s: too long; are these seconds?")
    vx, vy = _velocities(tracks)
    times, first = np.unique(t_s, return_index=True)
    ends = np.append(first[1:], len(t_s))
    frames: list[TrackedFrame] = []
    for time_s, begin, end in zip(times.tolist(), first.tolist(), ends.tolist(), strict=True):
        if frames:
            frames.extend(_empty_between(frames[-1].t_s, time_s))
        rows = slice(begin, end)
        frames.append(
            TrackedFrame(
                time_s, tracks.id[rows], tracks.x_m[rows], tracks.y_m[rows], vx[rows], vy[rows],
                np.zeros(end - begin),
            )
        )  # fmt: skip
    return frames


def trajectories_of(frames: Sequence[TrackedFrame]) -> Trajectories:
    """All places of all frames, in order of time."""
    lengths = [len(frame.ids) for frame in frames]
    return Trajectories(
        np.repeat([frame.t_s for frame in frames], lengths).astype(float),
        _joined([frame.ids for frame in frames]).astype(np.int64),
        _joined([frame.x_m for frame in frames]),
        _joined([frame.y_m for frame in frames]),
    )


def anonymous_ticks(
    frames: Iterable[TrackedFrame],
    settings: AnonymizationSettings,
    privacy: PrivacySettings,
    camera: str,
    origin_s: int,
    lines: Mapping[str, LineSettings] = NO_LINES,
) -> list[AnonymousTick]:
    """The ticks that the real anonymizer makes of ``frames``, whose first was at ``origin_s``."""
    # The order in a tick hangs on the secret, and what the bound drops on the order: with a secret
    # of ours figures can be repeated.
    secret = Secret("a measurement protects nobody")
    anonymizer = Anonymizer(settings, camera, secret, privacy.epoch_s, lines)
    ticks: list[AnonymousTick] = []
    try:
        for frame in frames:
            ticks += anonymizer.update(
                ns_from_s(origin_s) + ns_from_s(frame.t_s),
                frame.ids.tolist(),
                frame.x_m.tolist(),
                frame.y_m.tolist(),
                frame.vx_mps.tolist(),
                frame.vy_mps.tolist(),
                frame.width_m.tolist(),
            )
        return ticks + anonymizer.flush()
    finally:
        anonymizer.close()


def _empty_between(before_s: float, after_s: float) -> Iterator[TrackedFrame]:
    """Frames without people after ``before_s`` and before ``after_s``, where that is long."""
    nobody = np.zeros(0)
    count = int(np.ceil((after_s - before_s) / LONGEST_STEP_S - 1e-9)) - 1
    for index in range(1, count + 1):
        time_s = before_s + (after_s - before_s) * index / (count + 1)
        yield TrackedFrame(time_s, np.zeros(0, np.int64), nobody, nobody, nobody, nobody, nobody)


def _velocities(tracks: Trajectories) -> tuple[Floats, Floats]:
    """Velocity (n,), m/s, of each sample: from the one before it of the same person, or after."""
    order = np.lexsort((tracks.t_s, tracks.id))
    vx, vy = np.zeros(len(tracks)), np.zeros(len(tracks))
    if len(order) < 2:
        return vx, vy
    same = np.diff(tracks.id[order]) == 0
    step_s = np.maximum(np.diff(tracks.t_s[order]), 1e-6)
    for values, speed in ((tracks.x_m, vx), (tracks.y_m, vy)):
        change = np.where(same, np.diff(values[order]) / step_s, 0.0)
        speed[order[1:]] = change
        first = np.concatenate([[True], ~same])  # of a person
        follows = np.append(same, False)
        speed[order[first & follows]] = change[first[:-1] & same]
    return vx, vy


def _joined(parts: Sequence[npt.NDArray[np.float64]] | Sequence[npt.NDArray[np.int64]]) -> Floats:
    return np.concatenate(parts) if len(parts) else np.zeros(0)
