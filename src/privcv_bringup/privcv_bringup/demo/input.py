# SPDX-License-Identifier: Apache-2.0
"""What the demo runs on: a public recording, a rendered room, or what the user names."""

import time
from pathlib import Path
from typing import Any

from privcv_bringup.report.subject import DemoInput
from privcv_bringup.report.truth import read_truth_boxes, read_truth_csv
from privcv_bringup.scene.render import Scene, write_scene
from privcv_core.errors import SettingsError
from privcv_core.masking import mask_address
from privcv_core.protocol.timestamps import NS_PER_S, from_ns, iso8601
from privcv_core.settings.model import data_folder, parse_settings
from privcv_perception.calibration.build import build_calibration
from privcv_perception.camera.offline import video_size
from privcv_privacy.aggregation.zone_lattice import snapped_box
from privcv_site.site import Site, load_site

ROOM_SECONDS = 120.0
ROOM_PEOPLE_PER_MINUTE = 22.0


def choose_input(video: str, site_file: Path | None) -> DemoInput:
    """The input that the command line names; see ``privcv demo --help``."""
    if site_file is not None:
        return DemoInput(str(site_file), load_site(site_file))
    if video:
        return _users_video(video)
    if (data_folder() / "data" / "pets2009_s2l1" / "video.avi").exists():
        return _recording()
    return _rendered_room()


def _recording() -> DemoInput:
    site = load_site(config_folder() / "demo.yaml")
    camera = site.cameras["pets"]
    annotation = Path(camera.source.uri).with_name("ground_truth.xml")
    truth = None
    if annotation.exists():
        size = video_size(Path(camera.source.uri))
        calibration = build_calibration(camera.calibration, size)
        truth = read_truth_boxes(annotation, camera.source.fps, calibration.to_floor)
    return DemoInput("PETS 2009 S2.L1, a public recording of a crossing", _aligned(site), truth)


def _rendered_room() -> DemoInput:
    folder = Path("out/scene")
    write_scene(Scene(ROOM_SECONDS, people_per_minute=ROOM_PEOPLE_PER_MINUTE), folder)
    site = load_site(config_folder() / "scene.yaml")
    return DemoInput("a rendered room", _aligned(site), read_truth_csv(folder / "truth.csv"))


def _aligned(site: Site) -> Site:
    """The same, with files that start as a dwell period does: no window is cut in two."""
    period_s = site.privacy.dwell_period_s
    start = from_ns(int(time.time() / period_s) * period_s * NS_PER_S)
    cameras = {
        name: camera.model_copy(
            update={"source": camera.source.model_copy(update={"start": iso8601(start)})}
        )
        for name, camera in site.cameras.items()
    }
    return site.model_copy(update={"cameras": cameras})


def _users_video(video: str) -> DemoInput:
    """A grid of four zones over the image; without a calibration, metres are nominal."""
    shown = mask_address(video)
    kind = "file"
    if video.startswith(("rtsp://", "rtsps://")):
        kind = "rtsp"
    elif video.isdigit() or video.startswith("/dev/"):
        kind = "v4l2"
    if kind == "file" and not Path(video).is_file():
        raise SettingsError(f"{shown}: there is no such video; name a file, rtsp://... or a device")
    width_px, height_px = video_size(Path(video)) if kind == "file" else (640, 480)
    width_m, height_m = width_px * 0.01, height_px * 0.01
    zones = {}
    for row, y in (("far", height_m / 2), ("near", 0.0)):
        for side, x in (("left", 0.0), ("right", width_m / 2)):
            corners = snapped_box(x, y, x + width_m / 2, y + height_m / 2)
            zones[f"{row}_{side}"] = {"polygon_m": corners}
    model = data_folder() / "models" / "yolox_nano.onnx"
    detector = {"kind": "onnx", "model": str(model)} if model.exists() else {"kind": "builtin"}
    source: dict[str, Any] = {"kind": kind, "uri": video}
    content = {
        "site": "demo",
        "cameras": {
            "camera": {
                "source": source,
                "detector": detector,
                "authorization": {"required": False},
                "zones": zones,
            }
        },
        "privacy": load_site(config_folder() / "scene.yaml").privacy.model_dump(),
    }
    site = parse_settings(Site, content, where=f"--video {shown}")
    return DemoInput(shown, _aligned(site) if kind == "file" else site)


def config_folder() -> Path:
    """The folder ``config``: in the checkout, or where the workspace was installed."""
    checkout = Path(__file__).resolve().parents[4] / "config"
    if (checkout / "demo.yaml").exists():
        return checkout
    from ament_index_python.packages import get_package_share_directory

    return Path(get_package_share_directory("privcv_bringup")) / "config"
