# SPDX-License-Identifier: Apache-2.0
"""Margin and least score of hiding, chosen by other scenes than the one they are measured on.

    .venv/bin/python test/benchmarks/hiding_choice.py

The scenes are two rendered ones (a person is missed where less than 95 % of the ellipse in the
true box is hidden) and two indoor clips (missed pixels of silhouettes). The rule: of the settings
that miss, as a mean over scenes, at most 0.1 % more than the best does, the one that hides least of
the picture. Each scene is left out once; PETS takes no part in any choice. What the detector finds
is kept in out/hiding.
"""

import itertools
import pickle
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
from hiding import HIDDEN, covered
from numpy.typing import NDArray
from pets import VIDEO, ground_truth
from silhouettes import CLIPS, EVERY, INDOOR, silhouettes
from tracking_scores import Frame
from varied_scenes import VARIED

from privcv_core.settings.model import data_folder
from privcv_images.hiding import plan as planning
from privcv_images.hiding.both_ways import follow_both_ways
from privcv_images.hiding.found import Found, FramePlan
from privcv_images.hiding.settings import HidingSettings
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.settings import ImagesSettings, people_detector
from privcv_images.recordings.video_file import frames_of

OUT = Path(__file__).resolve().parents[2] / "out" / "hiding"
RENDERED = ("low corridor", "foyer")
HELD_OUT = "PETS"
MARGINS, SCORES = (0.15, 0.3, 0.45), (0.06, 0.1, 0.2)
AS_GOOD = 0.001

Setting = tuple[float, float]
Looks = tuple[tuple[int, int], list[Found]]


def main() -> None:
    results: dict[str, dict[Setting, tuple[float, float]]] = {}
    for scene in (*RENDERED, *CLIPS, HELD_OUT):
        size, found = looks(scene)
        followed = follow_both_ways(found, size, HidingSettings().tracker)
        results[scene] = {}
        for margin, score in itertools.product(MARGINS, SCORES):
            settings = HidingSettings(margin=margin, score=score)
            with patch.object(planning, "follow_both_ways", return_value=followed):
                plans = planning.plan_frames(found, size, settings)
            results[scene][margin, score] = missed(scene, plans, size)
        shipped = results[scene][HidingSettings().margin, HidingSettings().score]
        print(f"{scene}: as shipped {shipped[0]:.3%} missed, {shipped[1]:.1%} hidden", flush=True)
    choosing = [scene for scene in results if scene != HELD_OUT]
    print("| left out | chosen by the others | missed | hidden |\n| --- | --- | --- | --- |")
    for scene in (*choosing, HELD_OUT):
        margin, score = chosen([results[other] for other in choosing if other != scene])
        share, area = results[scene][margin, score]
        print(f"| {scene} | margin {margin}, score {score} | {share:.3%} | {area:.1%} |")


def chosen(scenes: list[dict[Setting, tuple[float, float]]]) -> Setting:
    """The setting that hides least of those that miss about as little as the best."""
    of = {one: np.mean([scene[one] for scene in scenes], axis=0) for one in scenes[0]}
    best = min(share for share, _ in of.values())
    good = [one for one, (share, _) in of.items() if share <= best + AS_GOOD]
    return min(good, key=lambda one: float(of[one][1]))


def looks(scene: str) -> Looks:
    """What is found in each frame of ``scene``, from the file of an earlier run if there is one."""
    file = OUT / f"{scene.replace(' ', '_')}.pickle"
    if file.exists():
        kept: Looks = pickle.loads(file.read_bytes())
        return kept
    model = str(data_folder() / "models" / "yolox_nano.onnx")
    finder = Finder(ImagesSettings(people=people_detector(model)))
    size, found = (0, 0), []
    for stamp_s, frame in _frames(scene):
        size = frame.shape[1], frame.shape[0]
        found.append(finder.find(frame, stamp_s))
    OUT.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps((size, found)))
    return size, found


def _frames(scene: str) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    if scene in VARIED:
        for index, image in enumerate(VARIED[scene].frames()):
            yield index / VARIED[scene].fps, image
        return
    for stamp, frame in frames_of(VIDEO if scene == HELD_OUT else INDOOR / scene):
        assert frame is not None
        yield stamp.time_s, frame


def missed(scene: str, plans: list[FramePlan], size: tuple[int, int]) -> tuple[float, float]:
    """Shares of the people, or of their pixels, that are not hidden; and of the picture that is."""
    masks = (_mask(plan, size) for plan in plans)
    if scene in CLIPS:
        people = silhouettes(scene)
        left = area = 0.0
        for index, mask in enumerate(masks):
            area += float(mask.mean())
            if index % EVERY == 0:
                left += float((people[index // EVERY] & ~mask).sum())
        return left / float(people.sum()), area / len(plans)
    truth = ground_truth() if scene == HELD_OUT else VARIED[scene].truth()
    return _missed_boxes(truth, masks)


def _missed_boxes(
    truth: Iterable[Frame], masks: Iterable[NDArray[np.bool_]]
) -> tuple[float, float]:
    shares, areas = [], []
    for (_, boxes), mask in zip(truth, masks, strict=True):
        areas.append(float(mask.mean()))
        shares += [covered(mask, box) < HIDDEN for box in boxes.tolist()]
    return float(np.mean(shares)), float(np.mean(areas))


def _mask(plan: FramePlan, size: tuple[int, int]) -> NDArray[np.bool_]:
    """What of a frame shows nobody: the regions, or all of it where it is withheld."""
    mask = np.full((size[1], size[0]), plan.withheld is not None)
    for region in plan.regions:
        mask[region.top : region.bottom, region.left : region.right] = True
    return mask


if __name__ == "__main__":
    main()
