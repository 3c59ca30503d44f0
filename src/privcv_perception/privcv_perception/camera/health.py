# SPDX-License-Identifier: Apache-2.0
"""Health of a camera for /diagnostics: the worst of its loop, gate, hardening and memory."""

from privcv_core.node.health import Health, Level
from privcv_perception.camera.status import CameraStatus
from privcv_perception.camera.view_monitor import IN_WORDS, ViewState
from privcv_perception.frames.buffers import Holdings
from privcv_perception.frames.hardening import HardeningReport

SHARED_MEMORY = (
    "the middleware uses shared memory, where messages stay readable: start the node with the "
    "environment of 'privcv env --camera', and not ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST"
)


def camera_health(
    source: str,
    status: CameraStatus,
    gate_warning: str | None,
    hardening: HardeningReport,
    shared_memory: tuple[str, ...],
    held: Holdings,
    view: ViewState = ViewState.LEARNING,
    unseen: str = "",
) -> Health:
    """Health of a camera: level, all that is wrong, the worst first, and figures.

    ``source``: the source in words; ``gate_warning``: what the authorization gate warns of;
    ``shared_memory``: files of the middleware that are mapped; ``held``: memory of frames;
    ``view``: what the view monitor tells; ``unseen``: whom this kind of detector never sees.
    """
    # No times: how long a frame took tells whether somebody was there.
    values: dict[str, str | int | float | bool] = {
        "source": source,
        "state": status.state,
        "view": view.value,
        **({"whom the detector cannot see": unseen} if unseen else {}),
        "image": f"{status.size[0]}x{status.size[1]}",
        "frames": status.frames,
        "frames dropped as late": status.late,
        "frames dropped as bad": status.bad,
        "frames that went back in time": status.backwards,
        "frames too far ahead": status.ahead,
        **{f"frames dropped: {why.value}": n for why, n in sorted(status.dropped.items())},
        "times the camera was lost": status.reopened,
        "bytes of frame memory": held.bytes,
        "bytes of it locked in RAM": held.locked_bytes,
        "files of the middleware in shared memory": len(shared_memory),
        "hardening": "; ".join(hardening.problems) or "complete",
    }
    problems: list[tuple[Level, str]] = []
    if status.state in ("closed", "lost", "failed"):
        problems.append((Level.ERROR, status.reason))
    elif status.reason and status.state == "running":
        problems.append((Level.WARN, status.reason))
    if status.doubt and status.state == "running":
        problems.append((Level.WARN, status.doubt))
    if gate_warning is not None:
        problems.append((Level.WARN, gate_warning))
    if view in IN_WORDS and status.state == "running":
        problems.append((Level.WARN, f"the camera {IN_WORDS[view]}"))
    problems += [(Level.WARN, problem) for problem in hardening.problems]
    if shared_memory:
        problems.append((Level.WARN, SHARED_MEMORY))
    if held.locked_bytes < held.bytes:
        problems.append((Level.WARN, "frames may be swapped out: raise 'ulimit -l'"))
    return Health.of(problems, values, status.reason or status.state)
