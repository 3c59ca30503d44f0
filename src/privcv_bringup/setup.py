# SPDX-License-Identifier: Apache-2.0
from glob import glob

from setuptools import setup

# The rest stands in setup.cfg, whose patterns colcon does not expand.
setup(
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/privcv_bringup"]),
        ("share/privcv_bringup", ["package.xml"]),
        ("share/privcv_bringup/launch", sorted(glob("launch/*.launch.py"))),
        ("share/privcv_bringup/config", sorted(glob("config/*.*"))),
        ("bin", ["bin/privcv"]),
    ],
)
