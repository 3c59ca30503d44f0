# SPDX-License-Identifier: Apache-2.0
from setuptools import find_packages, setup

PACKAGE = "privcv_core"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={PACKAGE: ["py.typed", "node/camera.env", "node/fastdds_camera.xml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
    ],
    extras_require={"test": ["pytest"]},  # for colcon test: which runner to take
    zip_safe=True,
    license="Apache-2.0",
    description="What all of privcv may use: settings, audit, authorization, nodes, protocol.",
    entry_points={
        "console_scripts": [
            "process = privcv_core.node.process:main",
        ]
    },
)
