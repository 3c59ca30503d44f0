# SPDX-License-Identifier: Apache-2.0
"""What is remembered of people is written down: each piece, until when, and which unit pays.

docs/privacy.md has a table of all state between the tracker and a release. Whoever adds state
to one of these classes must say there what it decides, or here that it is set once.
"""

import ast
import inspect
import re
from pathlib import Path

import pytest

from privcv_core.event_time.frame_times import FrameTimes
from privcv_perception.tracking.recall import RecallProxy
from privcv_perception.tracking.track_states import TrackStates
from privcv_perception.tracking.tracker import FloorTracker
from privcv_privacy.aggregation.bounded_sums import BoundedSums
from privcv_privacy.aggregation.camera_windows import CameraWindows
from privcv_privacy.aggregation.contribution import CellStay, Contributions, Visit
from privcv_privacy.aggregation.footfall import Today
from privcv_privacy.aggregation.hour_sums import HourSums
from privcv_privacy.aggregation.joint_floor import JointFloor
from privcv_privacy.aggregation.period_releases import PeriodReleases
from privcv_privacy.aggregation.publisher import EstimatorState
from privcv_privacy.aggregation.release_queue import Closed
from privcv_privacy.aggregation.windows import OpenWindow
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.epoch_identities import EpochIdentities
from privcv_privacy.anonymization.identities import Identities, _Person
from privcv_privacy.anonymization.line_crossings import LineCrossings, Passage
from privcv_privacy.anonymization.person_features import TickSamples
from privcv_privacy.anonymization.rotation import RotationSchedule
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.nodes.renewal import Renewal
from privcv_privacy.noise.continual import Prefix

SET_ONCE: dict[type, set[str]] = {
    # Settings and what follows from them, and the parts that have a row of their own.
    FloorTracker: {
        "_settings", "_size", "_image", "_least", "_most", "_thresholds", "_farthest",
        "_farthest_low", "_box_noise", "_smoothing_s", "_longest_s", "_shortest_s", "_leaving",
    },
    RecallProxy: set(),
    TrackStates: set(),
    FrameTimes: {"_jump_ns", "_gap_ns"},
    Anonymizer: {
        "_settings", "_camera", "_secret", "_epoch_s", "_identities", "_lines",
    },
    TickSamples: set(),
    LineCrossings: {"_lines", "_forget_ns"},
    Passage: set(),
    Secret: {"locked", "_test_secret"},
    RotationSchedule: {"_settings"},
    Identities: {"_settings", "_secret", "_schedule"},
    _Person: set(),
    EpochIdentities: {"_silence_ns", "_secret"},
    CameraWindows: {"_settings", "_zones", "_contributions", "_sums", "_calendar", "_hours"},
    OpenWindow: {"start_s", "length_s", "era"},
    Contributions: {"settings", "zones", "bound", "_far"},
    Visit: set(),
    CellStay: set(),
    BoundedSums: {
        "_of_visits", "_lifetime", "_most_moments", "_most_crossings", "_counts_begun",
    },
    HourSums: {"_settings", "_calendar"},
    Closed: {"span", "lived", "affordable_s", "kind", "day_start_s"},
    Today: {"day_start_s", "since_s"},
    Prefix: set(),
    EstimatorState: set(),
    JointFloor: {"windows", "_cameras", "_of_visits"},
    PeriodReleases: {
        "_camera", "_ledger", "_calendar", "_units", "_reports", "_places", "_with_hours",
    },
    Renewal: {"_node"},
}  # fmt: skip


def in_the_table() -> dict[str, set[str]]:
    """Class -> attributes, by the rows of the table; a row without a name goes on with the last."""
    text = (Path(__file__).parents[1] / "docs" / "privacy.md").read_text()
    section = text.split("## What is remembered", 1)[1].split("\n## ", 1)[0]
    rows: dict[str, set[str]] = {}
    name = ""
    for line in section.splitlines():
        cells = line.split("|")
        if len(cells) != 6 or not re.search("`", cells[2]):
            continue
        name = (re.findall(r"`(\w+)`", cells[1]) or [name])[0]
        rows.setdefault(name, set()).update(re.findall(r"`(\w+)`", cells[2]))
    return rows


def attributes(kind: type) -> set[str]:
    """Fields of a dataclass, and whatever a method sets on ``self``."""
    found = set(vars(kind).get("__annotations__", {}))
    for node in ast.walk(ast.parse(inspect.getsource(kind))):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
        ):
            found.add(node.attr)
    return found


@pytest.mark.parametrize("kind", SET_ONCE, ids=lambda kind: kind.__name__)
def test_all_that_a_class_remembers_is_in_the_table(kind):
    told = in_the_table()[kind.__name__] - {"visit"}  # the name of a unit
    assert told == attributes(kind) - SET_ONCE[kind], (
        f"docs/privacy.md, What is remembered: say of each attribute of {kind.__name__} what it "
        "holds, until when, and which unit pays"
    )


def test_the_table_names_no_class_that_is_not_checked():
    assert in_the_table().keys() == {kind.__name__ for kind in SET_ONCE}
