# SPDX-License-Identifier: Apache-2.0
"""The height of people grows in a straight line with the row of their feet."""

import numpy as np

from privcv_perception.detection.hog.height_prior import LearntHeight


def test_the_size_of_people_is_learnt_as_a_line_over_the_rows() -> None:
    rng = np.random.default_rng(5)
    learnt = LearntHeight(576)
    assert np.isnan(learnt.at(np.array([[0, 300]], np.float32))).all()
    rows = rng.uniform(200, 550, 200).astype(np.float32)
    heights = (0.4 * (rows - 80) * rng.normal(1, 0.05, 200)).astype(np.float32)
    learnt.add(rows, heights)
    assert learnt.known
    at = learnt.at(np.array([[10, 200], [700, 400], [300, 550]], np.float32))
    np.testing.assert_allclose(at, [48, 128, 188], rtol=0.05)
