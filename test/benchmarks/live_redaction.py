# SPDX-License-Identifier: Apache-2.0
"""Who is left to be seen in a live stream: the PETS clip, image by image, against its truth.

    .venv/bin/python test/benchmarks/live_redaction.py

As ``hiding.py``, which has the same clip as a recording, but for what a live stream knows: the
past, and ``delay_s``. For several ``lost_s``: so long nothing is shown after somebody was lost.
"""

import sys
import time

import numpy as np
from hiding import MODEL, report
from pets import FRAMES, IMAGE_SIZE, VIDEO

from privcv_images.hiding.found import Found, FramePlan
from privcv_images.live.reasons import LiveReason
from privcv_images.live.settings import LiveSettings
from privcv_images.live.window import LiveRedactor
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.settings import people_detector
from privcv_images.recordings.steady_memory import keep_memory_steady
from privcv_images.recordings.video_file import frames_of
from privcv_images.redactions.redaction import Region
from privcv_images.redactions.scene import Scene
from privcv_perception.detection.detector import Frame

LOST_S = (0.0, 1.0, 2.0, 3.0)


class Known:
    """What was found before, frame by frame: looking takes most of the time."""

    def __init__(self, found: list[Found]) -> None:
        self._found = iter(found)

    def find(self, frame: Frame, stamp_s: float) -> Found:
        return next(self._found)

    def begin_anew(self) -> None:
        pass


class Noted:
    """A redaction that notes what it was told to hide."""

    def __init__(self) -> None:
        self.last: tuple[Region, ...] = ()

    def redact(self, frame: Frame, regions: tuple[Region, ...], stamp_s: float) -> None:
        self.last = tuple(regions)


def main() -> None:
    keep_memory_steady()
    finder = Finder(LiveSettings(people=people_detector(MODEL)))
    started = time.process_time()
    found = [
        finder.find(frame, stamp.time_s) for stamp, frame in frames_of(VIDEO) if frame is not None
    ]
    looked_s = time.process_time() - started
    print(f"looking {1000 * looked_s / FRAMES:.1f} ms of CPU a frame")
    for lost_s in LOST_S:
        settings = LiveSettings(people=people_detector(MODEL), lost_s=lost_s)
        noted, plans = Noted(), dict[int, FramePlan]()

        def publish(
            index: int, frame: Frame, noted: Noted = noted, plans: dict[int, FramePlan] = plans
        ) -> LiveReason | None:
            plans[index] = FramePlan(noted.last)
            return None

        def redactor(scene: Scene | None, noted: Noted = noted) -> Noted:
            return noted

        live: LiveRedactor[int] = LiveRedactor(settings, Known(found), redactor, publish)
        started = time.process_time()
        for index, one in enumerate(found):
            frame = np.zeros((IMAGE_SIZE[1], IMAGE_SIZE[0], 3), np.uint8)
            live.take(frame, round(one.stamp_s * 1e9) + 10**9, index)
        spent_s = time.process_time() - started
        print(f"\nlost_s {lost_s}: planning {1000 * spent_s / FRAMES:.1f} ms of CPU a frame")
        report([plans.get(index, FramePlan((), "gap")) for index in range(FRAMES)])
        print(f"withheld: {dict(live.withheld)}; still waiting at the end", file=sys.stderr)


if __name__ == "__main__":
    main()
