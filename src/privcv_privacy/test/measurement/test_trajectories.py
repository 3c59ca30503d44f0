# SPDX-License-Identifier: Apache-2.0
"""Trajectory files are read in metres and seconds, and a broken one is named."""

import numpy as np
import pytest

from privcv_core.settings.model import data_folder
from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.trajectories import load_trajectories


def write(tmp_path, text):
    path = tmp_path / "tracks.txt"
    path.write_text(text)
    return path


def test_eth_takes_x_and_the_fifth_column(tmp_path):
    path = write(tmp_path, "  7.8e+02 1.0 8.5 0.0 3.5 1.6 0 0\n 7.86e+02 1 9.1 0 3.6 1.6 0 0\n")
    tracks = load_trajectories(path, "eth")
    assert np.diff(tracks.t_s) == pytest.approx([0.4])
    assert tracks.x_m.tolist() == [8.5, 9.1]
    assert tracks.y_m.tolist() == [3.5, 3.6]


def test_ucy_ten_frames_are_four_tenths_of_a_second(tmp_path):
    path = write(tmp_path, "10.0\t1.0\t14.9\t5.3\n20.0\t1.0\t14.5\t5.4\n")
    tracks = load_trajectories(path, "ucy")
    assert np.diff(tracks.t_s) == pytest.approx([0.4])
    assert tracks.y_m.tolist() == [5.3, 5.4]


def test_edinburgh_pixels_become_metres(tmp_path):
    path = write(
        tmp_path,
        "% 2 trajectories\nProperties.R1=[1 2 3 ];\n TRACK.R1=[[100 200 9];[110 200 18]];\n"
        "Properties.R2=[1 2 3 ];\n TRACK.R2=[[0 0 9]];\n",
    )
    tracks = load_trajectories(path, "edinburgh")
    assert tracks.t_s.tolist() == [1.0, 1.0, 2.0]
    assert tracks.id.tolist() == [1, 2, 1]
    assert tracks.x_m == pytest.approx([2.47, 0.0, 2.717])
    assert tracks.y_m == pytest.approx([4.94, 0.0, 4.94])


@pytest.mark.parametrize(
    "text",
    [
        "t_s,id,x_m,y_m\n0.5,a,1,2\n0.0,b,3,4\n",
        "0.5,a,1,2\n\n0.0,b,3,4\n",
        "y_m,id,extra,x_m,t_s\r\n2,a,?,1,0.5\r\n4,b,?,3,0.0\r\n",
    ],
)
def test_csv_with_and_without_header_in_any_order(tmp_path, text):
    tracks = load_trajectories(write(tmp_path, text), "csv")
    assert tracks.t_s.tolist() == [0.0, 0.5]
    assert tracks.id.tolist() == [1, 0]
    assert tracks.x_m.tolist() == [3.0, 1.0]
    assert tracks.y_m.tolist() == [4.0, 2.0]


@pytest.mark.parametrize(
    ("format", "text", "says"),
    [
        ("eth", "1 2 3\n", "line 1 has 3 columns"),
        ("ucy", "", "holds no ucy"),
        ("edinburgh", "TRACK.R7=[[1 2]];", "TRACK.R7"),
        ("edinburgh", "nothing", "holds no edinburgh"),
        ("csv", "time,id,x_m,y_m\n", "t_s"),
        ("csv", "0,a,nan,2\n", "finite"),
        ("csv", "0,a,1\n", "fewer than 4"),
        ("kitti", "", "format 'kitti'"),
    ],
)
def test_a_broken_file_is_named_with_its_fault(tmp_path, format, text, says):
    with pytest.raises(PrivacyError, match=says):
        load_trajectories(write(tmp_path, text), format)


def test_edinburgh_data_set_has_1262_trajectories():
    if not (path := data_folder() / "data" / "edinburgh" / "tracks.01Jul.txt").exists():
        pytest.skip("the Edinburgh data is not under $PRIVCV_DATA")
    tracks = load_trajectories(path, "edinburgh")
    assert len(np.unique(tracks.id)) == 1262
    assert tracks.x_m.max() < 640 * 0.0247
