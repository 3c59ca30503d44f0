# SPDX-License-Identifier: Apache-2.0
"""What is most wrong with a camera is what /diagnostics says of it."""

from typing import Any

import pytest

from privcv_core.node.health import Level
from privcv_perception.camera.health import SHARED_MEMORY, camera_health
from privcv_perception.camera.status import CameraStatus
from privcv_perception.camera.view_monitor import ViewState
from privcv_perception.frames.buffers import Holdings
from privcv_perception.frames.dropped import Dropped
from privcv_perception.frames.hardening import HardeningReport

HARDENED = HardeningReport(True, True, True, "UDPv4")
BARE = HardeningReport(False, True, True, "UDPv4")
WELL: dict[str, Any] = {
    "source": "file video.avi",
    "status": CameraStatus("running", size=(64, 48), frames=7),
    "gate_warning": None,
    "hardening": HARDENED,
    "shared_memory": (),
    "held": Holdings(1, 100, 100, ()),
}
WRONG = [
    ({"status": CameraStatus("lost", "no cable")}, Level.ERROR, "no cable"),
    ({"gate_warning": "nobody authorized this"}, Level.WARN, "nobody authorized this"),
    ({"status": CameraStatus("running", "frame 3 was torn")}, Level.WARN, "frame 3 was torn"),
    ({"status": CameraStatus("running").looked("these are cars")}, Level.WARN, "these are cars"),
    ({"view": ViewState.COVERED}, Level.WARN, "covers the lens"),
    ({"hardening": BARE}, Level.WARN, BARE.problems[0]),
    ({"shared_memory": ("/dev/shm/fastrtps_1",)}, Level.WARN, SHARED_MEMORY),
    ({"held": Holdings(1, 100, 60, ())}, Level.WARN, "raise 'ulimit -l'"),
]


def test_a_camera_that_is_well_says_its_state_and_counts_but_no_times():
    health = camera_health(**WELL)
    assert (health.level, health.message) == (Level.OK, "running")
    assert (health.values["image"], health.values["frames"]) == ("64x48", 7)
    assert not [name for name in health.values if name.endswith(("_s", "_ms"))]


@pytest.mark.parametrize("first", range(len(WRONG)))
def test_the_worst_is_the_reason(first: int):
    together = dict(WELL)
    for wrong, _, _ in reversed(WRONG[first:]):
        together.update(wrong)
    health = camera_health(**together)
    assert health.level == WRONG[first][1]
    assert WRONG[first][2] in health.message


def test_the_view_of_a_camera_that_is_not_running_is_no_problem():
    status = CameraStatus("paused")
    health = camera_health(**{**WELL, "status": status, "view": ViewState.MOVED})
    assert health.level == Level.OK
    assert health.values["view"] == "moved"


def test_frames_that_were_dropped_are_counted_by_their_reason():
    dropped = {Dropped.EMPTY: 2, Dropped.ENCODING: 3, Dropped.BEHIND: 4, Dropped.AHEAD: 1}
    status = CameraStatus("running", size=(64, 48), frames=7, late=5, dropped=dropped)
    values = camera_health(**{**WELL, "status": status}).values
    assert values["frames dropped: without an image"] == 2
    assert values["frames dropped: in an encoding that cannot be read"] == 3
    assert values["frames dropped: that went back in time"] == 4
    assert values["frames dropped as late"] == 5
    assert values["frames dropped as bad"] == 5
    assert (status.worst, status.ahead) == (Dropped.BEHIND, 1)


def test_a_doubt_stays_once_said_so_that_its_end_tells_of_nobody():
    status = CameraStatus("running", size=(64, 48)).looked("these are cars").looked("")
    before = camera_health(**{**WELL, "status": status})
    after = camera_health(**{**WELL, "status": status.looked("")})
    assert before.message == after.message
    assert "these are cars" in after.message
    assert {k for k in before.values if before.values[k] != after.values[k]} == {"frames"}
