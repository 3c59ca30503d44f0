# SPDX-License-Identifier: Apache-2.0
from glob import glob

from setuptools import find_packages, setup

PACKAGE = "privcv_bringup"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={PACKAGE: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        (f"share/{PACKAGE}/launch", sorted(glob("launch/*.launch.py"))),
        (f"share/{PACKAGE}/config", sorted(glob("config/*.*"))),
        ("bin", ["bin/privcv"]),
    ],
    extras_require={"test": ["pytest"]},  # for colcon test: which runner to take
    zip_safe=True,
    license="Apache-2.0",
    description="One description of a graph, and what runs it: ros2 launch or privcv up.",
    entry_points={"console_scripts": []},
)
