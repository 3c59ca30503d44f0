# SPDX-License-Identifier: Apache-2.0
"""The camera that a command is given: one of a site file, or that of a camera file."""

from pathlib import Path

from privcv_core.errors import SettingsError
from privcv_core.settings.model import load_settings, read_mapping
from privcv_perception.camera.settings import CameraSettings
from privcv_site.camera import CameraFile
from privcv_site.site import load_site


def load_camera(path: Path, name: str = "") -> CameraSettings:
    """Read a site file and take the camera ``name``, its only one by default, or a camera file.

    Raises ``SettingsError`` naming the file, the key and the fix.
    """
    if "cameras" not in read_mapping(path):
        camera = load_settings(CameraFile, path)
        if name not in ("", camera.name):
            raise SettingsError(f"{path}: describes one camera, '{camera.name}', and not '{name}'")
        return camera
    cameras = load_site(path).cameras
    if not name and len(cameras) > 1:
        raise SettingsError(f"{path}: has the cameras {', '.join(cameras)}: choose with --name")
    chosen = name or next(iter(cameras))
    if chosen not in cameras:
        raise SettingsError(f"{path}: has the cameras {', '.join(cameras)}, and not '{chosen}'")
    return cameras[chosen]
