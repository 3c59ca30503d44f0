# SPDX-License-Identifier: Apache-2.0
from setuptools import find_packages, setup

PACKAGE = "privcv_compliance"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={PACKAGE: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
    ],
    extras_require={"test": ["pytest"]},  # for colcon test: which runner to take
    zip_safe=True,
    license="Apache-2.0",
    description="What a data protection officer needs: answers, assessment, notice, guard.",
    entry_points={
        "console_scripts": [
            "guard = privcv_compliance.nodes.guard:main",
        ]
    },
)
