# SPDX-License-Identifier: Apache-2.0
"""Health of a live stream for /diagnostics: what was published, what was withheld, and why.

Whether somebody was in view can be told from the images themselves, which show where a region is
hidden and when one is missing; nothing here tells more: reasons that depend on people are one
count.
"""

from collections.abc import Sequence

from privcv_core.node.health import Health, Level
from privcv_images.live.reasons import figures
from privcv_images.live.stream import LiveStream
from privcv_images.live.worker import LiveWorker
from privcv_perception.camera.health import SHARED_MEMORY

MOST_LEFT_OUT = 0.5
"""Share of images that may be left out for want of room before it is said to be wrong."""


def stream_health(
    stream: LiveStream,
    worker: LiveWorker,
    shared_memory: Sequence[str],
    problems: Sequence[tuple[Level, str]],
) -> Health:
    """Health of ``stream``, run by ``worker``; ``problems``: what else is wrong."""
    redactor = stream.redactor
    found = list(problems)
    if worker.failure:
        found.append((Level.ERROR, f"nothing is published any more: {worker.failure}"))
    elif stream.problem:
        found.append((Level.ERROR, f"images are withheld: {stream.problem}"))
    elif not stream.received:
        found.append((Level.WARN, "no image came yet"))
    elif not redactor.has_scene:
        found.append((Level.WARN, "no image is shown before there is an empty scene"))
    if worker.left_out > MOST_LEFT_OUT * (stream.received + worker.left_out):
        found.append((Level.WARN, "most images are left out: this machine is too slow for them"))
    if shared_memory:
        found.append((Level.WARN, SHARED_MEMORY))
    values = {
        "images": stream.received,
        "images published": redactor.published,
        "images published without camera_info": stream.without_info,
        "images left out for want of room": worker.left_out,
        **figures(redactor.withheld),
    }
    return Health.of(found, values, "running")
