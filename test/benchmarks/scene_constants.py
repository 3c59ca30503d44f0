# SPDX-License-Identifier: Apache-2.0
"""Cross-validation of the tracker's constants: each scene judges what the others chose."""

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scene_scores import Score

from privcv_perception.tracking.settings import TrackerSettings

TRIED: dict[str, tuple[float, ...]] = {
    "birth_hits": (3, 4, 6),
    "sure_score": (0.45, 0.55, 0.65),
}
"""Values of each constant, the default among them."""

Scored = Callable[[TrackerSettings], Score]


def constants_table(scenes: Mapping[tuple[str, str], Scored]) -> str:
    """For each constant: what the other scenes choose, and the loss of the scene left out."""
    lines = [
        "| constant | tried | default | chosen by the others, times | loss of the scene left out "
        "| with the default |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    usual = np.array([score(TrackerSettings()).loss for score in scenes.values()])
    for name, values in TRIED.items():
        default = getattr(TrackerSettings(), name)
        losses = np.array([usual if value == default else _losses(scenes, name, value)
                           for value in values])  # fmt: skip
        # A scene is left out with both detectors.
        places = [place for _, place in scenes]
        chosen, held_out = Counter[float](), []
        for place in dict.fromkeys(places):
            here = np.array([other == place for other in places])
            best = int(np.argmin(losses[:, ~here].mean(axis=1)))
            chosen[values[best]] += 1
            held_out.append(losses[best, here].mean())
        votes = ", ".join(f"{value:g}: {votes}" for value, votes in chosen.most_common())
        lines.append(
            f"| `{name}` | {', '.join(f'{value:g}' for value in values)} | {default:g} | {votes} "
            f"| {np.mean(held_out):.3f} | {losses[values.index(default)].mean():.3f} |"
        )
    return "\n".join(lines)


def _losses(
    scenes: Mapping[tuple[str, str], Scored], name: str, value: float
) -> NDArray[np.float64]:
    """(n,) of the scenes, with one setting changed."""
    settings = TrackerSettings.model_validate({name: value})
    return np.array([score(settings).loss for score in scenes.values()])
