# SPDX-License-Identifier: Apache-2.0
"""Who is left to be seen: `privcv redact` on the PETS clip against all 4650 boxes of its truth.

    .venv/bin/python test/benchmarks/hiding.py

A box is hidden if at least 95 % of the ellipse in it, which stands for the silhouette, is. The
truth's boxes are drawn by hand; the settings are the defaults. It also tells the time and memory.
"""

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pets import FRAMES, IMAGE_SIZE, VIDEO, ground_truth

from privcv_core.settings.model import data_folder
from privcv_images.hiding.found import FramePlan
from privcv_images.hiding.plan import plan_frames
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.settings import ImagesSettings, people_detector
from privcv_images.recordings.steady_memory import keep_memory_steady
from privcv_images.recordings.video_file import frames_of

MODEL = str(data_folder() / "models" / "yolox_nano.onnx")
HIDDEN = 0.95


def main() -> None:
    keep_memory_steady()
    settings = ImagesSettings(people=people_detector(MODEL))
    finder = Finder(settings)
    started = time.process_time()
    found = []
    for stamp, frame in frames_of(VIDEO):
        assert frame is not None
        found.append(finder.find(frame, stamp.time_s))
    looked_s = time.process_time() - started
    started = time.process_time()
    plans = plan_frames(found, IMAGE_SIZE, settings.hiding)
    planned_s = time.process_time() - started
    report(plans)
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    memory = int(status.split("VmHWM:")[1].split()[0]) / 1024  # ru_maxrss is also the parent's
    print(
        f"reading and detecting {1000 * looked_s / FRAMES:.1f} ms of CPU a frame, planning "
        f"{1000 * planned_s / FRAMES:.1f} ms; {memory:.0f} MB"
    )


def report(plans: list[FramePlan]) -> None:
    """What the ground truth says of the published frames."""
    boxes = hidden = 0
    people: set[int] = set()
    exposed: Counter[int] = Counter()
    least = 1.0
    area = 0.0
    for (ids, truth), plan in zip(ground_truth(), plans, strict=True):
        people |= set(ids.tolist())
        if plan.withheld is not None:
            continue
        mask = _mask(plan)
        area += float(mask.mean())
        for number, box in zip(ids.tolist(), truth.tolist(), strict=True):
            share = covered(mask, box)
            boxes += 1
            least = min(least, share)
            if share >= HIDDEN:
                hidden += 1
            else:
                exposed[number] += 1
    published = sum(plan.withheld is None for plan in plans)
    print(
        f"frames published {published} of {len(plans)} ({1 - published / len(plans):.1%} withheld)"
    )
    print(f"boxes hidden {hidden} of {boxes} in them ({hidden / boxes:.2%})")
    print(f"identities ever exposed {len(exposed)} of {len(people)}; least hidden {least:.2f}")
    print(f"share of the picture that is hidden: {area / published:.1%}")
    if reasons := Counter(plan.withheld for plan in plans if plan.withheld):
        print(f"withheld: {dict(reasons)}", file=sys.stderr)


def covered(mask: NDArray[np.bool_], box: list[float]) -> float:
    """The share of the ellipse in ``box`` (left, top, width, height) that ``mask`` covers."""
    x, y, width, height = box
    left, top = max(round(x), 0), max(round(y), 0)
    right, bottom = min(round(x + width), mask.shape[1]), min(round(y + height), mask.shape[0])
    if left >= right or top >= bottom:
        return 1.0
    rows, columns = np.mgrid[top:bottom, left:right] + 0.5
    across = (columns - x - width / 2) / (width / 2)
    down = (rows - y - height / 2) / (height / 2)
    ellipse = across**2 + down**2 <= 1
    return float(mask[top:bottom, left:right][ellipse].mean()) if ellipse.any() else 1.0


def _mask(plan: FramePlan) -> NDArray[np.bool_]:
    mask = np.zeros((IMAGE_SIZE[1], IMAGE_SIZE[0]), bool)
    for region in plan.regions:
        mask[region.top : region.bottom, region.left : region.right] = True
    return mask


if __name__ == "__main__":
    main()
