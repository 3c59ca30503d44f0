# SPDX-License-Identifier: Apache-2.0
"""Floor homographies: the fit of one to marks, and the camera that stands behind it."""

import numpy as np

from privcv_perception.arrays import Floats
from privcv_perception.calibration.calibration import CameraCalibration
from privcv_perception.calibration.lens import BrownLens


def fit_homography(floor: Floats, seen: Floats) -> Floats:
    """(3, 3) the homography that takes ``floor`` to ``seen`` with the least squared error, px."""
    import cv2

    matrix, _ = cv2.findHomography(floor, seen, 0)
    return np.full((3, 3), np.nan) if matrix is None else np.asarray(matrix, dtype=np.float64)


def camera_of(matrix: Floats, size: tuple[int, int]) -> CameraCalibration | None:
    """The camera behind a floor homography, were its pixels square and its centre the image's.

    Zhang (2000): the columns of K⁻¹ H are orthogonal and equally long; that gives the focal length.
    None where the view does not determine it (straight down) or the result is not a camera.
    """
    centre = np.array(((1, 0, -size[0] / 2), (0, 1, -size[1] / 2), (0, 0, 1.0)))
    h1, h2, h3 = (centre @ matrix).T
    across = np.array((h1[:2] @ h2[:2], h1[:2] @ h1[:2] - h2[:2] @ h2[:2]))
    along = np.array((h1[2] * h2[2], h1[2] ** 2 - h2[2] ** 2))
    inverse_square = -(across @ along) / max(float(across @ across), 1e-300)
    if not inverse_square > 0:
        return None
    focal = inverse_square**-0.5
    if not 0.3 * size[0] < focal < 10 * size[0]:
        return None
    columns = np.column_stack((h1, h2, h3)) / ((focal,), (focal,), (1.0,))
    scale = 2 / (np.linalg.norm(columns[:, 0]) + np.linalg.norm(columns[:, 1]))
    # The floor must lie in front of the camera: judge by the centre of the given homography.
    columns *= scale if columns[2, 2] > 0 else -scale
    u, _, vt = np.linalg.svd(
        np.column_stack((columns[:, 0], columns[:, 1], np.cross(columns[:, 0], columns[:, 1])))
    )
    lens = BrownLens((focal, focal), (size[0] / 2, size[1] / 2))
    return CameraCalibration(lens, u @ vt, columns[:, 2])
