# SPDX-License-Identifier: Apache-2.0
"""Cross-validation of constants of tracker and looks: each scene judges what the others chose."""

import importlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from scene_scores import Score

from privcv_perception.arrays import constant
from privcv_perception.tracking.settings import TrackerSettings

LOOKS = "detection.onnx."


@dataclass(frozen=True)
class Constant:
    """A setting of the tracker, or a constant of ``module`` of the package privcv_perception.

    ``values``: those that are tried, the default among them. ``power``: the constant holds this
    power of them.
    """

    name: str
    values: tuple[float, ...]
    default: float
    module: str = ""
    power: int = 1

    @property
    def of_looks(self) -> bool:
        """Whether the network has to look again for each value."""
        return self.module.startswith(LOOKS)

    @contextmanager
    def set_to(self, value: float) -> Iterator[TrackerSettings]:
        """The settings of the tracker with this value; a constant has it meanwhile."""
        if not self.module:
            yield TrackerSettings.model_validate({self.name: value})
            return
        module = importlib.import_module(f"privcv_perception.{self.module}")
        before = getattr(module, self.name)
        setattr(module, self.name, constant(value**self.power) if self.power > 1 else value)
        try:
            yield TrackerSettings()
        finally:
            setattr(module, self.name, before)


TRIED = (
    Constant("birth_hits", (3, 4, 6), 4),
    Constant("sure_score", (0.45, 0.55, 0.65), 0.55),
    Constant("shortest", (0.4, 0.5, 0.6), 0.5),
    Constant("MOST_HITS", (0.5, 0.75, 1.0), 0.75, "tracking.tentative"),
    Constant("WALKS_MPS", (0.5, 0.6, 0.7), 0.6, "tracking.handover"),
    Constant("SWERVES_MPS", (1.4, 1.6, 2.0), 1.6, "tracking.handover"),
    Constant("EVEN_8", (0.15, 0.17, 0.2), 0.17, "tracking.seen_boxes", power=8),
    Constant("ALONG", (0.1, 0.2, 0.3), 0.2, LOOKS + "crop_looks"),
    Constant("LATELY_S", (0.25, 0.45, 0.65), 0.45, LOOKS + "detector"),
    Constant("HURRY_S", (0.0, 0.4, 0.8), 0.4, LOOKS + "detector"),
)

Scored = Callable[[Constant, float], Score]
"""The score of a scene, with a constant set to a value."""


def constants_table(
    scenes: Mapping[tuple[str, str], Scored], tried: tuple[Constant, ...] = TRIED
) -> str:
    """For each constant: what the other scenes choose, and the loss of the scene left out."""
    lines = [
        "| constant | tried | default | chosen by the others, times | loss of the scene left out "
        "| with the default |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    # A scene is left out with every detector.
    places = [place for _, place in scenes]
    for each in tried:
        losses = np.array(
            [[score(each, value).loss for score in scenes.values()] for value in each.values]
        )
        chosen, held_out = Counter[float](), []
        for place in dict.fromkeys(places):
            here = np.array([other == place for other in places])
            best = int(np.argmin(losses[:, ~here].mean(axis=1)))
            chosen[each.values[best]] += 1
            held_out.append(losses[best, here].mean())
        votes = ", ".join(f"{value:g}: {votes}" for value, votes in chosen.most_common())
        usual = losses[each.values.index(each.default)].mean()
        lines.append(
            f"| `{each.name}` | {', '.join(f'{value:g}' for value in each.values)} "
            f"| {each.default:g} | {votes} | {np.mean(held_out):.3f} | {usual:.3f} |"
        )
    return "\n".join(lines)
