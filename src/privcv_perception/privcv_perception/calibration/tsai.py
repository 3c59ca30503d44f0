# SPDX-License-Identifier: Apache-2.0
"""Tsai calibrations as the PETS and ETISEO data sets ship them: XML, millimetres."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from privcv_core.files.regular_file import read_regular
from privcv_perception.calibration.calibration import CameraCalibration
from privcv_perception.calibration.lens import TsaiLens
from privcv_perception.errors import CalibrationError


def read_tsai(path: Path, image_size: tuple[int, int]) -> CameraCalibration:
    """Read ``path``; the image it is for must have ``image_size`` (width, height), px.

    Raises ``CalibrationError`` naming the element and attribute that is missing or wrong.
    """
    try:
        # Written by whoever runs this camera; expat bounds what entities expand to.
        root = ElementTree.fromstring(read_regular(path))  # noqa: S314
    except (OSError, ElementTree.ParseError) as error:
        raise CalibrationError(f"{path}: cannot be read as a Tsai XML file: {error}") from error

    def number(element: str, attribute: str) -> float:
        found = root.find(element)
        text = None if found is None else found.get(attribute)
        try:
            return float(text)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise CalibrationError(
                f"{path}: {element} needs a number '{attribute}', not {text!r}"
            ) from None

    size = (int(number("Geometry", "width")), int(number("Geometry", "height")))
    if size != image_size:
        raise CalibrationError(
            f"{path}: is for {size[0]}x{size[1]} px, not {image_size[0]}x{image_size[1]}: if it is "
            f"the same view at another resolution, set calibration.image_width_px: {size[0]} and "
            f"image_height_px: {size[1]}"
        )
    lens = TsaiLens(
        focal_mm=number("Intrinsic", "focal"),
        pixel_mm=(number("Geometry", "dpx"), number("Geometry", "dpy")),
        centre_px=(number("Intrinsic", "cx"), number("Intrinsic", "cy")),
        kappa1=number("Intrinsic", "kappa1"),
        scale_x=number("Intrinsic", "sx"),
    )
    rotation = _rotation(*(number("Extrinsic", name) for name in ("rx", "ry", "rz")))
    translation_mm = np.array([number("Extrinsic", name) for name in ("tx", "ty", "tz")])
    return CameraCalibration(lens, rotation, translation_mm / 1000)


def _rotation(x: float, y: float, z: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Rz Ry Rx, angles in radians."""
    about_x = np.array(((1, 0, 0), (0, np.cos(x), -np.sin(x)), (0, np.sin(x), np.cos(x))))
    about_y = np.array(((np.cos(y), 0, np.sin(y)), (0, 1, 0), (-np.sin(y), 0, np.cos(y))))
    about_z = np.array(((np.cos(z), -np.sin(z), 0), (np.sin(z), np.cos(z), 0), (0, 0, 1)))
    product: np.ndarray[tuple[int, int], np.dtype[np.float64]] = about_z @ about_y @ about_x
    return product
