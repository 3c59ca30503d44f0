# SPDX-License-Identifier: Apache-2.0
"""Two cameras on opposite walls of a rendered room, which see the same people in one frame."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from privcv_bringup.scene.render import Scene, write_scene
from privcv_bringup.scene.walkers import Walker


@dataclass(frozen=True)
class Opposite(Scene):
    """The same people, as a camera on the opposite wall sees them: turned by 180 degrees."""

    def walkers(self) -> list[Walker]:
        return [
            replace(one, legs=tuple((a, b, *self.turned(c, d), *self.turned(e, f))
                                    for a, b, c, d, e, f in one.legs))
            for one in super().walkers()
        ]  # fmt: skip

    def turned(self, x_m: float, y_m: float) -> tuple[float, float]:
        """A place of one camera's frame in that of the other."""
        return -x_m, sum(self.room.y_m) - y_m


def write_in_common_frame(scene: Scene, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Render ``scene``: its video, and its camera calibrated in the frame of the near one."""
    video = write_scene(scene, folder)
    camera: dict[str, Any] = yaml.safe_load((folder / "camera.yaml").read_text(encoding="utf-8"))
    if isinstance(scene, Opposite):
        marks = camera["calibration"]["points_m"]
        camera["calibration"]["points_m"] = [list(scene.turned(*mark)) for mark in marks]
    return video, camera
