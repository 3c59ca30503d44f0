# SPDX-License-Identifier: Apache-2.0
"""At most one pixel of a person in a thousand is left, by silhouettes that no detector has made."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from silhouettes import CLIPS, EVERY, INDOOR, left_of, plans_of, silhouettes

from privcv_core.settings.model import data_folder
from privcv_images.hiding.found import FramePlan

needs_data = pytest.mark.skipif(
    not INDOOR.exists() or not (data_folder() / "models" / "yolox_nano.onnx").exists(),
    reason="needs the models and data of PRIVCV_DATA",
)
WALK = CLIPS[0]


@needs_data
def test_a_clip_with_nothing_hidden_shows_everybody_and_one_all_grey_nobody() -> None:
    people = silhouettes(WALK)
    shown = [FramePlan(())] * EVERY * len(people)
    total, left = left_of(WALK, shown)
    assert total == left == people.sum() > 400_000
    assert left_of(WALK, [FramePlan((), "gap")] * len(shown)) == (0, 0)


@needs_data
def test_who_leaves_behind_somebody_else_is_hidden_to_the_last() -> None:
    """Three people leave at both edges; the last is found no more while she is still there."""
    plans = plans_of(WALK, range(330, 440))
    total, left = left_of(WALK, plans)
    assert total > 150_000
    assert left <= 0.001 * total


@needs_data
@pytest.mark.long
@pytest.mark.parametrize("clip", CLIPS)
def test_whole_clips(clip: str) -> None:
    total, left = left_of(clip, plans_of(clip))
    assert left <= 0.001 * total
