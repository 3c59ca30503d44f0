# SPDX-License-Identifier: Apache-2.0
"""Leave one scene out, on losses made by hand: the scene left out has no say in what is chosen."""

import sys
from functools import partial
from pathlib import Path

import pytest

from privcv_perception.tracking import handover, seen_boxes
from privcv_perception.tracking.settings import TrackerSettings

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from scene_constants import TRIED, Constant, constants_table
from scene_scores import Score


def test_the_others_choose_and_the_scene_left_out_pays() -> None:
    """Two scenes like 1 best, one likes 2 best: left out, that one is scored with 1."""
    lost = {"a": {1: 0, 2: 4}, "b": {1: 0, 2: 4}, "c": {1: 8, 2: 0}}

    def score(name: str, tried: Constant, value: float) -> Score:
        return Score(people=10, ids=10, never=lost[name][int(value)])

    scenes = {("net", name): partial(score, name) for name in lost}
    row = constants_table(scenes, (Constant("size", (1, 2), 1),)).splitlines()[-1]
    # Without a or b: 1 costs .0 and .8, 2 costs .4 and .0: they choose 2. Without c: 1.
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == [
        "`size`", "1, 2", "1", "2: 2, 1: 1",
        f"{(0.4 + 0.4 + 0.8) / 3:.3f}", f"{0.8 / 3:.3f}",
    ]  # fmt: skip


@pytest.mark.parametrize("tried", TRIED, ids=lambda tried: tried.name)
def test_each_default_that_is_tried_is_the_one_in_the_code(tried: Constant) -> None:
    """Setting the default changes nothing, and another value is gone afterwards."""
    assert tried.default in tried.values
    if not tried.module:
        assert getattr(TrackerSettings(), tried.name) == tried.default
        return
    module = sys.modules.get(f"privcv_perception.{tried.module}") or __import__(
        f"privcv_perception.{tried.module}", fromlist=[tried.name]
    )
    before = float(getattr(module, tried.name))
    with tried.set_to(tried.default):
        assert float(getattr(module, tried.name)) == pytest.approx(before)
    with tried.set_to(tried.values[-1]):
        assert float(getattr(module, tried.name)) == pytest.approx(tried.values[-1] ** tried.power)
    assert float(getattr(module, tried.name)) == before


def test_a_constant_reaches_the_code_that_uses_it() -> None:
    with Constant("SWERVES_MPS", (2.0,), 1.6, "tracking.handover").set_to(2.0):
        assert handover.SWERVES_MPS == 2.0
    with Constant("EVEN_8", (0.2,), 0.17, "tracking.seen_boxes", power=8).set_to(0.2):
        assert float(seen_boxes.EVEN_8) == pytest.approx(0.2**8)
