# SPDX-License-Identifier: Apache-2.0
"""Counts of a tracked recording for whoever runs it: how many people at once, and for how long."""

import statistics

from privcv_perception.tracking.tracks import Tracks


class TrackCounts:
    """Counts over the final frames of one recording. Exact, without noise: for its owner only."""

    def __init__(self) -> None:
        self._frames = 0
        self._seen = 0
        self._most = 0
        self._spans: dict[int, tuple[float, float]] = {}

    @property
    def people(self) -> int:
        """Different people."""
        return len(self._spans)

    def take(self, tracks: Tracks) -> None:
        """Count one frame."""
        self._frames += 1
        self._seen += len(tracks.ids)
        self._most = max(self._most, len(tracks.ids))
        for number in tracks.ids.tolist():
            first_s, _ = self._spans.get(number, (tracks.stamp_s, 0.0))
            self._spans[number] = (first_s, tracks.stamp_s)

    def in_words(self) -> tuple[str, ...]:
        """A line for people at once, and one for how long they were in view."""
        mean = self._seen / self._frames if self._frames else 0.0
        stays = [last_s - first_s for first_s, last_s in self._spans.values()]
        lines = [f"people at once: {mean:.2f} in the mean, {self._most} at most"]
        if stays:
            median_s = statistics.median(stays)
            lines.append(f"in view: {median_s:.1f} s in the median, {max(stays):.1f} s at most")
        return tuple(lines)
